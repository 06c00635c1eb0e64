"""What the console says is said in French and in English, and nothing is left without words."""

import json
import re
from pathlib import Path

import pytest

import gateway
from inspections.domain.grading import Grade
from inspections.domain.vocabulary import CATEGORIES
from shared.contracts.inspections.alerts import AlertState
from shared.contracts.inspections.anomalies import AnomalyState
from shared.contracts.inspections.history import PlaceEventKind
from shared.contracts.inspections.inspection import RoomOutcome, RoomReason
from shared.contracts.inspections.register import AccommodationKind, ContractState
from shared.contracts.inspections.visits import VisitKind, VisitState
from shared.issuer import PEOPLE

CONSOLE = Path(gateway.__file__).parent / "console"
WORDS = {it: json.loads((CONSOLE / "words" / f"{it}.json").read_text()) for it in ("fr", "en")}
CODE = "\n".join(
    it.read_text() for it in sorted(CONSOLE.glob("**/*.js")) if "vendor" not in it.parts
)
SAID = set(re.findall(r'\bt\(\s*"([^"]+)"', CODE))
BEGUN = set(re.findall(r"`(\w+\.)\$\{", CODE)) | {"trouble."}
NAMED = {
    "outcome": VisitState,
    "anomaly": AnomalyState,
    "alert": AlertState,
    "event": PlaceEventKind,
    "kind": AccommodationKind,
    "contract": ContractState,
    "visit_kind": VisitKind,
    "person": PEOPLE,
    "category": CATEGORIES,
    "grade": Grade,
    "severity": "1234",
    "value": [*"01234", "not_seen", "not_applicable"],
    "room_outcome": RoomOutcome,
    "reason": RoomReason,
}


def forms(phrase: str | dict[str, str]) -> dict[str, str]:
    return phrase if isinstance(phrase, dict) else {"": phrase}


def test_both_languages_say_the_same_with_the_same_values():
    assert WORDS["fr"].keys() == WORDS["en"].keys()
    for key, phrase in WORDS["fr"].items():
        told = [forms(it[key]) for it in WORDS.values()]
        assert told[0].keys() == told[1].keys(), key
        for form in forms(phrase):
            names = [set(re.findall(r"\{(\w+)\}", it[form])) for it in told]
            assert names[0] == names[1], key


def test_all_that_is_said_has_words_and_no_word_is_never_said():
    assert SAID - WORDS["fr"].keys() == set()
    written = set(re.findall(r'"([^"\n]*)"', CODE))
    assert {it for it in WORDS["fr"].keys() - written if not it.startswith(tuple(BEGUN))} == set()


@pytest.mark.parametrize("group", NAMED)
def test_every_value_that_a_service_tells_has_its_word(group: str):
    assert {f"{group}.{it}" for it in NAMED[group]} - WORDS["fr"].keys() == set()
