"""The addresses of the national base, in the database."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.addresses import Address, Wanted
from inspections.domain.geocoding import Streets
from inspections.store.rows import as_json
from inspections.store.tables import AddressRow

# A large town has so many; beyond it a postcode is needed.
MOST_ADDRESSES = 100_000
NAMES = [it.name for it in fields(Address)]
COLUMNS = [col(getattr(AddressRow, name)) for name in NAMES]
UPSERT = text(
    f"insert into address (organisation, {', '.join(NAMES)}) "  # noqa: S608 - names of ours
    f"select :organisation, {', '.join(NAMES)} "
    "from jsonb_populate_recordset(null::address, cast(:rows as jsonb)) order by id "
    "on conflict (organisation, id) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in NAMES if name != "id")
)


async def upsert(session: AsyncSession, organisation: UUID, addresses: Sequence[Address]) -> None:
    """Write addresses, each once."""
    rows = list({it.id: asdict(it) for it in addresses}.values())
    await session.execute(UPSERT, {"organisation": organisation, "rows": as_json(rows)})


async def streets_near(session: AsyncSession, wanted: Wanted) -> Streets:
    """Give the streets of an address's postcode; where none is known, those of its town."""
    streets = await _streets(session, "postcode", wanted.postcode)
    return streets or await _streets(session, "city_key", wanted.city_key)


async def _streets(session: AsyncSession, name: str, value: str) -> Streets:
    statement = (
        select(*COLUMNS).where(col(getattr(AddressRow, name)) == value).limit(MOST_ADDRESSES)
    )
    return Streets(Address(*row) for row in await session.execute(statement))


async def has(session: AsyncSession, *, commune: str, postcode: str) -> bool:
    """Tell whether an address of this commune with this postcode is known."""
    statement = select(
        exists().where(col(AddressRow.postcode) == postcode, col(AddressRow.commune) == commune)
    )
    return bool((await session.execute(statement)).scalar_one())
