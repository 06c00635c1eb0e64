"""The scoring policy over HTTP: what is learned, of which places, and how the rule weighs."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Query, Request, Response

from scoring.api.cursors import before_version
from scoring.api.lists import PageQuery
from scoring.store import policies
from scoring.use_cases.change_policy import change_policy, policy_message
from shared.auth import Manager, Reader
from shared.contracts.scoring import PolicyChange, ScoringPolicy
from shared.db import Session
from shared.jobs import Jobs
from shared.paging import Page, encode
from shared.preconditions import Revision
from shared.problems import responses

router = APIRouter(prefix="/v1/scoring-policies", tags=["scoring-policies"])

_EXAMPLE: Final = {
    "label": {
        "kinds": ["routine"],
        "critical": True,
        "items": [],
        "least_severity": 4,
        "fr": "Au moins une anomalie critique à une visite de routine.",
        "en": "At least one critical finding at a routine visit.",
    },
    "cohort_kinds": ["hotel", "residence"],
    "weights": {"complaints": 1.0},
    "reason": "Complaints were right more often than the rule believed.",
}


@router.get("", operation_id="listScoringPolicies", responses=responses(403, 422))
async def list_policies(
    session: Session, caller: Reader, query: Annotated[PageQuery, Query()]
) -> Page[ScoringPolicy]:
    """List the versions there have been, the newest first, with who made each and why."""
    del caller
    rows = await policies.page(session, before=before_version(query.cursor), limit=query.limit + 1)
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return Page(
        items=[policy_message(row) for row in rows[: query.limit]],
        next_cursor=None if last is None else encode(str(last.version)),
    )


@router.get("/current", operation_id="getScoringPolicy", responses=responses(403))
async def get_policy(session: Session, caller: Reader, response: Response) -> ScoringPolicy:
    """Give the version that holds; its `ETag` is what a change must name."""
    del caller
    policy = policy_message(await policies.newest(session))
    response.headers["ETag"] = f'"{policy.version}"'
    return policy


@router.put("/current", operation_id="changeScoringPolicy", responses=responses(403, 412, 422, 428))
async def put_policy(
    request: Request,
    response: Response,
    session: Session,
    caller: Manager,
    *,
    body: Annotated[PolicyChange, Body(examples=[_EXAMPLE])],
    revision: Revision,
) -> ScoringPolicy:
    """Let another version hold; all places are scored again.

    A model trained for another outcome stops scoring; train one for this.
    """
    await change_policy(session, body, caller, revision=revision)
    jobs: Jobs = request.app.state.jobs
    await jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind="score_stale",
        key=None,
        arguments={},
    )
    return await get_policy(session, caller, response)
