"""Scores over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic_core import to_json

from scoring.api.cursors import after_rank, before_moment
from scoring.api.lists import PageQuery
from scoring.store import record, scores
from scoring.store.scores import ScoreFilter
from scoring.use_cases.messages import score_message
from shared.auth import Caller, Reader
from shared.contracts.message import Territory
from shared.contracts.scoring import Score
from shared.db import Session
from shared.etags import named
from shared.paging import Page, encode
from shared.problems import Problem, not_found, responses
from shared.sync import (
    MOVED,
    UNCHANGED,
    CopiedPage,
    IfNoneMatch,
    UpdatedSince,
    changed_page,
    check_known,
    last_change,
    since,
)

router = APIRouter(prefix="/v1/scores", tags=["scores"])


class ScoreQuery(PageQuery):
    """Which scores to list."""

    accommodation_id: UUID | None = None
    territory: Territory | None = None
    updated_since: UpdatedSince = None


def refuse_inspectors(caller: Caller) -> None:
    """Keep scores from who is only an inspector: what is expected would colour what is seen."""
    if caller.is_only_inspector:
        raise Problem(
            403, "forbidden", "Scores are hidden from inspectors until they have seen the place."
        )


@router.get(
    "",
    operation_id="listScores",
    response_model=CopiedPage[Score],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_scores(
    session: Session,
    caller: Reader,
    *,
    query: Annotated[ScoreQuery, Query()],
    request: Request,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> Page[Score] | Response:
    """List the newest score of each place, the riskiest first.

    With `updated_since`, the last changed last. A rank is among all places when it is read: it
    changes with the scores of others, which is no change of this one.
    """
    refuse_inspectors(caller)
    wanted = ScoreFilter(caller.territories, query.territory, query.accommodation_id)
    changed_at = await last_change(session, ["score"])
    state = f"{changed_at}/{await scores.followed_position(session)}"
    headers = named(check_known(request, caller, state, if_none_match))
    if query.updated_since is not None:
        after = since(query.updated_since, query.cursor)
        found = await scores.changed(session, wanted, after=after, limit=query.limit + 1)
        page = changed_page(
            found, query.limit, last=changed_at or query.updated_since, show=score_message
        )
        return Response(to_json(page), media_type="application/json", headers=headers)
    response.headers.update(headers)
    rows = await scores.page(session, wanted, after=after_rank(query.cursor), limit=query.limit + 1)
    items = [score_message(row) for row in rows[: query.limit]]
    more = len(rows) > query.limit
    last = items[-1] if more else None
    return Page(
        items=items,
        next_cursor=encode(str(last.rank), str(last.accommodation_id)) if last else None,
    )


@router.get(
    "/{accommodation_id}",
    operation_id="getScore",
    responses=MOVED | responses(403, 404),
    response_model=Score,
)
async def get_score(
    session: Session, caller: Reader, accommodation_id: UUID
) -> Score | RedirectResponse:
    """Give the newest score of a place, with its reasons; one that was merged leads to its heir."""
    refuse_inspectors(caller)
    heir = await record.merged_into(session, accommodation_id, caller.territories)
    if heir is not None:
        return RedirectResponse(f"{router.prefix}/{heir}", status_code=308)
    return await _newest(session, caller, accommodation_id)


async def _newest(session: Session, caller: Reader, accommodation_id: UUID) -> Score:
    wanted = ScoreFilter(caller.territories, accommodation_id=accommodation_id)
    rows = await scores.page(session, wanted, after=None, limit=1)
    if not rows:
        raise not_found("score")
    return score_message(rows[0])


@router.get(
    "/{accommodation_id}/history",
    operation_id="listScoreHistory",
    responses=MOVED | responses(403, 404, 422),
    response_model=Page[Score],
)
async def list_score_history(
    session: Session,
    caller: Reader,
    accommodation_id: UUID,
    query: Annotated[PageQuery, Query()],
) -> Page[Score] | RedirectResponse:
    """List the scores a place has had, newest first, each with the rank it had."""
    refuse_inspectors(caller)
    heir = await record.merged_into(session, accommodation_id, caller.territories)
    if heir is not None:
        return RedirectResponse(f"{router.prefix}/{heir}/history", status_code=308)
    await _newest(session, caller, accommodation_id)
    before = before_moment(query.cursor)
    rows = await scores.history(session, accommodation_id, before=before, limit=query.limit + 1)
    items = [score_message(row) for row in rows[: query.limit]]
    last = items[-1] if len(rows) > query.limit else None
    return Page(
        items=items,
        next_cursor=encode(last.computed_at.isoformat(), str(last.id)) if last else None,
    )
