"""The deadline policies that ship with the product, and which one an organisation chose."""

from functools import lru_cache
from importlib.resources import files
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.deadline_policy import DeadlinePolicy, parse_policies
from inspections.store.rows import insert_rows
from inspections.store.tables import DeadlineChoiceRow

DEFAULT = "default"


@lru_cache(maxsize=1)
def policies() -> dict[str, DeadlinePolicy]:
    """Read the policies that ship, by name."""
    return parse_policies(
        files("inspections.store").joinpath("deadline_policies.json").read_text("utf-8")
    )


async def chosen(session: AsyncSession) -> DeadlinePolicy:
    """Give the policy the session's organisation uses."""
    row = DeadlineChoiceRow
    statement = select(col(row.policy)).order_by(col(row.chosen_at).desc(), col(row.id)).limit(1)
    name = (await session.execute(statement)).scalar_one_or_none()
    return policies()[name or DEFAULT]


async def choose(session: AsyncSession, organisation: UUID, policy: str, chosen_by: str) -> None:
    """Use a policy from now on."""
    row = {
        "organisation": str(organisation),
        "id": str(uuid4()),
        "policy": policy,
        "chosen_by": chosen_by,
    }
    await insert_rows(session, DeadlineChoiceRow, [row])
