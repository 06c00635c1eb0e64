"""What the gateway asks of inspections."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import httpx

from gateway.clients.services import told, written
from shared.contracts.inspections.alerts import Alert, SilenceInput
from shared.contracts.inspections.briefs import VisitBrief, VisitBriefs
from shared.contracts.inspections.candidates import CandidatePage
from shared.contracts.inspections.search import Found, SearchResult
from shared.contracts.inspections.visits import (
    PlanVisits,
    PlanVisitsReport,
    VisitWithdrawal,
    VisitWithdrawalReport,
)
from shared.contracts.message import Output

MOST_BRIEFS = 50
"""Places asked for at once, so that an address stays short."""


class _Visits(Output):
    """Visits that are only counted."""

    items: list[object]


async def list_candidates(
    client: httpx.AsyncClient, auth: httpx.Auth, *, starts_on: date, days: int
) -> CandidatePage:
    """List the places that could be visited in the days asked for."""
    request = client.build_request(
        "GET", "/v1/candidates", params={"starts_on": starts_on.isoformat(), "days": days}
    )
    return await told(client, auth, request, CandidatePage)


async def brief_visits(
    client: httpx.AsyncClient, auth: httpx.Auth, places: Sequence[UUID], *, plan_id: UUID
) -> dict[UUID, VisitBrief]:
    """Tell what a team has to know of places, and which visits of a plan are theirs."""
    found: dict[UUID, VisitBrief] = {}
    for some in (places[at : at + MOST_BRIEFS] for at in range(0, len(places), MOST_BRIEFS)):
        asked = {"plan_id": str(plan_id), "accommodation_id": [str(it) for it in some]}
        request = client.build_request("GET", "/v1/visit-briefs", params=asked)
        briefs = await told(client, auth, request, VisitBriefs)
        found.update((it.accommodation_id, it) for it in briefs.items)
    return found


async def put_plan_visits(
    client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID, visits: PlanVisits
) -> PlanVisitsReport:
    """Make the visits of a plan what it says; a repeat changes nothing."""
    request = written(client, "PUT", f"/v1/visits/of-plan/{plan_id}", visits)
    return await told(client, auth, request, PlanVisitsReport)


async def withdraw_visits(
    client: httpx.AsyncClient, auth: httpx.Auth, plan_id: UUID
) -> VisitWithdrawalReport:
    """Cancel what is still planned of a plan's visits; a repeat changes nothing."""
    request = written(client, "POST", "/v1/visits/withdrawals", VisitWithdrawal(plan_id=plan_id))
    return await told(client, auth, request, VisitWithdrawalReport)


async def raise_silence_alert(
    client: httpx.AsyncClient, auth: httpx.Auth, silence: SilenceInput
) -> Alert:
    """Have who is on call paged about a visit nobody has heard of; a repeat pages nobody."""
    return await told(client, auth, written(client, "POST", "/v1/alerts", silence), Alert)


async def count_visits(
    client: httpx.AsyncClient, auth: httpx.Auth, *, begins: datetime, ends: datetime
) -> int:
    """Count the visits planned from one moment to another, 1,000 at the most."""
    request = client.build_request(
        "GET",
        "/v1/visits",
        params={
            "state": "planned",
            "scheduled_from": begins.isoformat(),
            "scheduled_before": ends.isoformat(),
            "limit": 1000,
        },
    )
    return len((await told(client, auth, request, _Visits)).items)


async def search_record(
    client: httpx.AsyncClient, auth: httpx.Auth, words: str, *, limit: int
) -> list[Found]:
    """Find places, findings and complaints by the words they tell, the best first."""
    request = client.build_request("GET", "/v1/record-search", params={"q": words, "limit": limit})
    return (await told(client, auth, request, SearchResult)).items
