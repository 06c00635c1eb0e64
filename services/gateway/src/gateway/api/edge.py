"""The app of the gateway: what it does not answer itself, it passes on before FastAPI sees it."""

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from gateway.api.passing import PassingOn
from gateway.domain.route_table import service_of


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
        await super().__call__(scope, receive, send)
