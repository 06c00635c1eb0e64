"""How the whole of Ronde is."""

import asyncio

import aiohttp
from fastapi import APIRouter, Request, Response
from pydantic import Field

from gateway.clients.upstreams import Upstreams
from shared.contracts.message import Output

PATIENCE_S = 1.0

router = APIRouter(tags=["health"])


class ServiceHealth(Output):
    """How one service is."""

    status: str = Field(description="ok, not ready, or unreachable.")
    missing: dict[str, str] = Field(default={}, description="What is not ready, and why.")


class Health(Output):
    """How all services are, as seen from the gateway."""

    status: str = Field(description="ok, or degraded when a service is not ready.")
    services: dict[str, ServiceHealth]


@router.get(
    "/health",
    operation_id="getHealth",
    responses={503: {"model": Health, "description": "A service is not ready."}},
)
async def health(request: Request, response: Response) -> Health:
    """Say within a second how every service is; 503 when one is not ready."""
    upstreams: Upstreams = request.app.state.upstreams
    found = await asyncio.gather(*(_health_of(upstreams, name) for name in upstreams.urls))
    services = dict(zip(upstreams.urls, found, strict=True))
    well = all(service.status == "ok" for service in found)
    response.status_code = 200 if well else 503
    return Health(status="ok" if well else "degraded", services=services)


async def _health_of(upstreams: Upstreams, name: str) -> ServiceHealth:
    try:
        _, said = await upstreams.ask(name, "/readyz", patience_s=PATIENCE_S)
        return ServiceHealth.model_validate(said)
    except (TimeoutError, OSError, aiohttp.ClientError, ValueError):
        return ServiceHealth(status="unreachable")
