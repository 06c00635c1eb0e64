"""Imports in the database: files, kept mappings, runs with their reports."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID, uuid4

from sqlalchemy import func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.import_rows import CellProblem
from inspections.store import accommodations
from inspections.store.accommodations import StandingPlace
from inspections.store.rows import Moment, older_than
from inspections.store.tables import (
    ImportBatchRow,
    ImportFileRow,
    ImportMappingRow,
    ImportProblemRow,
    ImportRunRow,
)

ADVANCE = text(
    "update import_run set batches_done = batches_done + 1, created = created + :created, "
    "updated = updated + :updated, unchanged = unchanged + :unchanged, "
    "rejected = rejected + :rejected, examples = examples || cast(:examples as jsonb), "
    "noticed = (select coalesce(jsonb_object_agg(code, total), '{}') from ("
    "select code, sum(n) as total from (select key as code, value::int as n "
    "from jsonb_each_text(noticed) union all "
    "select key, value::int from jsonb_each_text(cast(:noticed as jsonb))) as told "
    "group by code) as sums) "
    "where id = :id"
)
# Who comes second waits for the first to commit, and then finds that it is done.
CLAIM = text(
    "insert into import_batch (organisation, run_id, number) values (:organisation, :id, :number) "
    "on conflict do nothing returning number"
)
REFUSE = text(
    "insert into import_problem (organisation, run_id, line, number, column_name, value, code, "
    "reason) select :organisation, :run, line, row_number() over (partition by line order by n), "
    '"column", value, code, reason from rows from (jsonb_to_recordset(cast(:rows as jsonb)) '
    'as (line integer, "column" varchar, value varchar, code varchar, reason varchar)) '
    'with ordinality as it (line, "column", value, code, reason, n)'
)


@dataclass(frozen=True, slots=True)
class NewRun:
    """An import that is asked for."""

    file_id: UUID
    source: str
    mapping: Mapping[str, object]
    dry_run: bool
    started_by: str
    territories: Sequence[str]
    keeper: bool


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """What a batch did, in rows."""

    created: int
    updated: int
    unchanged: int
    rejected: int
    noticed: Mapping[str, int]
    examples: Sequence[CellProblem]
    problems: Sequence[CellProblem]


async def add_file(session: AsyncSession, file: ImportFileRow) -> None:
    """Remember a file that came."""
    session.add(file)
    await session.flush()


async def file_by_id(session: AsyncSession, id: UUID) -> ImportFileRow | None:
    """Find a file that was not forgotten."""
    statement = select(ImportFileRow).where(
        col(ImportFileRow.id) == id, col(ImportFileRow.blob).is_not(None)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def keep_mapping(
    session: AsyncSession,
    organisation: UUID,
    name: str,
    *,
    mapping: Mapping[str, object],
    by: str,
) -> ImportMappingRow:
    """Keep a mapping under a name, in place of the one before."""
    values = {"kind": mapping["kind"], "mapping": dict(mapping), "updated_by": by}
    statement = (
        insert(ImportMappingRow)
        .values(organisation=organisation, id=uuid4(), name=name, **values)
        .on_conflict_do_update(
            constraint="import_mapping_name",
            set_=values
            | {"revision": col(ImportMappingRow.revision) + 1, "updated_at": func.now()},
        )
        .returning(ImportMappingRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def mappings(session: AsyncSession) -> list[ImportMappingRow]:
    """List the mappings that are kept, by name."""
    statement = select(ImportMappingRow).order_by(col(ImportMappingRow.name))
    return list((await session.execute(statement)).scalars())


async def mapping_named(session: AsyncSession, name: str) -> ImportMappingRow | None:
    """Find a mapping that is kept."""
    statement = select(ImportMappingRow).where(col(ImportMappingRow.name) == name)
    return (await session.execute(statement)).scalar_one_or_none()


async def begin(
    session: AsyncSession, organisation: UUID, job_id: UUID, new: NewRun
) -> ImportRunRow:
    """Write an import that is asked for, by the id of the job that does it."""
    row = ImportRunRow(
        organisation=organisation,
        id=job_id,
        **asdict(new) | {"mapping": dict(new.mapping), "territories": list(new.territories)},
        batches=None,
        batch_count=None,
        batches_done=0,
        rows=None,
        created=0,
        updated=0,
        unchanged=0,
        rejected=0,
        noticed={},
        examples=[],
        finished_at=None,
    )
    session.add(row)
    await session.flush()
    return row


async def run_by_id(session: AsyncSession, id: UUID) -> ImportRunRow | None:
    """Find an import."""
    statement = select(ImportRunRow).where(col(ImportRunRow.id) == id)
    return (await session.execute(statement)).scalar_one_or_none()


async def runs(session: AsyncSession, *, after: Moment | None, limit: int) -> list[ImportRunRow]:
    """List imports, newest first."""
    order = (col(ImportRunRow.created_at), col(ImportRunRow.id))
    statement = (
        select(ImportRunRow)
        .where(older_than(*order, after))
        .order_by(*(it.desc() for it in order))
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def was_read(
    session: AsyncSession, id: UUID, *, batches: str, batch_count: int, rows: int
) -> None:
    """Say that a file was read, and into what."""
    await session.execute(
        update(ImportRunRow)
        .where(col(ImportRunRow.id) == id)
        .values(batches=batches, batch_count=batch_count, rows=rows)
    )


async def advance(
    session: AsyncSession, organisation: UUID, id: UUID, *, number: int, counts: BatchCounts
) -> bool:
    """Count a batch by its number; False when it was counted already."""
    claimed = await session.execute(
        CLAIM, {"organisation": organisation, "id": id, "number": number}
    )
    if claimed.first() is None:
        return False
    await session.execute(
        ADVANCE,
        {
            "id": id,
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "rejected": counts.rejected,
            "noticed": json.dumps(counts.noticed),
            "examples": json.dumps([asdict(it) for it in counts.examples]),
        },
    )
    if counts.problems:
        rows = json.dumps([asdict(it) for it in counts.problems])
        values = {"organisation": organisation, "run": id, "rows": rows}
        await session.execute(REFUSE, values)
    return True


async def batches_done(session: AsyncSession, id: UUID) -> frozenset[int]:
    """Give the numbers of the batches of an import that are in the record."""
    statement = select(col(ImportBatchRow.number)).where(col(ImportBatchRow.run_id) == id)
    return frozenset((await session.execute(statement)).scalars())


async def finish(session: AsyncSession, id: UUID) -> ImportRunRow:
    """Say that an import is over."""
    statement = (
        update(ImportRunRow)
        .where(col(ImportRunRow.id) == id)
        .values(finished_at=func.now())
        .returning(ImportRunRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def problems(
    session: AsyncSession, run_id: UUID, *, after: tuple[int, int] | None, limit: int
) -> list[ImportProblemRow]:
    """List the lines of an import that were not taken, in the order of the file."""
    order = (col(ImportProblemRow.line), col(ImportProblemRow.number))
    statement = (
        select(ImportProblemRow)
        .where(col(ImportProblemRow.run_id) == run_id)
        .order_by(*order)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    return list((await session.execute(statement)).scalars())


# Apart, and without conditions on what is asked: each is then a few steps of an index.
BY_ID = text(
    "select external_id as asked, coalesce(merged_into, id) as id from accommodation "
    "where external_id = any(:names)"
)
BY_SYSTEM = text(
    "select external_id as asked, accommodation_id as id from external_identifier "
    "where system = :system and external_id = any(:names)"
)
BY_NAME = text(
    "select name as asked, id from accommodation where name = any(:names) and merged_into is null"
)


async def places_named(
    session: AsyncSession, names: Iterable[str], system: str | None, territories: Sequence[str]
) -> dict[str, StandingPlace]:
    """Find places by what a table calls them: their id in a system, or else their only name."""
    values = {"names": sorted(set(names))}
    if system is not None:
        told = await session.execute(BY_SYSTEM, values | {"system": system})
        asked = {row.asked: row.id for row in told}
    else:
        namesakes: Counter[str] = Counter()
        by_name: dict[str, UUID] = {}
        for row in await session.execute(BY_NAME, values):
            namesakes[row.asked] += 1
            by_name[row.asked] = row.id
        asked = {name: id for name, id in by_name.items() if namesakes[name] == 1}
        asked |= {row.asked: row.id for row in await session.execute(BY_ID, values)}
    found = await accommodations.standing(session, asked.values(), territories)
    return {name: found[id] for name, id in asked.items() if id in found}
