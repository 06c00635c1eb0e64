"""What the gateway asks of routing."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

import httpx

from gateway.clients.services import answered, told, written
from shared.contracts.message import Output
from shared.contracts.routing.driven import UnscoredRound
from shared.contracts.routing.forecasts import Coverage, CoverageRequest
from shared.contracts.routing.inspectors import Inspector
from shared.contracts.routing.plans import Certificate, Plan, PlanCreated, PlanRequest
from shared.contracts.routing.revisions import PlanRevision


class PlanSummary(Output):
    """Of a plan as routing wrote it, what the gateway must know."""

    state: str
    certificate: Certificate | None
    accepted_at: datetime | None
    accepted_revision: int | None

    @property
    def can_be_accepted(self) -> bool:
        """Whether it is solved, held for good by the checker, and not accepted yet."""
        sound = self.certificate is not None and self.certificate.accepted
        return self.state == "done" and sound and self.accepted_at is None


async def get_inspector(
    client: httpx.AsyncClient, auth: httpx.Auth, inspector_id: UUID
) -> Inspector:
    """Read what planning knows of an inspector."""
    request = client.build_request("GET", f"/v1/inspectors/{inspector_id}")
    return await told(client, auth, request, Inspector)


async def create_plan(
    client: httpx.AsyncClient, auth: httpx.Auth, plan: PlanRequest, *, key: str | None
) -> PlanCreated:
    """Ask for a plan; the same key and request give the same plan."""
    headers = {} if key is None else {"Idempotency-Key": key}
    request = written(client, "POST", "/v1/plans", plan, **headers)
    return await told(client, auth, request, PlanCreated)


async def get_plan(client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID) -> bytes:
    """Read a plan as routing wrote it."""
    request = client.build_request("GET", f"/v1/plans/{plan_id}")
    return (await answered(client, auth, request)).content


async def get_shapes(client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID) -> bytes:
    """Read a plan's rounds as GeoJSON."""
    request = client.build_request("GET", f"/v1/plans/{plan_id}/geojson")
    return (await answered(client, auth, request)).content


async def get_round(
    client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID, round_id: str
) -> UnscoredRound:
    """Read a round as those who drive it may."""
    path = f"/v1/plans/{plan_id}/rounds/{quote(round_id, safe='')}"
    return await told(client, auth, client.build_request("GET", path), UnscoredRound)


async def draw_map(
    client: httpx.AsyncClient,
    auth: httpx.Auth,
    plan_id: UUID,
    *,
    language: str,
    round_id: str | None = None,
) -> str:
    """Draw the rounds of a plan, or one of them, on the map (SVG)."""
    asked = {"language": language} | ({} if round_id is None else {"round_id": round_id})
    request = client.build_request("GET", f"/v1/plans/{plan_id}/map.svg", params=asked)
    return (await answered(client, auth, request)).text


async def get_revision(
    client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID, number: int
) -> PlanRevision:
    """Read what a plan became."""
    request = client.build_request("GET", f"/v1/plans/{plan_id}/revisions/{number}")
    return await told(client, auth, request, PlanRevision)


async def foresee_coverage(
    client: httpx.AsyncClient, auth: httpx.Auth, asked: CoverageRequest
) -> Coverage:
    """Foresee which places will pass their interval."""
    request = written(client, "POST", "/v1/coverage-forecasts", asked)
    return await told(client, auth, request, Coverage)


async def accept_plan(
    client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID, revision: int | None = None
) -> Plan:
    """Accept a plan, or a newer revision of it; a repeat gives the same stops."""
    params = {} if revision is None else {"revision": revision}
    request = client.build_request("POST", f"/v1/plans/{plan_id}/acceptance", params=params)
    return await told(client, auth, request, Plan)


async def withdraw_acceptance(client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID) -> None:
    """Take an acceptance back; a repeat changes nothing."""
    await answered(client, auth, client.build_request("DELETE", f"/v1/plans/{plan_id}/acceptance"))


async def cancel_plan(client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID) -> None:
    """Stop solving a plan; one that has ended stays as it is."""
    await answered(client, auth, client.build_request("DELETE", f"/v1/plans/{plan_id}"))


@contextlib.asynccontextmanager
async def progress_of(
    client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Follow the solving of a plan: the events as routing sends them."""
    request = client.build_request("GET", f"/v1/plans/{plan_id}/progress", timeout=60)
    answer = await client.send(request, auth=auth, stream=True)
    try:
        answer.raise_for_status()
        yield answer.aiter_raw()
    finally:
        await answer.aclose()
