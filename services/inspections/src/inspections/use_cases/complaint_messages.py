"""Write complaints as the messages others read."""

from collections.abc import Container, Mapping
from datetime import datetime
from uuid import UUID

from inspections.domain.complaints import CLOSED, VERIFIED, Told, is_danger, what_it_is
from inspections.store.tables import ComplaintRow
from inspections.use_cases.raise_alerts import SeenDanger
from shared.contracts.inspections.alerts import AlertSource, Danger
from shared.contracts.inspections.complaints import Complaint, ComplaintRecorded
from shared.feed import NewEvent

# What a complaint of a list is written from, by column.
COMPLAINT_COLUMNS = tuple(it for it in Complaint.model_fields if it != "allowed_actions")


def complaint(row: ComplaintRow, confidential: Container[UUID]) -> Complaint:
    """Write a complaint; what it says of where a `confidential` place is stays out."""
    return complaint_of(row.model_dump(), confidential)


def complaint_of(row: Mapping[str, object], confidential: Container[object]) -> Complaint:
    """Write a complaint from its columns, as `complaint` does."""
    actions = ["triage"] if row["state"] == CLOSED else ["triage", "close"]
    values: dict[str, object] = {**row, "allowed_actions": actions}
    if row["accommodation_id"] in confidential:
        values["place"] = ""
    return Complaint.model_validate(values)


def told(row: ComplaintRow) -> Told:
    """Write what a complaint tells, for comparing."""
    return Told(row.id, row.category, row.item, row.room, row.text, row.occurred_at)


def complaint_recorded(row: ComplaintRow) -> NewEvent:
    """Tell that a complaint came in, or was verified: nothing of people."""
    verified = row.verdict == VERIFIED
    known_at = row.judged_at if verified and row.judged_at is not None else row.known_at
    data = ComplaintRecorded.model_validate(
        row.model_dump() | {"verified": verified, "known_at": known_at}
    )
    return NewEvent("complaint.recorded", row.id, row.occurred_at, data)


def dangers(row: ComplaintRow, *, judged_at: datetime | None = None) -> list[SeenDanger]:
    """Tell the danger that a complaint of a known place is about, if it is about one."""
    if row.accommodation_id is None or not is_danger(row.severity, row.verdict):
        return []
    danger = Danger(
        item=what_it_is(row.item, row.category),
        category=what_it_is(row.category),
        severity=row.severity,
    )
    return [
        SeenDanger(
            accommodation_id=row.accommodation_id,
            source=AlertSource.complaint,
            source_id=row.id,
            occurred_at=row.occurred_at,
            dangers=(danger,),
            judged_at=judged_at,
        )
    ]
