"""The register of inspectors; only `members` reads where somebody lives, for travel times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

SAVE = text(
    "insert into inspector (organisation, id, facts, home_lon, home_lat, updated_by) "
    "values (:organisation, :id, cast(:facts as jsonb), :lon, :lat, :by) "
    "on conflict (organisation, id) do update set facts = excluded.facts, "
    "home_lon = case when :keep then inspector.home_lon else excluded.home_lon end, "
    "home_lat = case when :keep then inspector.home_lat else excluded.home_lat end, "
    "updated_by = excluded.updated_by, updated_at = now()"
)
COLUMNS = "id, facts, home_lon is not null as has_home, updated_at"
ONE = text(f"select {COLUMNS} from inspector where id = :id")  # noqa: S608 - constants
PAGE = text(
    f"select {COLUMNS} from inspector "  # noqa: S608 - constants
    "where cast(:after as uuid) is null or id > cast(:after as uuid) order by id limit :limit"
)
MEMBERS = text(
    "select id, facts, home_lon, home_lat from inspector where id = any(cast(:ids as uuid[]))"
)


@dataclass(frozen=True, slots=True)
class Home:
    """What to do with the home: keep what is known, or take this one, or forget it."""

    keep: bool
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class StoredInspector:
    """Somebody in the register."""

    id: UUID
    facts: dict[str, object]
    has_home: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredMember:
    """Somebody in the register, with the home: for the making of teams, never for an answer."""

    facts: dict[str, object]
    home: tuple[float, float] | None


async def save(
    session: AsyncSession,
    organisation: UUID,
    inspector_id: UUID,
    *,
    facts: str,
    home: Home,
    by: str,
) -> None:
    """Enter somebody, or replace what is known."""
    await session.execute(
        SAVE,
        {
            "organisation": organisation,
            "id": inspector_id,
            "facts": facts,
            "keep": home.keep,
            "lon": home.lon,
            "lat": home.lat,
            "by": by,
        },
    )


async def find(session: AsyncSession, inspector_id: UUID) -> StoredInspector | None:
    """Return somebody in the register."""
    row = (await session.execute(ONE, {"id": inspector_id})).first()
    return None if row is None else _stored(row)


async def page(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[StoredInspector]:
    """List the register by id."""
    return [_stored(row) for row in await session.execute(PAGE, {"after": after, "limit": limit})]


async def members(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, StoredMember]:
    """Return those of some ids who are in the register."""
    found = await session.execute(MEMBERS, {"ids": [str(it) for it in ids]})
    return {
        row.id: StoredMember(
            row.facts, None if row.home_lon is None else (row.home_lon, row.home_lat)
        )
        for row in found
    }


def _stored(row: Row[tuple[object, ...]]) -> StoredInspector:
    it = row._mapping  # noqa: SLF001 - the documented name of a row's mapping
    return StoredInspector(it["id"], it["facts"], it["has_home"], it["updated_at"])
