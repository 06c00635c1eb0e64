"""Import a register of places from a spreadsheet's text file."""

import asyncio
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.registry_file import Place, Register, RegisterError, parse_register
from inspections.store import accommodations
from inspections.store.accommodations import Upserted
from inspections.use_cases.messages import NOT_YOURS, accommodation_changed
from shared import feed
from shared.contracts.inspections import ImportReport, RowError
from shared.problems import invalid

NOTHING = Upserted((), (), frozenset())
# What `Place` calls otherwise than the table, or tells of its file alone.
NOT_COLUMNS = {"line", "position"}


async def import_accommodations(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    content: bytes,
    *,
    dry_run: bool,
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
    except RegisterError as error:
        raise invalid("/", str(error)) from error
    # In one order for everybody: two imports of the same places then wait, and never deadlock.
    places = sorted(
        (it for it in register.places if not territories or it.territory in territories),
        key=lambda it: it.external_id,
    )
    done = NOTHING
    if places:
        async with session.begin_nested() as attempt:
            done = await accommodations.upsert(
                session,
                organisation,
                [_row(it) for it in places],
                _columns(register),
                territories=territories,
            )
            if dry_run:
                await attempt.rollback()
    if not dry_run:
        changed = (*done.created, *done.updated)
        await feed.append(session, organisation, [accommodation_changed(row) for row in changed])
    return _report(register, places, done, dry_run=dry_run)


def _row(place: Place) -> dict[str, object]:
    lon, lat = place.position or (None, None)
    row = {name: getattr(place, name) for name in Place.__dataclass_fields__}
    return {n: it for n, it in row.items() if n not in NOT_COLUMNS} | {"lon": lon, "lat": lat}


def _columns(register: Register) -> list[str]:
    """Name the columns the file speaks of; the territory follows the postcode."""
    return sorted((register.fields | {"territory"}) - {"external_id"})


def _report(
    register: Register, places: Sequence[Place], done: Upserted, *, dry_run: bool
) -> ImportReport:
    rejected = register.row_count - len(places) + len(done.hidden)
    created, updated = len(done.created), len(done.updated)
    return ImportReport(
        dry_run=dry_run,
        rows=register.row_count,
        created=created,
        updated=updated,
        unchanged=register.row_count - rejected - created - updated,
        rejected=rejected,
        errors=sorted(_errors(register, places, done), key=lambda it: it.line),
    )


def _errors(register: Register, places: Sequence[Place], done: Upserted) -> Iterable[RowError]:
    for problem in register.problems:
        yield RowError(
            line=problem.line, column=problem.column, value=problem.value, reason=problem.reason
        )
    sent = {it.external_id for it in places}
    for it in register.places:
        if it.external_id not in sent:
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
