"""What the gateway asks of inspections."""

from datetime import date

import httpx

from gateway.clients.services import answered
from shared.contracts.inspections import BatchReport, CandidatePage, VisitBatch
from shared.http import CallerAuth


async def list_candidates(
    client: httpx.AsyncClient, auth: CallerAuth, *, starts_on: date, days: int
) -> CandidatePage:
    """List the places that could be visited in the days asked for."""
    request = client.build_request(
        "GET", "/v1/candidates", params={"starts_on": starts_on.isoformat(), "days": days}
    )
    answer = await answered(client, auth, request)
    return CandidatePage.model_validate_json(answer.content)


async def create_visits(
    client: httpx.AsyncClient, auth: CallerAuth, batch: VisitBatch
) -> BatchReport:
    """Create visits; those that are there already are left as they are."""
    request = client.build_request(
        "POST",
        "/v1/visits/bulk",
        content=batch.model_dump_json(),
        headers={"Content-Type": "application/json"},
    )
    answer = await answered(client, auth, request)
    return BatchReport.model_validate_json(answer.content)
