"""Declare a place: enter it in the register, or change what the register says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.addresses import wanted_address
from inspections.domain.calendar import WeeklyHours
from inspections.domain.french_land import check_position
from inspections.domain.identifiers import check_commune, check_siret
from inspections.domain.sanction import SanctionRefused, check_contract
from inspections.domain.territory import territory_of
from inspections.store import accommodations, addresses, operators, sanctions
from inspections.store.tables import AccommodationRow
from inspections.use_cases.geocode_places import (
    POSITION,
    declared_values,
    geocode,
    position_values,
)
from inspections.use_cases.messages import HIDDEN_ADDRESS, NOT_YOURS, accommodation_changed
from shared import feed
from shared.contracts.inspections.register import AccommodationInput
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
    *,
    keeper: bool,
) -> Declared:
    """Enter a place; sending the same again is harmless.

    Raises
    ------
    Problem : 422 for values that cannot be, 409 when the external id names another place
    """
    values = await _columns(session, organisation, territories, declared)
    row = await accommodations.create(session, organisation, values)
    if row is not None:
        await feed.append(session, organisation, [accommodation_changed(row)])
        return Declared(row, created=True)
    known = await accommodations.by_external_id(session, declared.external_id)
    if territories and known.territory not in territories:
        raise conflict(f"external_id {declared.external_id!r} {NOT_YOURS}")
    if declared.position is None:
        # Where it lies by its address may be known better, or told, since it was entered.
        values = {name: it for name, it in values.items() if name not in POSITION}
    if known.confidential_address and not keeper:
        # A guess of the address must be answered as a repetition is.
        told = {*HIDDEN_ADDRESS, *POSITION}
        values = {name: it for name, it in values.items() if name not in told}
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
    keeper: bool,
    revision: int | None,
) -> AccommodationRow:
    """Replace what the register says of a place, if it still says what `revision` said.

    Raises
    ------
    Problem : 404 unknown, 403 confidential and not a keeper's to change, 412 changed meanwhile,
        409 another external id, or a contract that takes a sanction, 422 impossible values
    """
    row = await accommodations.by_id(session, row_id, territories, lock=True)
    if row is None:
        raise not_found("accommodation")
    if row.confidential_address and not keeper:
        raise Problem(
            403,
            "forbidden",
            "The address is confidential: what you read leaves it out, so what you send would "
            "lose it. This needs the role keeper.",
        )
    if row.revision != revision:
        raise Problem(
            412,
            "precondition-failed",
            "The accommodation changed since you read it; read it again and send its new ETag.",
        )
    if row.merged_into is not None:
        raise conflict(f"the accommodation was merged into {row.merged_into}; change that one")
    values = await _columns(session, row.organisation, territories, declared, known=row)
    if row.external_id != declared.external_id:
        raise conflict(f"external_id stays {row.external_id!r} for ever; send that one")
    if _says(row, values):
        return row
    await _check_contract(session, row, declared)
    changed = await accommodations.replace(session, row, values)
    await feed.append(session, row.organisation, [accommodation_changed(changed)])
    return changed


async def _check_contract(
    session: AsyncSession, row: AccommodationRow, declared: AccommodationInput
) -> None:
    """Leave to the ladder of sanctions what is its to decide."""
    if declared.contract_state == row.contract_state:
        return
    try:
        check_contract(declared.contract_state, (await sanctions.holds(session, [row.id]))[row.id])
    except SanctionRefused as error:
        raise conflict(f"/{error.field}: {error.reason}") from error


def _says(row: AccommodationRow, values: dict[str, object]) -> bool:
    return all(getattr(row, name) == value for name, value in values.items())


async def _columns(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    declared: AccommodationInput,
    *,
    known: AccommodationRow | None = None,
) -> dict[str, object]:
    """Turn a declaration into columns, refusing what its message alone cannot."""
    _check_hours(declared)
    _check_identity(declared)
    hours = declared.model_dump(mode="json", include={"visit_hours"})["visit_hours"]
    return declared.model_dump(exclude={"position", "visit_hours"}) | {
        "territory": await _territory(session, declared, territories),
        "visit_hours": hours,
        **await _position(session, declared, known),
        **await _operator(session, organisation, declared),
    }


async def _position(
    session: AsyncSession, declared: AccommodationInput, known: AccommodationRow | None
) -> dict[str, object]:
    """Take the position as it was told, or find it by the address."""
    told = declared.position
    if told is None:
        wanted = wanted_address(
            declared.address, declared.postcode, declared.city, declared.insee_commune
        )
        return position_values(await geocode(session, wanted))
    if known is not None and (known.lon, known.lat) == (told.lon, told.lat):
        # Sent back as it was read: nobody told anything.
        return {}
    return declared_values(told.lon, told.lat)


def _check_identity(declared: AccommodationInput) -> None:
    try:
        if declared.position is not None:
            check_position(declared.position.lon, declared.position.lat)
    except ValueError as error:
        raise invalid("/position", str(error)) from error
    try:
        if declared.siret is not None:
            check_siret(declared.siret)
    except ValueError as error:
        raise invalid("/siret", str(error)) from error


async def _territory(
    session: AsyncSession, declared: AccommodationInput, territories: Sequence[str]
) -> str:
    """Give the département: the commune's where it is told, else the postcode's."""
    try:
        territory = territory_of(declared.postcode)
    except ValueError as error:
        raise invalid("/postcode", str(error)) from error
    field = "postcode"
    if declared.insee_commune is not None:
        field = "insee_commune"
        together = await addresses.has(
            session, commune=declared.insee_commune, postcode=declared.postcode
        )
        try:
            territory = check_commune(declared.insee_commune, declared.postcode, together=together)
        except ValueError as error:
            raise invalid("/insee_commune", str(error)) from error
    if territories and territory not in territories:
        raise invalid(f"/{field}", f"territory {territory} is not one of yours: {territories}")
    return territory


async def _operator(
    session: AsyncSession, organisation: UUID, declared: AccommodationInput
) -> dict[str, object]:
    """Find the operator by id, or by name, entering one not known yet."""
    if declared.operator_id is None:
        known = await operators.named(session, organisation, [declared.operator])
        return {"operator_id": known.get(declared.operator)}
    found = await operators.by_id(session, declared.operator_id)
    if found is None:
        raise invalid("/operator_id", "there is no such operator; see GET /v1/operators")
    if declared.operator not in {"", found.name}:
        raise invalid("/operator", f"operator_id is of {found.name!r}; send one of the two")
    return {"operator": found.name}


def _check_hours(declared: AccommodationInput) -> None:
    for number, hours in enumerate(declared.visit_hours):
        pointer = f"/visit_hours/{number}/closes"
        if hours.opens.tzinfo is not None or hours.closes.tzinfo is not None:
            raise invalid(pointer, "hours are local; send them without a time zone, as 09:00")
        try:
            WeeklyHours(hours.weekday, hours.opens, hours.closes)
        except ValueError as error:
            raise invalid(pointer, str(error)) from error
