"""Charters, who accepted them, and the law, as texts that a notice may cite."""

from datetime import date
from functools import lru_cache
from importlib.resources import files
from uuid import UUID, uuid4

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.notice import Rule, parse_law
from inspections.store.tables import CharterAcceptanceRow, CharterRow


@lru_cache(maxsize=1)
def law() -> tuple[Rule, ...]:
    """Read the rules of the law that ship with the product."""
    return parse_law(files("inspections.store").joinpath("law.csv").read_text("utf-8"))


async def page(session: AsyncSession) -> list[CharterRow]:
    """List the charters, by code, the newest version first."""
    row = CharterRow
    order = (col(row.code), col(row.in_force_from).desc(), col(row.version).desc())
    return list((await session.execute(select(row).order_by(*order))).scalars())


async def by_id(session: AsyncSession, id: UUID) -> CharterRow | None:
    """Find a charter."""
    return (
        await session.execute(select(CharterRow).where(col(CharterRow.id) == id))
    ).scalar_one_or_none()


async def insert_new(
    session: AsyncSession, organisation: UUID, values: dict[str, object]
) -> tuple[CharterRow, bool]:
    """Insert a version of a charter; return what is there, and whether it is new."""
    written = {"organisation": organisation, "id": uuid4(), **values}
    statement = (
        insert(CharterRow)
        .values(**written)
        .on_conflict_do_nothing(constraint="charter_code_version")
        .returning(CharterRow)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is not None:
        return row, True
    known = select(CharterRow).where(
        col(CharterRow.code) == values["code"], col(CharterRow.version) == values["version"]
    )
    return (await session.execute(known)).scalar_one(), False


async def accept(
    session: AsyncSession, organisation: UUID, values: dict[str, object]
) -> CharterAcceptanceRow:
    """Keep that an operator accepted a charter; the first time stands."""
    row = CharterAcceptanceRow
    written = {"organisation": organisation, "id": uuid4(), **values}
    await session.execute(insert(row).values(**written).on_conflict_do_nothing())
    his = col(row.operator_id) == values["operator_id"]
    statement = (
        select(row)
        .where(
            col(row.charter_id) == values["charter_id"],
            or_(his, col(row.operator) == values["operator"]),
        )
        # His own, under whatever name, before that of another who had the name.
        .order_by(his.desc().nulls_last())
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one()


async def acceptances_of(session: AsyncSession, charter_id: UUID) -> list[CharterAcceptanceRow]:
    """List who accepted a charter, by name."""
    row = CharterAcceptanceRow
    statement = select(row).where(col(row.charter_id) == charter_id).order_by(col(row.operator))
    return list((await session.execute(statement)).scalars())


async def accepted_by(
    session: AsyncSession, operator: str, operator_id: UUID | None
) -> list[tuple[CharterRow, date]]:
    """List the charters an operator accepted with the day each began to bind him, last first.

    His name tells only where the place or the acceptance was written without his id.
    """
    accepted, charter = CharterAcceptanceRow, CharterRow
    named = col(accepted.operator) == operator
    if operator_id is not None:
        unknown = col(accepted.operator_id).is_(None)
        named = or_(col(accepted.operator_id) == operator_id, unknown & named)
    statement = (
        select(charter, col(accepted.accepted_on))
        .join(
            accepted,
            (col(accepted.organisation) == charter.organisation)
            & (col(accepted.charter_id) == charter.id),
        )
        .where(named)
        .order_by(col(accepted.accepted_on).desc(), col(charter.in_force_from).desc())
    )
    rows = await session.execute(statement)
    return [(row, max(on, row.in_force_from)) for row, on in rows]
