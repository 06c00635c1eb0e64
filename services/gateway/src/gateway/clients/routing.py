"""What the gateway asks of routing."""

from uuid import UUID

import httpx

from gateway.clients.services import answered
from shared.contracts.routing import Plan, PlanCreated, PlanRequest
from shared.http import CallerAuth


async def create_plan(
    client: httpx.AsyncClient, auth: CallerAuth, plan: PlanRequest, *, key: str | None
) -> PlanCreated:
    """Ask for a plan; the same key and request give the same plan."""
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    request = client.build_request(
        "POST", "/v1/plans", content=plan.model_dump_json(), headers=headers
    )
    answer = await answered(client, auth, request)
    return PlanCreated.model_validate_json(answer.content)


async def get_plan(client: httpx.AsyncClient, auth: CallerAuth, plan_id: UUID) -> bytes:
    """Read a plan as routing wrote it."""
    request = client.build_request("GET", f"/v1/plans/{plan_id}")
    return (await answered(client, auth, request)).content


async def get_shapes(client: httpx.AsyncClient, auth: CallerAuth, plan_id: UUID) -> bytes:
    """Read a plan's rounds as GeoJSON."""
    request = client.build_request("GET", f"/v1/plans/{plan_id}/geojson")
    return (await answered(client, auth, request)).content


async def accept_plan(client: httpx.AsyncClient, auth: CallerAuth, plan_id: UUID) -> Plan:
    """Accept a plan; a repeat gives the same stops."""
    request = client.build_request("POST", f"/v1/plans/{plan_id}/acceptance")
    return Plan.model_validate_json((await answered(client, auth, request)).content)
