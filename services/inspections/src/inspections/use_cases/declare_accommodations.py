"""Declare a place: enter it in the register, or change what the register says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import WeeklyHours
from inspections.domain.territory import territory_of
from inspections.store import accommodations
from inspections.store.tables import AccommodationRow
from inspections.use_cases.messages import NOT_YOURS, accommodation_changed
from shared import feed
from shared.contracts.inspections import AccommodationInput
from shared.problems import Problem, conflict, invalid, not_found


@dataclass(frozen=True, slots=True)
class Declared:
    """A place of the register, and whether it was entered just now."""

    row: AccommodationRow
    created: bool


async def enter(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    declared: AccommodationInput,
) -> Declared:
    """Enter a place; sending the same again is harmless.

    Raises
    ------
    Problem : 422 for values that cannot be, 409 when the external id names another place
    """
    values = _columns(declared, territories)
    row = await accommodations.create(session, organisation, values)
    if row is not None:
        await feed.append(session, organisation, [accommodation_changed(row)])
        return Declared(row, created=True)
    known = await accommodations.by_external_id(session, declared.external_id)
    if territories and known.territory not in territories:
        raise conflict(f"external_id {declared.external_id!r} {NOT_YOURS}")
    if not _says(known, values):
        raise conflict(
            f"external_id {declared.external_id!r} is already in the register with other values; "
            f"change it with PUT /v1/accommodations/{known.id}"
        )
    return Declared(known, created=False)


async def change(
    session: AsyncSession,
    row_id: UUID,
    territories: Sequence[str],
    declared: AccommodationInput,
    *,
    revision: int | None,
) -> AccommodationRow:
    """Replace what the register says of a place, if it still says what `revision` said.

    Raises
    ------
    Problem : 404 unknown, 412 changed meanwhile, 409 another external id, 422 impossible values
    """
    values = _columns(declared, territories)
    row = await accommodations.by_id(session, row_id, territories, lock=True)
    if row is None:
        raise not_found("accommodation")
    if row.revision != revision:
        raise Problem(
            412,
            "precondition-failed",
            "The accommodation changed since you read it; read it again and send its new ETag.",
        )
    if row.external_id != declared.external_id:
        raise conflict(f"external_id stays {row.external_id!r} for ever; send that one")
    if _says(row, values):
        return row
    changed = await accommodations.replace(session, row, values)
    await feed.append(session, row.organisation, [accommodation_changed(changed)])
    return changed


def _says(row: AccommodationRow, values: dict[str, object]) -> bool:
    return all(getattr(row, name) == value for name, value in values.items())


def _columns(declared: AccommodationInput, territories: Sequence[str]) -> dict[str, object]:
    """Turn a declaration into columns, refusing what its message alone cannot."""
    position = declared.position
    if position is not None and position.lon == position.lat == 0:
        raise invalid("/position", "0, 0 is no address; send null until the place is located")
    _check_hours(declared)
    hours = declared.model_dump(mode="json", include={"visit_hours"})["visit_hours"]
    return declared.model_dump(exclude={"position", "visit_hours"}) | {
        "territory": _territory(declared.postcode, territories),
        "lon": None if position is None else position.lon,
        "lat": None if position is None else position.lat,
        "visit_hours": hours,
    }


def _territory(postcode: str, territories: Sequence[str]) -> str:
    try:
        territory = territory_of(postcode)
    except ValueError as error:
        raise invalid("/postcode", str(error)) from error
    if territories and territory not in territories:
        raise invalid("/postcode", f"territory {territory} is not one of yours: {territories}")
    return territory


def _check_hours(declared: AccommodationInput) -> None:
    for number, hours in enumerate(declared.visit_hours):
        pointer = f"/visit_hours/{number}/closes"
        if hours.opens.tzinfo is not None or hours.closes.tzinfo is not None:
            raise invalid(pointer, "hours are local; send them without a time zone, as 09:00")
        try:
            WeeklyHours(hours.weekday, hours.opens, hours.closes)
        except ValueError as error:
            raise invalid(pointer, str(error)) from error
