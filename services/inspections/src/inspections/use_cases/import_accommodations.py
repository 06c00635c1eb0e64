"""Import a register of places from a spreadsheet's text file."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.identifiers import check_commune
from inspections.domain.registry_file import Place, Register, parse_register
from inspections.domain.sanction import SanctionRefused, check_contract
from inspections.domain.sheet import SheetError
from inspections.domain.territory import territory_of
from inspections.store import accommodations, addresses, operators, sanctions
from inspections.store.accommodations import Upserted
from inspections.store.tables import AccommodationRow
from inspections.use_cases.geocode_places import DECLARED, UNKNOWN, geocode_places
from inspections.use_cases.messages import KEEPERS_ONLY, NOT_YOURS, accommodation_changed
from shared import feed
from shared.contracts.inspections.register import ImportReport, RowError
from shared.problems import invalid

NOTHING = Upserted((), (), frozenset(), frozenset())
# What `Place` calls otherwise than the table, or tells of its file alone.
NOT_COLUMNS = {"line", "position"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the places of a register: those tried, what was done, and who was refused."""

    places: Sequence[Place]
    done: Upserted
    refused: "Mapping[str, Refusal]"

    @property
    def changed(self) -> Sequence[AccommodationRow]:
        """The places as they are now that were created or changed."""
        return (*self.done.created, *self.done.updated)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row that can be read is not taken: the cell, and what to do."""

    column: str
    value: str
    reason: str


async def import_accommodations(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    content: bytes,
    *,
    dry_run: bool,
    keeper: bool,
) -> ImportReport:
    """Take the good rows of a register and report the others.

    Rows are matched by external id; columns the file lacks keep their values. A dry run does all
    of it and takes it back, so its report is what the import would do.

    Raises
    ------
    Problem : 422 when the content is no register at all
    """
    try:
        # A large file takes longer than other requests should wait.
        register = await asyncio.to_thread(parse_register, content)
    except SheetError as error:
        raise invalid("/", str(error)) from error
    return await take_register(
        session, organisation, territories, register, dry_run=dry_run, keeper=keeper
    )


async def take_register(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    register: Register,
    *,
    dry_run: bool,
    keeper: bool,
) -> ImportReport:
    """Take the good places of a register that was read, and report the others."""
    taken = await take_places(
        session, organisation, territories, register, dry_run=dry_run, keeper=keeper
    )
    if not dry_run:
        events = [accommodation_changed(row) for row in taken.changed]
        await feed.append(session, organisation, events)
    return _report(register, taken.places, taken.done, refused=taken.refused, dry_run=dry_run)


async def take_places(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    register: Register,
    *,
    dry_run: bool,
    keeper: bool,
) -> Taken:
    """Take the good places of a register; to tell of them is left to who calls."""
    # In one order for everybody: two imports of the same places then wait, and never deadlock.
    mine = (it for it in register.places if not territories or it.territory in territories)
    places = sorted(mine, key=lambda it: it.external_id)
    done = NOTHING
    refused = await _astray(session, places)
    refused |= await _refused(session, register, places, territories)
    places = [it for it in places if it.external_id not in refused]
    if places:
        async with session.begin_nested() as attempt:
            known = await operators.named(session, organisation, [it.operator for it in places])
            done = await accommodations.upsert(
                session,
                organisation,
                [_row(it, known.get(it.operator)) for it in places],
                _columns(register),
                territories=territories,
                keeper=keeper,
            )
            if dry_run:
                await attempt.rollback()
    taken = Taken(places, done, refused)
    if not dry_run:
        await geocode_places(session, taken.changed)
    return taken


async def _refused(
    session: AsyncSession,
    register: Register,
    places: Sequence[Place],
    territories: Sequence[str],
) -> dict[str, Refusal]:
    """Find the places whose contract would change past the ladder of sanctions, and say why."""
    if "contract_state" not in register.fields or not places:
        return {}
    contracts = await accommodations.contracts(
        session, [it.external_id for it in places], territories
    )
    changing = {
        it.external_id: (contracts[it.external_id].id, it.contract_state)
        for it in places
        if it.external_id in contracts
        and contracts[it.external_id].contract_state != it.contract_state
    }
    holds = await sanctions.holds(session, [id for id, _ in changing.values()])
    refused: dict[str, Refusal] = {}
    for external_id, (id, wanted) in changing.items():
        try:
            check_contract(wanted, holds[id])
        except SanctionRefused as error:
            refused[external_id] = Refusal("contract_state", wanted, error.reason)
    return refused


async def _astray(session: AsyncSession, places: Sequence[Place]) -> dict[str, Refusal]:
    """Find the places whose commune and postcode contradict each other."""
    refused: dict[str, Refusal] = {}
    for it in places:
        commune = it.insee_commune
        if commune is None or it.territory == territory_of(it.postcode):
            continue
        together = await addresses.has(session, commune=commune, postcode=it.postcode)
        try:
            check_commune(commune, it.postcode, together=together)
        except ValueError as error:
            refused[it.external_id] = Refusal("insee_commune", commune, str(error))
    return refused


def _row(place: Place, operator_id: UUID | None) -> dict[str, object]:
    lon, lat = place.position or (None, None)
    row = {name: getattr(place, name) for name in Place.__dataclass_fields__}
    return {n: it for n, it in row.items() if n not in NOT_COLUMNS} | {
        "visit_hours": [
            {
                "weekday": it.weekday,
                "opens": it.opens.isoformat(),
                "closes": it.closes.isoformat(),
            }
            for it in place.visit_hours
        ],
        "lon": lon,
        "lat": lat,
        "position_source": UNKNOWN if lon is None else DECLARED,
        "operator_id": operator_id and str(operator_id),
    }


def _columns(register: Register) -> list[str]:
    """Name the columns the file speaks of; some follow from others."""
    followers = {"territory"} | ({"operator_id"} & {f"{it}_id" for it in register.fields})
    return sorted((register.fields | followers) - {"external_id"})


def _report(
    register: Register,
    places: Sequence[Place],
    done: Upserted,
    *,
    refused: Mapping[str, Refusal],
    dry_run: bool,
) -> ImportReport:
    rejected = register.row_count - len(places) + len(done.hidden) + len(done.kept)
    created, updated = len(done.created), len(done.updated)
    return ImportReport(
        dry_run=dry_run,
        rows=register.row_count,
        created=created,
        updated=updated,
        unchanged=register.row_count - rejected - created - updated,
        rejected=rejected,
        errors=sorted(_errors(register, places, done, refused), key=lambda it: it.line),
    )


def _errors(
    register: Register, places: Sequence[Place], done: Upserted, refused: Mapping[str, Refusal]
) -> Iterable[RowError]:
    for problem in register.problems:
        yield RowError(
            line=problem.line, column=problem.column, value=problem.value, reason=problem.reason
        )
    sent = {it.external_id for it in places}
    for it in register.places:
        if it.external_id in refused:
            why = refused[it.external_id]
            yield RowError(line=it.line, column=why.column, value=why.value, reason=why.reason)
        elif it.external_id not in sent:
            yield RowError(
                line=it.line,
                column="postcode",
                value=it.postcode,
                reason=f"territory {it.territory} is not one of yours; ask for it, or leave it out",
            )
        elif it.external_id in done.hidden:
            yield RowError(
                line=it.line, column="external_id", value=it.external_id, reason=NOT_YOURS
            )
        elif it.external_id in done.kept:
            yield RowError(
                line=it.line, column="external_id", value=it.external_id, reason=KEEPERS_ONLY
            )
