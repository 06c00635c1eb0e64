"""Accommodations in the database."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import among
from inspections.store.scope import in_territories
from inspections.store.tables import AccommodationRow

# Never set by a caller: who owns the row, and its own history.
KEPT = {"organisation", "id", "revision", "created_at", "updated_at"}


@dataclass(frozen=True, slots=True)
class AccommodationFilter:
    """What to list; None and empty keep everything. `bbox` is west, south, east, north, degrees."""

    territories: Sequence[str] = ()
    territory: str | None = None
    sector: str | None = None
    contract_state: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    words: str | None = None
    updated_since: datetime | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        row = AccommodationRow
        yield in_territories(self.territories)
        if self.territory is not None:
            yield col(row.territory) == self.territory
        if self.sector is not None:
            yield col(row.sector) == self.sector
        if self.contract_state is not None:
            yield col(row.contract_state) == self.contract_state
        if self.bbox is not None:
            west, south, east, north = self.bbox
            yield col(row.lon).between(west, east) & col(row.lat).between(south, north)
        if self.words is not None:
            yield _named(self.words)
        if self.updated_since is not None:
            yield col(row.updated_at) >= self.updated_since


def _named(words: str) -> ColumnElement[bool]:
    row = AccommodationRow
    columns = (row.name, row.external_id, row.address, row.city, row.operator)
    return or_(*(col(column).icontains(words, autoescape=True) for column in columns))


async def page(
    session: AsyncSession,
    wanted: AccommodationFilter,
    *,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[AccommodationRow]:
    """List accommodations by name, after the one that `after` names."""
    order = (col(AccommodationRow.name), col(AccommodationRow.id))
    statement = select(AccommodationRow).where(*wanted.conditions()).order_by(*order).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    return list((await session.execute(statement)).scalars())


async def by_id(
    session: AsyncSession, id: UUID, territories: Sequence[str], *, lock: bool = False
) -> AccommodationRow | None:
    """Find an accommodation of these territories."""
    statement = select(AccommodationRow).where(
        col(AccommodationRow.id) == id, in_territories(territories)
    )
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def by_external_id(session: AsyncSession, external_id: str) -> AccommodationRow:
    """Give the accommodation of an external id that is known to exist."""
    statement = select(AccommodationRow).where(col(AccommodationRow.external_id) == external_id)
    return (await session.execute(statement)).scalar_one()


async def rooms_of(
    session: AsyncSession, ids: Iterable[UUID], territories: Sequence[str]
) -> dict[UUID, int]:
    """Give the number of rooms of each of `ids` that is a place of these territories."""
    statement = select(col(AccommodationRow.id), col(AccommodationRow.rooms)).where(
        among(col(AccommodationRow.id), ids), in_territories(territories)
    )
    found = await session.execute(statement)
    return {row.id: row.rooms for row in found}


async def create(
    session: AsyncSession, organisation: UUID, values: Mapping[str, object]
) -> AccommodationRow | None:
    """Insert an accommodation; None when its external id is taken."""
    statement = (
        insert(AccommodationRow)
        .values(organisation=organisation, id=uuid4(), revision=1, **values)
        .on_conflict_do_nothing(constraint="accommodation_external_id")
        .returning(AccommodationRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def replace(
    session: AsyncSession, row: AccommodationRow, values: Mapping[str, object]
) -> AccommodationRow:
    """Give an accommodation new values and a new revision."""
    statement = (
        update(AccommodationRow)
        .where(col(AccommodationRow.id) == row.id)
        .values(revision=row.revision + 1, updated_at=func.now(), **values)
        .returning(AccommodationRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


@dataclass(frozen=True, slots=True)
class Upserted:
    """The rows an import created and changed; the others were as the file says.

    `hidden` are the external ids of places of other territories, which were left alone.
    """

    created: tuple[AccommodationRow, ...]
    updated: tuple[AccommodationRow, ...]
    hidden: frozenset[str]


async def upsert(
    session: AsyncSession,
    organisation: UUID,
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    *,
    territories: Sequence[str],
) -> Upserted:
    """Create or update accommodations by external id, in one statement.

    Only `columns` are changed, and only on places of these territories (none given means all);
    an empty position leaves the known one.
    """
    result = await session.execute(
        select(AccommodationRow, text("created")).from_statement(
            text(_upsert_statement(list(rows[0]), columns))
        ),
        {
            "organisation": organisation,
            "rows": json.dumps(rows, default=date.isoformat),
            "territories": list(territories),
        },
    )
    found = result.all()
    return Upserted(
        created=tuple(row for row, created in found if created),
        updated=tuple(row for row, created in found if not created),
        # Read after the statement, which locked them: nobody moves them in between.
        hidden=await _hidden(session, [str(row["external_id"]) for row in rows], territories),
    )


async def _hidden(
    session: AsyncSession, external_ids: Iterable[str], territories: Sequence[str]
) -> frozenset[str]:
    statement = select(col(AccommodationRow.external_id)).where(
        among(col(AccommodationRow.external_id), external_ids), ~in_territories(territories)
    )
    return frozenset((await session.execute(statement)).scalars())


def _upsert_statement(given: Sequence[str], changed: Sequence[str]) -> str:
    news = {name: f"excluded.{name}" for name in changed}
    news |= {n: f"coalesce(excluded.{n}, accommodation.{n})" for n in ("lon", "lat") if n in news}
    names = ", ".join(given)
    old = ", ".join(f"accommodation.{name}" for name in news)
    new = ", ".join(news.values())
    changes = ", ".join(f"{name} = {value}" for name, value in news.items())
    return (
        f"insert into accommodation (organisation, id, revision, visit_hours, skills, {names}) "  # noqa: S608 - names of ours
        f"select :organisation, gen_random_uuid(), 1, '[]', '{{}}', {names} "
        "from jsonb_populate_recordset(null::accommodation, cast(:rows as jsonb)) "
        "on conflict (organisation, external_id) do update "
        f"set {changes}, revision = accommodation.revision + 1, updated_at = now() "
        f"where ({old}) is distinct from ({new}) "
        "and (accommodation.territory = any(cast(:territories as varchar[])) "
        "or cardinality(cast(:territories as varchar[])) = 0) "
        "returning accommodation.*, (xmax = 0) as created"
    )
