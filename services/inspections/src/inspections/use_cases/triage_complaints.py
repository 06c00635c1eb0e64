"""Make something of a complaint: place it, link it, group it, judge it, close it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import local_day
from inspections.domain.complaints import (
    CLOSED,
    DOUBLE_DAYS,
    TRIAGED,
    VERIFIED,
    Double,
    known_until,
    likely_doubles,
)
from inspections.store import accommodations, complaints, inspections
from inspections.store.tables import ComplaintRow
from inspections.use_cases.answer_authors import write_to_author
from inspections.use_cases.complaint_messages import complaint_recorded, dangers, told
from inspections.use_cases.raise_alerts import raise_alerts
from inspections.use_cases.receive_complaints import ContactRule
from shared import feed
from shared.contracts.inspections.complaints import ComplaintTriage
from shared.feed import NewEvent
from shared.problems import Problem, conflict, invalid, not_found

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Was:
    """What a complaint was before it was triaged; a danger only where its place was known."""

    placed: bool
    verdict: str | None
    danger: bool
    closed: bool


async def triage_complaint(
    session: AsyncSession,
    row: ComplaintRow,
    territories: Sequence[str],
    triage: ComplaintTriage,
    *,
    rule: ContactRule,
    now: datetime,
) -> ComplaintRow:
    """Write what somebody made of a locked complaint.

    Raises
    ------
    Problem : 422 for what is not there or not of the same place, 409 for a place or a verdict that
        was settled, and a close without a reason
    """
    was = Was(
        placed=row.accommodation_id is not None,
        verdict=row.verdict,
        danger=bool(dangers(row)),
        closed=row.state == CLOSED,
    )
    values = triage.model_dump(
        exclude_none=True, exclude={"close", "accommodation_id", "finding_id", "duplicate_of"}
    )
    values |= {"state": TRIAGED if row.state != CLOSED else CLOSED}
    values |= await _placed(session, row, territories, triage)
    values |= await _linked(session, values.get("accommodation_id", row.accommodation_id), triage)
    values |= await _grouped(session, row, territories, triage)
    values |= _judged(row, triage, now) | _closed(row, triage)
    changed = await complaints.change(session, row, values)
    if changed.state == CLOSED:
        received_on, today = local_day(changed.created_at), local_day(now)
        purge_on = known_until(
            received_on, today, open_days=rule.open_days, closed_days=rule.closed_days
        )
        await complaints.shorten(session, row.id, purge_on)
    if changed.state == CLOSED and not was.closed:
        await write_to_author(session, changed, now)
    await _tell(session, changed, was, now)
    return changed


async def _tell(session: AsyncSession, row: ComplaintRow, was: Was, now: datetime) -> None:
    """Tell a complaint when it gets its place, and once more when it was verified.

    Who is on call is paged once it is known to be severe, and where.
    """
    if row.accommodation_id is None:
        return
    events: list[NewEvent] = []
    if not was.danger and row.state != CLOSED:
        seen = dangers(row, judged_at=now)
        events += await raise_alerts(session, row.organisation, seen, now)
    verified_now = row.verdict == VERIFIED != was.verdict
    if verified_now or not was.placed:
        events.append(complaint_recorded(row))
    await feed.append(session, row.organisation, events)


async def _placed(
    session: AsyncSession,
    row: ComplaintRow,
    territories: Sequence[str],
    triage: ComplaintTriage,
) -> Values:
    wanted = triage.accommodation_id
    if wanted is None:
        return {}
    place = await accommodations.standing_for(session, wanted, territories)
    if place is not None and place.id == row.accommodation_id:
        return {}
    if row.accommodation_id is not None:
        raise conflict("/accommodation_id: the complaint has its place; close it and enter another")
    if place is None:
        raise invalid("/accommodation_id", "there is no such accommodation")
    return {"accommodation_id": place.id, "territory": place.territory}


async def _linked(session: AsyncSession, place: object, triage: ComplaintTriage) -> Values:
    if triage.finding_id is None:
        return {}
    finding = await inspections.finding_by_id(session, triage.finding_id)
    if finding is None or finding.accommodation_id != place:
        raise invalid("/finding_id", "there is no such finding at the place of the complaint")
    return {"finding_id": finding.id}


async def _grouped(
    session: AsyncSession,
    row: ComplaintRow,
    territories: Sequence[str],
    triage: ComplaintTriage,
) -> Values:
    """Group a complaint with the first of its trouble; groups are flat."""
    if triage.duplicate_of is None:
        return {}
    first = await complaints.by_id(session, triage.duplicate_of, territories)
    if first is None:
        raise invalid("/duplicate_of", "there is no such complaint")
    root = first.duplicate_of or first.id
    if root == row.id:
        raise invalid("/duplicate_of", "a complaint is no double of itself, nor of its doubles")
    if first.accommodation_id != (triage.accommodation_id or row.accommodation_id):
        raise invalid("/duplicate_of", "is of another place; a double tells of the same one")
    await complaints.regroup(session, row.id, root)
    return {"duplicate_of": root}


def _judged(row: ComplaintRow, triage: ComplaintTriage, now: datetime) -> Values:
    if triage.verdict is None or triage.verdict == row.verdict:
        return {}
    if row.verdict == VERIFIED:
        raise conflict("the complaint was verified, which others were told; it stays so")
    return {"judged_at": now}


def _closed(row: ComplaintRow, triage: ComplaintTriage) -> Values:
    if not triage.close or row.state == CLOSED:
        return {}
    if triage.reason is None:
        raise Problem(409, "conflict", "say why the complaint is closed, in reason")
    return {"state": CLOSED}


async def similar_complaints(
    session: AsyncSession, row: ComplaintRow
) -> list[tuple[ComplaintRow, Double]]:
    """Find the complaints of its place that may tell of the same trouble, likeliest first."""
    if row.accommodation_id is None:
        return []
    others = await complaints.around(session, row.accommodation_id, row.occurred_at, DOUBLE_DAYS)
    by_id = {it.id: it for it in others}
    doubles = likely_doubles(told(row), [told(it) for it in others])
    return [(by_id[it.id], it) for it in doubles]


async def locked_complaint(
    session: AsyncSession, id: UUID, territories: Sequence[str], *, revision: int | None
) -> ComplaintRow:
    """Take a complaint to triage, if it is still as it was read.

    Raises
    ------
    Problem : 404 unknown, 412 changed meanwhile
    """
    row = await complaints.by_id(session, id, territories, lock=True)
    if row is None:
        raise not_found("complaint")
    if row.revision != revision:
        raise Problem(
            412,
            "precondition-failed",
            "The complaint changed since you read it; read it again and send its new ETag.",
        )
    return row
