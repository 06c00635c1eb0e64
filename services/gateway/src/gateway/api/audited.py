"""Notes each call of a known caller for the audit, once its answer begins."""

import time
from collections.abc import Mapping

from starlette.types import Message, Send

from gateway.api.incoming import Incoming
from gateway.use_cases.keep_audit import AuditLog, Call

# Services read feeds all day long; that tells nothing about anybody.
_FEED = "/events"


def noting(audit: AuditLog, request: Incoming, claims: Mapping[str, object], send: Send) -> Send:
    """Return a `send` that notes the call when its answer begins."""
    path: str = request.scope["path"]
    if not path.startswith("/v1/") or (path.endswith(_FEED) and "service" in _roles(claims)):
        return send

    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            audit.note(
                Call(
                    at=time.time(),
                    claims=claims,
                    organisation=request.given.get(b"ronde-organisation"),
                    behalf=request.given.get(b"ronde-subject"),
                    method=request.scope["method"],
                    path=path,
                    status=message["status"],
                    request_id=request.id,
                )
            )
        await send(message)

    return note


def _roles(claims: Mapping[str, object]) -> list[object]:
    roles = claims.get("roles")
    return roles if isinstance(roles, list) else []
