"""Models over HTTP: train, look at, activate, take back."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import HTMLResponse

from scoring.api.cursors import before_moment
from scoring.api.lists import PageQuery
from scoring.store import models
from scoring.use_cases.activate_model import activate_model, return_to_rule
from scoring.use_cases.card_page import card_page
from scoring.use_cases.messages import model_message
from shared.auth import Manager, Reader
from shared.contracts.message import JobState
from shared.contracts.scoring import Model, ModelCard, TrainRequest
from shared.db import Session
from shared.jobs import Jobs
from shared.paging import Page, encode
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/models", tags=["models"])

IdempotencyKey = Annotated[str | None, Header(max_length=200)]


def location_of(job: JobState) -> str:
    """Say where the state of a job is read."""
    return f"/v1/scoring/jobs/{job.id}"


@router.post("", operation_id="trainModel", status_code=202, responses=responses(403, 422))
async def train_model(
    request: Request,
    response: Response,
    session: Session,
    caller: Manager,
    *,
    body: TrainRequest,
    idempotency_key: IdempotencyKey = None,
) -> JobState:
    """Train a model and compare it with the rule; it scores only if it wins."""
    jobs: Jobs = request.app.state.jobs
    job = await jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind="train_model",
        key=idempotency_key,
        arguments=body.model_dump(mode="json"),
    )
    response.headers["Location"] = location_of(job)
    return job


@router.get("", operation_id="listModels", responses=responses(403, 422))
async def list_models(
    session: Session, caller: Reader, query: Annotated[PageQuery, Query()]
) -> Page[Model]:
    """List models with their verdicts, newest first."""
    del caller
    rows = await models.page(session, before=before_moment(query.cursor), limit=query.limit + 1)
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return Page(
        items=[model_message(row) for row in rows[: query.limit]],
        next_cursor=encode(last.created_at.isoformat(), last.id) if last else None,
    )


@router.get("/{model_id}", operation_id="getModel", responses=responses(403, 404))
async def get_model(session: Session, caller: Reader, model_id: str) -> Model:
    """Give a model, what it is worth and why it serves or not."""
    del caller
    row = await models.by_id(session, model_id)
    if row is None:
        raise not_found("model")
    return model_message(row)


@router.get("/{model_id}/card", operation_id="getModelCard", responses=responses(403, 404))
async def get_model_card(session: Session, caller: Reader, model_id: str) -> ModelCard:
    """Say all that is known of a model: windows, intervals, baselines, fairness, limits."""
    del caller
    return await _card(session, model_id)


@router.get(
    "/{model_id}/card.html",
    operation_id="getModelCardPage",
    responses=responses(403, 404),
    response_class=HTMLResponse,
)
async def get_model_card_page(session: Session, caller: Reader, model_id: str) -> HTMLResponse:
    """Give the card as a page for people; it needs nothing from elsewhere."""
    del caller
    return HTMLResponse(card_page(await _card(session, model_id)))


async def _card(session: Session, model_id: str) -> ModelCard:
    row = await models.by_id(session, model_id)
    if row is None or row.card is None:
        raise not_found("model card")
    return ModelCard.model_validate(row.card)


@router.post(
    "/{model_id}/activation", operation_id="activateModel", responses=responses(403, 404, 409)
)
async def activate(request: Request, session: Session, caller: Manager, model_id: str) -> Model:
    """Let a model score that passed its tests: the way back to an earlier one."""
    await _score_everything(request, session, caller)
    return model_message(await activate_model(session, model_id))


@router.delete(
    "/{model_id}/activation", operation_id="deactivateModel", responses=responses(403, 404, 409)
)
async def deactivate(request: Request, session: Session, caller: Manager, model_id: str) -> Model:
    """Let the rule score again in place of the active model."""
    await _score_everything(request, session, caller)
    return model_message(await return_to_rule(session, model_id))


async def _score_everything(request: Request, session: Session, caller: Manager) -> None:
    jobs: Jobs = request.app.state.jobs
    await jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind="score_everything",
        key=None,
        arguments={},
    )
