"""The one door to places of other organisations: what is granted to the reader, and no more.

A session of the cross-organisation reader, whom the policies of migration `grants` show only the
grants that stand for the organisation it was opened for, and only the places these name.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database

# Led by the grants: the places of a list one by one, those of a territory as far as the page goes.
# Led by the places it would read the whole register, whose policies are an "or".
PLACES = text("""
    with mine as materialized (
        select id, organisation, accommodation_ids, territory, until, fields from access_grant
        -- The reader also sees what its own organisation gave.
        where grantee = nullif(current_setting('app.organisation', true), '')::uuid
    ), found as (
        select p.organisation, p.id
        from mine g
        cross join lateral unnest(g.accommodation_ids) as listed(id)
        join accommodation p on p.organisation = g.organisation and p.id = listed.id
        where listed.id between :first and :last
        and (cardinality(cast(:territories as varchar[])) = 0 or p.territory = any(:territories))
        union
        select p.organisation, p.id
        from (select distinct organisation, territory from mine where territory is not null) g
        cross join lateral (
            select p.organisation, p.id from accommodation p
            where p.organisation = g.organisation and p.territory = g.territory
            and p.id between :first and :last
            order by p.id limit :limit
        ) p
        where cardinality(cast(:territories as varchar[])) = 0 or g.territory = any(:territories)
    ), page as (
        select organisation, id from found order by id, organisation limit :limit
    )
    select p.id, p.organisation, p.name, p.kind, p.address, p.postcode, p.city, p.territory,
        p.sector, p.lon, p.lat, p.rooms, p.capacity, p.operator, p.contract_state, p.visit_hours,
        p.skills, p.opened_on, told.grants, told.until, told.fields
    from page
    join accommodation p on p.organisation = page.organisation and p.id = page.id
    cross join lateral (
        select array_agg(distinct g.id) as grants, max(g.until) as until,
            array_agg(distinct f) as fields
        from mine g cross join unnest(g.fields) f
        where g.organisation = p.organisation
        and (g.territory = p.territory or p.id = any(g.accommodation_ids))
    ) told
    order by p.id, p.organisation
""")
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Granted:
    """A place as its organisation wrote it, and the fields of it that may be read."""

    id: UUID
    organisation: UUID
    grants: list[UUID]
    until: datetime
    fields: frozenset[str]
    row: Row[tuple[object, ...]]


@asynccontextmanager
async def reading(database: Database, grantee: UUID) -> AsyncIterator[AsyncSession]:
    """Open a transaction that sees what is granted to an organisation."""
    async with database.system_session() as session:
        await session.execute(
            text("select set_config('app.organisation', :it, true)"), {"it": str(grantee)}
        )
        yield session


async def places(
    session: AsyncSession,
    territories: Sequence[str],
    *,
    id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 1,
) -> list[Granted]:
    """List granted places by id, of these territories (none given means all)."""
    first = FIRST if after is None or after == LAST else UUID(int=after.int + 1)
    found = await session.execute(
        PLACES,
        {
            "territories": list(territories),
            "first": first if id is None else id,
            "last": LAST if id is None else id,
            "limit": limit,
        },
    )
    return [
        Granted(it.id, it.organisation, it.grants, it.until, frozenset(it.fields), it)
        for it in found
    ]
