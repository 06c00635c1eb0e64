"""Reviews over HTTP: the queue of what looks wrong, decisions, and forms not finished yet."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response

from inspections.api.clock import Now
from inspections.api.lists import ListQuery
from inspections.store import inspections, reviews
from inspections.store.tables import InspectionDraftRow
from inspections.use_cases.review_inspections import Reviewer, review_inspection, show_review
from shared.auth import Inspector, Planner
from shared.contracts.inspections.reviews import (
    FlaggedInspection,
    InspectionDraft,
    InspectionFlag,
    InspectionReview,
    ReviewInput,
)
from shared.db import Session
from shared.paging import Page, moment_cursor, moment_key
from shared.problems import invalid, not_found, responses

router = APIRouter(prefix="/v1/inspection-reviews", tags=["reviews"])
drafts = APIRouter(prefix="/v1/inspection-drafts", tags=["reviews"])

# A form has four levels; what has hundreds could be kept and never be shown again.
MOST_OF_A_DRAFT, MOST_LEVELS = 2_000_000, 20
DRAFT = {"accommodation_id": "…", "answers": [{"item": "mould", "value": 3}]}


@router.get("", operation_id="listFlaggedInspections", responses=responses(403, 422))
async def list_flagged(
    session: Session, caller: Planner, query: Annotated[ListQuery, Query()]
) -> Page[FlaggedInspection]:
    """List the inspections that look wrong and that nobody decided about, the oldest first."""
    rows = await reviews.queue(
        session, caller.territories, after=moment_key(query.cursor), limit=query.limit + 1
    )
    flags = await reviews.flags_of(session, (row["id"] for row in rows))
    items = [
        FlaggedInspection.model_validate(
            {
                **row,
                "flags": [
                    InspectionFlag.model_validate(it, from_attributes=True)
                    for it in flags[row["id"]]
                ],
            }
        )
        for row in rows[: query.limit]
    ]
    more = len(rows) > len(items)
    following = moment_cursor(items[-1].recorded_at, items[-1].id) if more else None
    return Page(items=items, next_cursor=following)


@router.get("/{id}", operation_id="getInspectionReview", responses=responses(403, 404))
async def get_review(session: Session, caller: Inspector, id: UUID) -> InspectionReview:
    """Tell how far an inspection is, what looks wrong with it, and what was decided."""
    await reviews.see_voided(session, seen=True)
    if await inspections.by_id(session, id, caller.territories) is None:
        raise not_found("inspection")
    return await show_review(session, id)


@router.post("/{id}", operation_id="reviewInspection", responses=responses(403, 404, 409, 422))
async def review(
    session: Session, caller: Planner, id: UUID, *, asked: ReviewInput, now: Now
) -> InspectionReview:
    """Approve an inspection, send it back to be filled in again, or void it.

    What was sent back or voided counts in no grade, anomaly, list or export from then on; it
    stays in the record, and this review tells of it.
    """
    reviewer = Reviewer(caller.organisation, caller.subject, tuple(caller.territories), now)
    return await review_inspection(session, reviewer, id, asked)


@drafts.get("", operation_id="listInspectionDrafts", responses=responses(403))
async def list_drafts(session: Session, caller: Inspector) -> list[InspectionDraft]:
    """List the forms you have not finished, the newest first."""
    return [_draft(it) for it in await reviews.drafts_of(session, caller.subject)]


@drafts.put("/{instance_id}", operation_id="keepInspectionDraft", responses=responses(403, 422))
async def keep_draft(
    session: Session,
    caller: Inspector,
    instance_id: UUID,
    form: Annotated[dict[str, object], Body(examples=[DRAFT])],
) -> InspectionDraft:
    """Keep a form that is not finished, as it is; recording it ends the draft."""
    if _is_deeper(form, MOST_LEVELS) or len(str(form)) > MOST_OF_A_DRAFT:
        raise invalid("/", "is longer or deeper than any form; send less")
    row = await reviews.keep_draft(
        session, caller.organisation, instance_id, form=form, by=caller.subject
    )
    return _draft(row)


@drafts.delete(
    "/{instance_id}",
    operation_id="dropInspectionDraft",
    status_code=204,
    responses=responses(403, 404),
)
async def drop_draft(session: Session, caller: Inspector, instance_id: UUID) -> Response:
    """Give a form up that was not finished."""
    mine = {it.instance_id for it in await reviews.drafts_of(session, caller.subject)}
    if instance_id not in mine:
        raise not_found("draft")
    await reviews.drop_drafts(session, [instance_id])
    return Response(status_code=204)


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    within = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(it, levels - 1) for it in within)


def _draft(row: InspectionDraftRow) -> InspectionDraft:
    return InspectionDraft.model_validate(row, from_attributes=True)
