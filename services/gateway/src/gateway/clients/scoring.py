"""What the gateway asks of scoring."""

from datetime import datetime

import httpx

from gateway.clients.services import answered
from shared.contracts.scoring import PriorityPage
from shared.http import CallerAuth


async def list_priorities(
    client: httpx.AsyncClient, auth: CallerAuth, *, as_of: datetime
) -> PriorityPage:
    """List how much a visit to each place is worth, delays counted up to `as_of`."""
    request = client.build_request("GET", "/v1/priorities", params={"as_of": as_of.isoformat()})
    answer = await answered(client, auth, request)
    return PriorityPage.model_validate_json(answer.content)
