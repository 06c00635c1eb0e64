"""Change a visit's appointment, follow its course, and note when it took place."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.visit_course import (
    CANCELLED,
    EN_ROUTE,
    PLANNED,
    StepError,
    TimesError,
    check_step,
    check_times,
)
from inspections.store import visits
from inspections.store.tables import VisitRow
from inspections.use_cases.messages import visit_told
from shared import feed
from shared.contracts.inspections.visits import VisitChange, VisitTimes, VisitTransition
from shared.problems import Problem, conflict, invalid, not_found

# Clocks of devices are a little off.
SKEW = timedelta(minutes=5)


async def change_visit(
    session: AsyncSession,
    id: UUID,
    territories: Sequence[str],
    wanted: VisitChange,
    *,
    revision: int | None,
) -> VisitRow:
    """Move a planned visit, give it to others or announce it, if it is still as it was read.

    Raises
    ------
    Problem : 404 unknown, 412 changed meanwhile, 409 begun or over, or announced already, 422 an
        end that is not after its start
    """
    row = await _locked(session, id, territories)
    if row.revision != revision:
        raise Problem(
            412,
            "precondition-failed",
            "The visit changed since you read it; read it again and send its new ETag.",
        )
    if row.state != PLANNED:
        raise conflict(f"the visit is {row.state}; only a planned one can be changed")
    if row.announced and wanted.announced is False:
        raise conflict("the visit was announced, which cannot be taken back; cancel it instead")
    what = "moved" if row.announced else "announced"
    changed = await visits.change(session, row, _values(row, wanted))
    if changed.announced:
        await feed.append(session, row.organisation, [visit_told(what, id, changed)])
    return changed


def _values(row: VisitRow, wanted: VisitChange) -> dict[str, object]:
    values = wanted.model_dump(exclude_none=True)
    starts_at, ends_at = wanted.scheduled_at or row.scheduled_at, wanted.scheduled_end_at
    if ends_at is None and row.scheduled_end_at is not None:
        ends_at = starts_at + (row.scheduled_end_at - row.scheduled_at)
    if ends_at is not None and ends_at <= starts_at:
        raise invalid("/scheduled_end_at", "must be later than scheduled_at")
    return values | {"scheduled_end_at": ends_at}


async def step_visit(
    session: AsyncSession,
    id: UUID,
    territories: Sequence[str],
    step: VisitTransition,
    *,
    now: datetime,
) -> VisitRow:
    """Take a visit one step further; a step taken already changes nothing.

    Raises
    ------
    Problem : 404 unknown, 409 the state does not allow it, 422 a step in the future
    """
    row = await _locked(session, id, territories)
    if step.at is not None and step.at > now + SKEW:
        raise invalid("/at", "lies in the future; check the device's clock")
    try:
        if not check_step(row.state, step.to, step.reason):
            return row
    except StepError as error:
        raise conflict(str(error)) from error
    values: dict[str, object] = {"state": step.to, "reason": step.reason or row.reason}
    if step.to != CANCELLED:
        values["en_route_at"] = (step.at or now) if step.to == EN_ROUTE else None
    changed = await visits.change(session, row, values)
    if step.to == CANCELLED and row.announced:
        await feed.append(session, row.organisation, [visit_told("cancelled", id, changed)])
    return changed


async def time_visit(
    session: AsyncSession,
    id: UUID,
    territories: Sequence[str],
    times: VisitTimes,
    *,
    now: datetime,
) -> VisitRow:
    """Note when the team was there; the same again changes nothing.

    Raises
    ------
    Problem : 404 unknown, 409 cancelled, 422 times that no visit can have
    """
    row = await _locked(session, id, territories)
    if row.state == CANCELLED:
        raise conflict("the visit is cancelled, so it took no time; plan another one")
    try:
        check_times(times.started_at, times.ended_at, now + SKEW)
    except TimesError as error:
        raise invalid(f"/{error.field}", str(error)) from error
    if (row.started_at, row.ended_at) == (times.started_at, times.ended_at):
        return row
    return await visits.change(session, row, times.model_dump())


async def _locked(session: AsyncSession, id: UUID, territories: Sequence[str]) -> VisitRow:
    row = await visits.by_id(session, id, territories, lock=True)
    if row is None:
        raise not_found("visit")
    return row
