"""Accommodations in the database."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from inspections.domain.duplicates import RegisteredPlace
from inspections.store.rows import among, columns, values_of
from inspections.store.scope import in_territories, may_be_located
from inspections.store.tables import AccommodationRow, Table, ZoneRow
from inspections.store.zones import places_in

# What a file's position makes of the columns that say where a place lies.
TOLD_POSITION = {
    "lon": "excluded.lon",
    "lat": "excluded.lat",
    "position_source": "excluded.position_source",
    "position_confidence": "null",
    "position_guess": "null",
}
COLUMNS = Table.metadata.tables["accommodation"].columns


@dataclass(frozen=True, slots=True)
class AccommodationFilter:
    """What to list; None and empty keep everything. `bbox` is west, south, east, north, degrees.

    Those merged away are left out without `merged`.
    """

    territories: Sequence[str] = ()
    keeper: bool = False
    territory: str | None = None
    sector: str | None = None
    contract_state: str | None = None
    operator_id: UUID | None = None
    position_source: str | None = None
    zone: ZoneRow | None = None
    bbox: tuple[float, float, float, float] | None = None
    words: str | None = None
    merged: bool = False

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        row = AccommodationRow
        yield in_territories(self.territories)
        if not self.merged:
            yield col(row.merged_into).is_(None)
        yield from self._of_the_register()
        if self.bbox is not None:
            west, south, east, north = self.bbox
            yield col(row.lon).between(west, east) & col(row.lat).between(south, north)
            yield may_be_located(keeper=self.keeper)
        if self.words is not None:
            yield _named(self.words) | (_located(self.words) & may_be_located(keeper=self.keeper))

    def _of_the_register(self) -> Iterable[ColumnElement[bool]]:
        row = AccommodationRow
        if self.territory is not None:
            yield col(row.territory) == self.territory
        if self.sector is not None:
            yield col(row.sector) == self.sector
        if self.contract_state is not None:
            yield col(row.contract_state) == self.contract_state
        if self.operator_id is not None:
            yield col(row.operator_id) == self.operator_id
        if self.position_source is not None:
            yield col(row.position_source) == self.position_source
        if self.zone is not None:
            yield places_in(self.zone) & may_be_located(keeper=self.keeper)


def _named(words: str) -> ColumnElement[bool]:
    row = AccommodationRow
    columns = (row.name, row.external_id, row.operator)
    return or_(*(col(column).icontains(words, autoescape=True) for column in columns))


def _located(words: str) -> ColumnElement[bool]:
    columns = (AccommodationRow.address, AccommodationRow.city)
    return or_(*(col(column).icontains(words, autoescape=True) for column in columns))


async def page(
    session: AsyncSession,
    wanted: AccommodationFilter,
    names: Sequence[str],
    *,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[dict[str, object]]:
    """List accommodations by name, with the columns `names`, after the one that `after` names."""
    order = (col(AccommodationRow.name), col(AccommodationRow.id))
    chosen = columns(AccommodationRow, names)
    statement = chosen.where(*wanted.conditions()).order_by(*order).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    return await values_of(session, statement)


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


async def called(
    session: AsyncSession, external_ids: Iterable[str], territories: Sequence[str]
) -> dict[str, tuple[UUID, UUID | None]]:
    """Give, by their external ids, the places of these territories and what they merged into."""
    row = AccommodationRow
    statement = select(col(row.external_id), col(row.id), col(row.merged_into)).where(
        among(col(row.external_id), external_ids), in_territories(territories)
    )
    found = await session.execute(statement)
    return {external_id: (id, merged_into) for external_id, id, merged_into in found}


async def take_turn(session: AsyncSession, organisation: UUID) -> None:
    """Let others that send many places of an organisation wait until the transaction ends.

    What each of them sends is written by several statements, in an order of its own. They may
    wait, and write, for longer than what answers a page.
    """
    await session.execute(text("set local statement_timeout = '60s'"))
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended('places:' || :it, 0))"),
        {"it": str(organisation)},
    )


async def find_external(session: AsyncSession, external_id: str) -> AccommodationRow | None:
    """Find the accommodation of an external id, wherever it lies."""
    statement = select(AccommodationRow).where(col(AccommodationRow.external_id) == external_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def locked(
    session: AsyncSession, ids: Iterable[UUID], territories: Sequence[str]
) -> dict[UUID, AccommodationRow]:
    """Find accommodations and keep others from changing them until the transaction ends."""
    statement = (
        select(AccommodationRow)
        .where(among(col(AccommodationRow.id), ids), in_territories(territories))
        .order_by(col(AccommodationRow.id))
        .with_for_update()
    )
    return {row.id: row for row in (await session.execute(statement)).scalars()}


async def contracts(
    session: AsyncSession, external_ids: Iterable[str], territories: Sequence[str]
) -> dict[str, AccommodationRow]:
    """Give the accommodations of external ids that stand, and keep their contracts as they are."""
    row = AccommodationRow
    statement = (
        select(row)
        .where(
            among(col(row.external_id), external_ids),
            col(row.merged_into).is_(None),
            in_territories(territories),
        )
        # In the order of an import, so that two of them wait for each other and never deadlock.
        .order_by(col(row.external_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {it.external_id: it for it in (await session.execute(statement)).scalars()}


async def unsure(session: AsyncSession) -> list[AccommodationRow]:
    """List the accommodations nobody located, and keep others from changing them meanwhile."""
    statement = (
        select(AccommodationRow)
        .where(
            col(AccommodationRow.position_source).in_(("unknown", "to_check")),
            col(AccommodationRow.merged_into).is_(None),
        )
        .order_by(col(AccommodationRow.id))
        .with_for_update()
    )
    return list((await session.execute(statement)).scalars())


async def confidential(session: AsyncSession, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Tell which of these accommodations have a confidential address."""
    row = AccommodationRow
    statement = select(col(row.id)).where(among(col(row.id), ids), col(row.confidential_address))
    return frozenset((await session.execute(statement)).scalars())


async def compared(
    session: AsyncSession, territories: Sequence[str], *, keeper: bool
) -> list[RegisteredPlace]:
    """Give what of the accommodations of these territories tells duplicates."""
    columns = [col(getattr(AccommodationRow, it.name)) for it in fields(RegisteredPlace)]
    statement = select(*columns).where(
        in_territories(territories),
        may_be_located(keeper=keeper),
        col(AccommodationRow.merged_into).is_(None),
    )
    return [RegisteredPlace(*tuple(row)) for row in await session.execute(statement)]


@dataclass(frozen=True, slots=True)
class StandingPlace:
    """A place that stands: the one asked for, or the one it was merged into."""

    id: UUID
    rooms: int
    territory: str


async def standing(
    session: AsyncSession, ids: Iterable[UUID], territories: Sequence[str]
) -> dict[UUID, StandingPlace]:
    """Give, by each of `ids`, the place that stands for it, if it is of these territories.

    What happens at one merged into another is the other's.
    """
    place, asked = AccommodationRow, aliased(AccommodationRow)
    statement = (
        select(col(asked.id), col(place.id), col(place.rooms), col(place.territory))
        .join(place, stands_for(asked))
        .where(among(col(asked.id), ids), in_territories(territories))
    )
    found = await session.execute(statement)
    return {
        asked_id: StandingPlace(id, rooms, territory) for asked_id, id, rooms, territory in found
    }


async def standing_for(
    session: AsyncSession, id: UUID, territories: Sequence[str]
) -> AccommodationRow | None:
    """Find the place of these territories that stands for an id: its own, or its successor."""
    asked = aliased(AccommodationRow)
    statement = (
        select(AccommodationRow)
        .join(asked, stands_for(asked))
        .where(col(asked.id) == id, in_territories(territories))
    )
    return (await session.execute(statement)).scalar_one_or_none()


def stands_for(asked: type[AccommodationRow]) -> ColumnElement[bool]:
    """Join an accommodation asked for with the one that stands: itself, or its successor."""
    place = AccommodationRow
    return and_(
        col(place.organisation) == asked.organisation,
        col(place.id) == func.coalesce(col(asked.merged_into), col(asked.id)),
    )


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

    Left alone, by their external ids, were `hidden`, places of other territories, and `kept`,
    those with a confidential address, which only a keeper may change.
    """

    created: tuple[AccommodationRow, ...]
    updated: tuple[AccommodationRow, ...]
    hidden: frozenset[str]
    kept: frozenset[str]


async def upsert(
    session: AsyncSession,
    organisation: UUID,
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    *,
    territories: Sequence[str],
    keeper: bool,
) -> Upserted:
    """Create or update accommodations by external id, in one statement.

    Only `columns` are changed, and only on places of these territories (none given means all);
    an empty position leaves the known one. Confidential places are left to keepers.
    """
    result = await session.execute(
        select(AccommodationRow, text("created")).from_statement(
            text(_upsert_statement(list(rows[0]), columns))
        ),
        {
            "organisation": organisation,
            "rows": json.dumps(rows, default=date.isoformat),
            "territories": list(territories),
            "keeper": keeper,
        },
    )
    found = result.all()
    # Read after the statement, which locked them: nobody moves or hides them in between. What it
    # has just taken is left out: a place may become confidential by the very file.
    written = {row.external_id for row, _ in found}
    left = {str(row["external_id"]) for row in rows} - written
    hidden = await _external_ids(session, left, ~in_territories(territories))
    kept = await _external_ids(session, left - hidden, ~may_be_located(keeper=keeper))
    return Upserted(
        created=tuple(row for row, created in found if created),
        updated=tuple(row for row, created in found if not created),
        hidden=hidden,
        kept=kept,
    )


async def _external_ids(
    session: AsyncSession, among_these: Iterable[str], kept: ColumnElement[bool]
) -> frozenset[str]:
    external_id = col(AccommodationRow.external_id)
    statement = select(external_id).where(among(external_id, among_these), kept)
    return frozenset((await session.execute(statement)).scalars())


def _upsert_statement(given: Sequence[str], changed: Sequence[str]) -> str:
    news = {name: f"excluded.{name}" for name in changed}
    if "lon" in news:
        news |= {
            name: f"case when excluded.lon is null then accommodation.{name} else {told} end"
            for name, told in TOLD_POSITION.items()
        }
    if "insee_commune" not in news:
        # The commune that is known decides the territory, as long as the postcode stays.
        news["territory"] = (
            "case when accommodation.insee_commune is null "
            "or accommodation.postcode is distinct from excluded.postcode "
            "then excluded.territory else accommodation.territory end"
        )
    names = ", ".join(given)
    # Named, not `*`: rows are read by the order of their columns, which a later schema adds to.
    columns = ", ".join(f"accommodation.{it.name}" for it in COLUMNS)
    old = ", ".join(f"accommodation.{name}" for name in news)
    new = ", ".join(news.values())
    changes = ", ".join(f"{name} = {value}" for name, value in news.items())
    return (
        f"insert into accommodation (organisation, id, revision, {names}) "  # noqa: S608 - names of ours
        f"select :organisation, gen_random_uuid(), 1, {names} "
        "from jsonb_populate_recordset(null::accommodation, cast(:rows as jsonb)) "
        "on conflict (organisation, external_id) do update "
        f"set {changes}, revision = accommodation.revision + 1, updated_at = now() "
        f"where ({old}) is distinct from ({new}) and accommodation.merged_into is null "
        "and (accommodation.territory = any(cast(:territories as varchar[])) "
        "or cardinality(cast(:territories as varchar[])) = 0) "
        "and (cast(:keeper as boolean) or not accommodation.confidential_address) "
        f"returning {columns}, (xmax = 0) as created"
    )
