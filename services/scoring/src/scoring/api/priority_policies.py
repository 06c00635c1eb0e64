"""The priority policy over HTTP: how priorities are weighed and steered."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import Field

from scoring.api import lists
from scoring.api.cursors import before_version
from scoring.settings import Settings
from scoring.store import priority_policies
from scoring.store.scores import ScoreFilter
from scoring.use_cases.priority_policy import policy_message
from scoring.use_cases.steer_priorities import change_priority_policy, preview_priorities
from scoring.use_cases.weigh_priorities import Asked
from shared.auth import Manager, Reader
from shared.contracts.message import Moment
from shared.contracts.priorities import (
    PriorityPolicy,
    PriorityPolicyChange,
    PriorityPreview,
    PriorityWeights,
)
from shared.db import Session
from shared.paging import Page, encode
from shared.preconditions import Revision
from shared.problems import responses

router = APIRouter(prefix="/v1/priority-policies", tags=["priority-policies"])

_WEIGHTS: Final = {
    "overdue_weight": 1.5,
    "steering": [
        {
            "name": "Winter check of heating",
            "level": 3,
            "territory": "75",
            "starts_on": "2026-11-01",
            "ends_on": "2027-02-28",
        }
    ],
}
_EXAMPLE: Final = {**_WEIGHTS, "reason": "Heating failed in many hotels last winter."}


class PreviewQuery(lists.Query):
    """As of when to compare, and how many moves to list."""

    as_of: Moment | None = Field(default=None, description="Counts delays up to then.")
    limit: int = Field(default=100, ge=1, le=20_000)


@router.get("", operation_id="listPriorityPolicies", responses=responses(403, 422))
async def list_policies(
    session: Session, caller: Reader, query: Annotated[lists.PageQuery, Query()]
) -> Page[PriorityPolicy]:
    """List the versions there have been, the newest first, with who made each and why."""
    del caller
    before = before_version(query.cursor)
    rows = await priority_policies.page(session, before=before, limit=query.limit + 1)
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return Page(
        items=[policy_message(row) for row in rows[: query.limit]],
        next_cursor=None if last is None else encode(str(last.version)),
    )


@router.get("/current", operation_id="getPriorityPolicy", responses=responses(403))
async def get_policy(session: Session, caller: Reader, response: Response) -> PriorityPolicy:
    """Give the version that holds; its `ETag` is what a change must name."""
    del caller
    policy = policy_message(await priority_policies.newest(session))
    response.headers["ETag"] = f'"{policy.version}"'
    return policy


@router.put(
    "/current", operation_id="changePriorityPolicy", responses=responses(403, 412, 422, 428)
)
async def put_policy(
    response: Response,
    session: Session,
    caller: Manager,
    *,
    body: Annotated[PriorityPolicyChange, Body(examples=[_EXAMPLE])],
    revision: Revision,
) -> PriorityPolicy:
    """Let another version hold; priorities asked for from now on are weighed by it."""
    await change_priority_policy(session, body, caller, revision=revision)
    return await get_policy(session, caller, response)


@router.post("/previews", operation_id="previewPriorityPolicy", responses=responses(403, 422))
async def preview_policy(
    request: Request,
    session: Session,
    caller: Manager,
    *,
    body: Annotated[PriorityWeights, Body(examples=[_WEIGHTS])],
    query: Annotated[PreviewQuery, Query()],
) -> PriorityPreview:
    """Tell which places would move up or down if the policy were this; nothing is changed."""
    settings: Settings = request.app.state.settings
    asked = Asked(
        places=ScoreFilter(caller.territories),
        as_of=query.as_of or datetime.now(UTC),
        longest_interval_days=settings.longest_interval_days,
        limit=query.limit,
    )
    return await preview_priorities(session, body, asked)
