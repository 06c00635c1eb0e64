"""What the gateway asks of scoring."""

from datetime import date, datetime

import httpx

from gateway.clients.services import told
from shared.contracts.audits import AuditDrawRequest, AuditDraws
from shared.contracts.scoring import PriorityPage


async def list_priorities(
    client: httpx.AsyncClient, auth: httpx.Auth, *, as_of: datetime
) -> PriorityPage:
    """List how much a visit to each place is worth, delays counted up to `as_of`."""
    request = client.build_request("GET", "/v1/priorities", params={"as_of": as_of.isoformat()})
    return await told(client, auth, request, PriorityPage)


async def draw_audits(client: httpx.AsyncClient, auth: httpx.Auth, *, week: date) -> AuditDraws:
    """Draw the places of a week for audit; asked again it gives the same draw."""
    body = AuditDrawRequest(week=week).model_dump(mode="json")
    request = client.build_request("POST", "/v1/audit-draws", json=body)
    return await told(client, auth, request, AuditDraws)
