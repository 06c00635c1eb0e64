"""Which jobs a caller may know of: one that solves a plan is seen by those who see the plan."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from routing.store.plans import IN_SCOPE

HIDDEN = text(
    f"select 1 from plan p where p.job_id = :id and not {IN_SCOPE}"  # noqa: S608 - constants
)


async def is_hidden(session: AsyncSession, job_id: UUID, territories: Sequence[str]) -> bool:
    """Tell whether a job works on a plan outside the caller's territories."""
    found = await session.execute(HIDDEN, {"id": job_id, "scope": list(territories)})
    return found.first() is not None
