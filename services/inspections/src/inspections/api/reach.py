"""What a caller may see beyond the territories of the token."""

from collections.abc import Iterable
from uuid import UUID

from fastapi import Request
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import accommodations
from shared.auth import Caller
from shared.db import Session
from shared.problems import not_found

# Who plans and makes visits; anybody else could tell an operator of one that is unannounced.
VISITING = frozenset({"inspector", "planner", "manager", "admin", "service"})


async def moved(
    session: Session, caller: Caller, request: Request, id: UUID
) -> RedirectResponse | None:
    """Lead from what is asked of a place merged away to the same of the one that stands.

    Raises
    ------
    Problem : 404 when there is no such place in the caller's reach
    """
    place = await accommodations.by_id(session, id, caller.territories)
    if place is None:
        raise not_found("accommodation")
    if place.merged_into is None:
        return None
    path = request.url.path.replace(str(id), str(place.merged_into))
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{path}{query}", status_code=308)


def sees_surprises(caller: Caller) -> bool:
    """Tell whether the caller may know of visits to come that are not announced."""
    return bool(caller.roles & VISITING)


async def hidden_places(
    session: AsyncSession, caller: Caller, ids: Iterable[object]
) -> frozenset[UUID]:
    """Tell of which of these places the caller may not know where they are."""
    if caller.keeps_addresses:
        return frozenset()
    return await accommodations.confidential(session, {it for it in ids if isinstance(it, UUID)})
