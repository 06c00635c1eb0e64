"""The app of the gateway: what it does not answer itself, it passes on before FastAPI sees it."""

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from gateway.api.passing import PassingOn, refused_by_length
from gateway.domain.route_table import service_of

# What the gateway answers itself is read whole before the token is checked, so it is kept short: a
# week of 100 teams with 14 shifts each has 1.1 MB with all texts at their longest.
MAX_OWN_BODY_BYTES = 2 * 1024 * 1024


class Edge(FastAPI):
    """FastAPI for the composed routes, raw ASGI for the rest."""

    passing_on: PassingOn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI asks."""
        if scope["type"] == "http":
            service = service_of(scope["path"])
            if service is not None:
                await self.passing_on.serve(service, scope, receive, send)
                return
            # FastAPI keeps the limit while it reads, but refuses a declared length in plain text.
            if await refused_by_length(scope, receive, send, max_body_bytes=MAX_OWN_BODY_BYTES):
                return
        await super().__call__(scope, receive, send)
