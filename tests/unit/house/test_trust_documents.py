"""The French documents of trust tell the delays, weights and sentences of the code."""

import re
from pathlib import Path

from gateway.settings import Settings as GatewaySettings
from gateway.use_cases.invite import INVITED_FOR, RESET_FOR
from inspections.domain import retention, sanction
from inspections.domain.small_counts import LEAST
from inspections.settings import Settings as RecordSettings
from inspections.use_cases.sanction_places import TIME_TO_REPLY
from scoring.domain import rule
from scoring.domain.priority import PriorityPolicy
from scoring.use_cases.transparency import transparency

FOLDER = Path(__file__).resolve().parents[3] / "docs/fr/confiance"


def text_of(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def test_the_register_of_processing_has_the_delays_of_the_code():
    text = text_of("registre.md")
    told = re.findall(r"^\| `(\w+)` \| (\d+) \|", text, re.MULTILINE)
    assert dict(told) == {it: str(rule.days) for it, rule in retention.DEFAULTS.items()}
    assert (retention.SHORTEST, retention.LONGEST) == (1, 3650)
    assert "de 1 à 3 650 jours" in text
    record, gateway = RecordSettings.model_fields, GatewaySettings.model_fields
    closed, opened = record["contact_closed_days"].default, record["contact_open_days"].default
    for page in (text, text_of("information-partenaires.md")):
        assert f"{closed} jours après la clôture, et {opened} jours après la réception" in page
    assert f"session d’un compte | {gateway['session_hours'].default:g} heures" in text
    assert f"invitation {INVITED_FOR.days} jours" in text
    assert f"oublié {RESET_FOR.seconds // 3600} heure" in text


def test_an_operator_is_told_the_time_he_has_to_reply():
    shortest, longest = sanction.SHORTEST_REPLY.days, sanction.LONGEST_REPLY.days
    text = text_of("information-gestionnaires.md")
    assert f"vous avez {TIME_TO_REPLY.days} jours pour répondre" in text
    assert f"de {shortest} à {longest} jours" in text
    assert f"ceux de 1 à {LEAST - 1} que nous masquons" in text_of("information-partenaires.md")


def test_the_algorithmic_notice_has_the_weights_of_the_code():
    text = text_of("mention-algorithmique.md")
    it = rule.DEFAULT_WEIGHTS
    weights = (it.points, it.danger, it.kind, it.operator, it.neighbourhood)
    cells = [row.split("|")[-2].strip().replace(",", ".") for row in text.split("\n") if "|" in row]
    wanted = [f"{weight:g}" for weight in (*weights, it.complaints, it.contacts)]
    assert wanted in [cells[at : at + len(wanted)] for at in range(len(cells))]
    policy = PriorityPolicy()
    factors = {*policy.level_factors, *policy.severity_weights, policy.people_scale}
    numbers = re.findall(r"\d+(?:,\d+)?", text)
    assert factors <= {float(it.replace(",", ".")) for it in numbers}


def test_the_algorithmic_notice_says_what_the_software_says_to_anybody():
    quoted = re.findall(r"^> (.+)$", text_of("mention-algorithmique.md"), re.MULTILINE)
    told = transparency()
    wanted = [told.purpose, told.never_used, told.gate, told.explained, told.who_decides]
    wanted += [told.not_for, *told.methods.values(), *(it.text for it in told.used)]
    assert {it.fr for it in wanted} <= set(quoted)
