"""Zones in the database, and the places in them."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, cast, delete, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import UserDefinedType
from sqlmodel import col

from inspections.domain.zones import Area, Ring, areas_of
from inspections.store.rows import among
from inspections.store.tables import AccommodationRow, ZoneRow


class _Polygon(UserDefinedType[str]):
    """PostgreSQL's own polygon, which knows what lies in it."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "polygon"


async def page(session: AsyncSession, *, after: str | None, limit: int) -> list[ZoneRow]:
    """List zones by code."""
    statement = select(ZoneRow).order_by(col(ZoneRow.code)).limit(limit)
    if after is not None:
        statement = statement.where(col(ZoneRow.code) > after)
    return list((await session.execute(statement)).scalars())


async def by_code(session: AsyncSession, code: str, *, lock: bool = False) -> ZoneRow | None:
    """Find a zone."""
    statement = select(ZoneRow).where(col(ZoneRow.code) == code)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def put(
    session: AsyncSession, organisation: UUID, code: str, values: Mapping[str, object]
) -> ZoneRow:
    """Create a zone or replace what it is."""
    statement = insert(ZoneRow).values(
        organisation=organisation, id=uuid4(), code=code, revision=1, **values
    )
    statement = statement.on_conflict_do_update(
        constraint="zone_code",
        set_={name: statement.excluded[name] for name in values}
        | {"revision": col(ZoneRow.revision) + 1, "updated_at": func.now()},
    )
    done = statement.returning(ZoneRow).execution_options(populate_existing=True)
    return (await session.execute(done)).scalar_one()


async def remove(session: AsyncSession, code: str) -> None:
    """Forget a zone; places are as they were."""
    await session.execute(delete(ZoneRow).where(col(ZoneRow.code) == code))


def places_in(zone: ZoneRow) -> ColumnElement[bool]:
    """Keep the accommodations of a zone: in its shape, or on one of its lists."""
    row, shape = AccommodationRow, zone.geometry
    areas = () if shape is None else areas_of(str(shape["type"]), shape["coordinates"])
    return or_(
        among(col(row.id), zone.accommodation_ids),
        among(col(row.postcode), zone.postcodes),
        among(col(row.insee_commune), zone.communes),
        *(_within(area) for area in areas),
    )


def _within(area: Area) -> ColumnElement[bool]:
    """Keep the places in an area; one without a position is in none."""
    point = func.point(col(AccommodationRow.lon), col(AccommodationRow.lat))
    return and_(
        _polygon(area.outline).bool_op("@>")(point),
        *(~_polygon(hole).bool_op("@>")(point) for hole in area.holes),
    )


def _polygon(ring: Ring) -> ColumnElement[str]:
    text = ",".join(f"({lon},{lat})" for lon, lat in ring[:-1])
    return cast(literal(f"({text})"), _Polygon())
