"""Record the invented past, as teams would send it."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gateway.demo.client import PublicClient
from gateway.demo.history import addressed, make_history
from gateway.demo.places import Place
from gateway.demo.size import Size
from gateway.demo.symptoms import Item
from shared.contracts.inspections.checklists import ChecklistVersion
from shared.contracts.inspections.inspection import BatchReport

BATCH = 500


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many inspections and findings were sent, and how many inspections were not known."""

    inspections: int
    findings: int
    created: int


def record_history(
    client: PublicClient,
    places: Sequence[Place],
    *,
    ids: Mapping[str, UUID],
    size: Size,
    until: date,
) -> Recorded:
    """Invent the past of places and record it, each inspection once however often it is sent."""
    checklist = client.get(ChecklistVersion, "/v1/checklists/default/versions/1")
    items = [Item.of(item.model_dump()) for item in checklist.items]
    history = make_history(places, items, size, until)
    created = 0
    forms = addressed(history, ids)
    while batch := list(itertools.islice(forms, BATCH)):
        answer = client.call("POST", "/v1/inspections/bulk", json={"items": batch})
        created += BatchReport.model_validate_json(answer.content).created
    findings = sum(answer["value"] in {1, 2, 3, 4} for form in history for answer in _answers(form))
    return Recorded(len(history), findings, created)


def _answers(form: dict[str, object]) -> list[dict[str, object]]:
    answers = form["answers"]
    return answers if isinstance(answers, list) else []
