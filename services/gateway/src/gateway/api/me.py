"""Who is asking."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from gateway.domain.allowed_actions import allowed_actions
from shared.auth import CurrentCaller, bearer
from shared.contracts.gateway import Me
from shared.problems import responses

router = APIRouter(prefix="/v1/me", tags=["me"])


@router.get("", operation_id="getMe", responses=responses(403))
async def me(request: Request, caller: CurrentCaller) -> Me:
    """Say who the token speaks for, until when, and what it allows."""
    claims = await request.app.state.verifier.claims(bearer(request.headers["authorization"]))
    scopes = claims.get("scopes")
    return Me(
        subject=caller.subject,
        organisation=caller.organisation,
        organisations=list(caller.organisations),
        territories=list(caller.territories),
        roles=sorted(caller.roles),
        scopes=[str(it) for it in scopes] if isinstance(scopes, list) else None,
        expires_at=datetime.fromtimestamp(float(str(claims["exp"])), UTC),
        allowed_actions=allowed_actions(caller.roles),
    )
