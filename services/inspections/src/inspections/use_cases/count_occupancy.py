"""Take in how many live in each place: numbers, never names."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import local_day
from inspections.store import occupancy
from inspections.store.occupancy import CountedPlace, Newest
from shared import feed
from shared.contracts.inspections.places import OccupancyChanged, OccupancyInput, UpsertReport
from shared.feed import NewEvent
from shared.problems import invalid


async def count_occupancy(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    sent: Sequence[OccupancyInput],
    *,
    now: datetime,
) -> UpsertReport:
    """Write snapshots, all or none; the same again changes nothing.

    Raises
    ------
    Problem : 422 an unknown place, a day to come, more rooms than there are, the same place and
        day twice
    """
    found = await occupancy.places(
        session,
        [it.accommodation_id for it in sent if it.accommodation_id],
        [it.external_id for it in sent if it.external_id],
        territories,
    )
    known: dict[UUID | str, CountedPlace] = {it.asked_id: it for it in found}
    known |= {it.asked_external_id: it for it in found}
    tomorrow = local_day(now) + timedelta(days=1)
    rows: dict[tuple[UUID, date], dict[str, object]] = {}
    for number, it in enumerate(sent):
        place = _checked(f"/items/{number}", it, known, tomorrow)
        if (place.id, it.day) in rows:
            raise invalid(f"/items/{number}", "this place and day came before in this batch")
        values = it.model_dump(exclude={"accommodation_id", "external_id"})
        rows[place.id, it.day] = values | {"accommodation_id": place.id}
    created, updated, newest = await occupancy.upsert(session, organisation, list(rows.values()))
    await feed.append(session, organisation, [_changed(it, now) for it in newest])
    return UpsertReport(created=created, updated=updated, unchanged=len(sent) - created - updated)


def _checked(
    pointer: str, it: OccupancyInput, known: Mapping[UUID | str, CountedPlace], tomorrow: date
) -> CountedPlace:
    name = "accommodation_id" if it.accommodation_id else "external_id"
    place = known.get(it.accommodation_id or it.external_id or "")
    if place is None:
        raise invalid(f"{pointer}/{name}", "there is no such accommodation")
    if it.day > tomorrow:
        raise invalid(f"{pointer}/day", "lies in the future; a snapshot counts who is there")
    if it.rooms_booked > place.rooms:
        raise invalid(f"{pointer}/rooms_booked", f"is more than the {place.rooms} rooms it has")
    return place


def _changed(it: Newest, now: datetime) -> NewEvent:
    data = OccupancyChanged.model_validate(it, from_attributes=True)
    return NewEvent("occupancy.changed", it.accommodation_id, now, data)
