"""Models in the database; at most one is active."""

from datetime import datetime

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.store.rows import Row
from scoring.store.tables import ModelRow


async def active(session: AsyncSession) -> ModelRow | None:
    """Find the model that scores; None when the rule does."""
    statement = select(ModelRow).where(col(ModelRow.state) == "active")
    return (await session.execute(statement)).scalar_one_or_none()


async def by_id(session: AsyncSession, id: str) -> ModelRow | None:
    """Find a model."""
    statement = select(ModelRow).where(col(ModelRow.id) == id)
    # Its state may have been changed by a statement since it was read.
    statement = statement.execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def page(
    session: AsyncSession, *, before: tuple[datetime, str] | None, limit: int
) -> list[ModelRow]:
    """List models, newest first, after the one that `before` names."""
    order = (col(ModelRow.created_at), col(ModelRow.id))
    statement = select(ModelRow).order_by(*(key.desc() for key in order)).limit(limit)
    if before is not None:
        statement = statement.where(tuple_(*order) < tuple_(*before))
    return list((await session.execute(statement)).scalars())


async def keep(session: AsyncSession, values: Row) -> None:
    """Keep a model; the same data and seed give the same one, with the newest verdict.

    The active one stays as it is, with the verdict it serves by: only people, or another model that
    wins, take it from service.
    """
    statement = insert(ModelRow).values(**values)
    judged = {
        name: statement.excluded[name] for name in ("windows", "auc", "verdict", "card", "state")
    }
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["organisation", "id"],
            set_=judged,
            where=col(ModelRow.state) != "active",
        )
    )


async def retire_active(session: AsyncSession) -> None:
    """Let the rule score again."""
    await session.execute(
        update(ModelRow).where(col(ModelRow.state) == "active").values(state="retired")
    )


async def activate(session: AsyncSession, id: str) -> ModelRow:
    """Let a model that is there score in place of whatever did."""
    await retire_active(session)
    statement = (
        update(ModelRow)
        .where(col(ModelRow.id) == id)
        .values(state="active")
        .returning(ModelRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()
