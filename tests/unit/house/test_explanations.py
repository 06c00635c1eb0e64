"""The explanations tell the constants of the code, in both languages."""

import re
from pathlib import Path
from typing import get_args

import pytest

from inspections.domain import candidates, deadlines, grading, place_grade, room_draw
from routing.domain.checker import RULES
from routing.use_cases.plan_prices import ANNOUNCED_S, MOVED_S
from routing.use_cases.tour_journeys import RULE
from scoring.domain import evidence, facts, gate, rule
from scoring.domain.priority import PriorityPolicy
from scoring.domain.source import OWN_HALF_LIVES
from shared.contracts.routing.plans import Lunch, PlanRequest, ReasonCode

DOCS = Path(__file__).resolve().parents[3] / "docs"
FOLDERS = {"en": DOCS / "explanation", "fr": DOCS / "fr" / "explanation"}


@pytest.fixture(params=FOLDERS.values(), ids=FOLDERS)
def folder(request: pytest.FixtureRequest) -> Path:
    return request.param


def numbers_of(text: str) -> set[float]:
    """Give the numbers of a text, written as in English or in French."""
    whole = re.sub(r"(?<=[1-9])[, ](?=\d{3}(?!\d))", "", text)
    return {float(it.replace(",", ".")) for it in re.findall(r"\d+(?:[.,]\d+)?", whole)}


def test_the_score_has_the_weights_and_bounds_of_the_code(folder: Path):
    text = (folder / "score.md").read_text("utf-8")
    it = rule.DEFAULT_WEIGHTS
    weights = (it.points, it.danger, it.kind, it.operator, it.neighbourhood)
    cells = [row.split("|")[-2].strip().replace(",", ".") for row in text.split("\n") if "|" in row]
    wanted = [f"{weight:g}" for weight in (*weights, it.complaints, it.contacts)]
    assert wanted in [cells[at : at + len(wanted)] for at in range(len(cells))]
    policy = PriorityPolicy()
    assert {
        gate.LEAST_VISITS,
        gate.LEAST_POSITIVES,
        -gate.LEAST_GAIN_LOW,
        -gate.WORST_WINDOW,
        -gate.LEAST_WITHIN_LOW,
        OWN_HALF_LIVES[-1],
        policy.people_scale,
        *policy.level_factors,
        *policy.severity_weights,
        *facts.POINTS_OF_SEVERITY[1:],
    } <= numbers_of(text)
    # These the page tells in words.
    assert (evidence.POINTS_PRIOR_VISITS, rule.DANGER_PRIOR_VISITS) == (2, 10)
    assert (rule.UNVERIFIED_SHARE, rule.HIGHEST_PRIOR) == (0.2, 3)


def test_the_grade_has_the_thresholds_of_the_code(folder: Path):
    text = (folder / "grade.md").read_text("utf-8")
    delays = deadlines.DEFAULT_DELAYS
    assert {
        grading.INDEX_OF_B,
        grading.INDEX_OF_C,
        grading.MODERATE,
        grading.SERIOUS,
        place_grade.GOOD_FOR_DAYS,
        delays.revisit_d_days,
        delays.revisit_c_days,
        delays.revisit_days,
    } <= numbers_of(text)
    assert place_grade.REPEAT_WEIGHT == 1.25, "a quarter more, says the page"
    assert {grading.METHOD, place_grade.METHOD} <= set(re.findall(r"`([a-z]+-\d)`", text))
    for grade in grading.Grade:
        assert text.count(f"\n| {grade} |") == 2, "of an inspection and of a place"


def test_the_planner_has_the_prices_and_reasons_of_the_code(folder: Path):
    text = (folder / "planner.md").read_text("utf-8")
    assert set(get_args(ReasonCode)) == set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    # The last is of public transport, and looked up after the others were checked.
    assert f"R{len(RULES)}" < RULE == "R20"
    assert RULE in text
    asked = PlanRequest.model_fields
    assert {
        asked["minutes_per_point"].default,
        asked["minutes_per_late_hour"].default,
        ANNOUNCED_S / 60,
        MOVED_S / 60,
        candidates.SUPPOSED_PACE.fixed_min,
        candidates.SUPPOSED_PACE.room_min,
        room_draw.ROOMS_PER_ROOT,
        room_draw.rooms_to_see(30),
        Lunch().duration_min,
    } <= numbers_of(text)
    assert (Lunch().earliest_min, Lunch().latest_min) == (11 * 60 + 30, 14 * 60)
