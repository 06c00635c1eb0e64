"""Who is asking."""

from fastapi import APIRouter

from shared.auth import CurrentCaller
from shared.contracts.gateway import Me
from shared.problems import responses

router = APIRouter(prefix="/v1/me", tags=["me"])


@router.get("", operation_id="getMe", responses=responses(403))
async def me(caller: CurrentCaller) -> Me:
    """Say who the token speaks for, and what it allows."""
    return Me(
        subject=caller.subject,
        organisation=caller.organisation,
        organisations=list(caller.organisations),
        territories=list(caller.territories),
        roles=sorted(caller.roles),
    )
