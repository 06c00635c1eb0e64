"""Webhooks over HTTP: addresses of others' systems that are told of events as they happen."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.webhook_messages import (
    CreatedWebhook,
    NewSecret,
    NewWebhook,
    QueuedTest,
    SecretReplacement,
    Webhook,
    WebhookChange,
)
from gateway.settings import Settings
from gateway.store import webhooks
from gateway.store.webhook_tables import WebhookRow
from gateway.use_cases.keep_webhooks import change_webhook, found, make_webhook, replace_secret
from gateway.use_cases.queue_events import queue_test
from shared.auth import Admin
from shared.db import Session
from shared.paging import Cursor, Limit, Page, moment_cursor, moment_key
from shared.preconditions import Revision, etag
from shared.problems import invalid, responses

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

NEW = {
    "url": "https://suivi.association.example/ronde",
    "name": "Outil de suivi des familles",
    "kinds": ["inspection.recorded", "anomalies.changed"],
}


@router.post(
    "",
    operation_id="createWebhook",
    status_code=201,
    responses=responses(403, 409, 422, 503),
)
async def create_webhook(
    request: Request,
    response: Response,
    caller: Admin,
    session: Session,
    *,
    wanted: Annotated[NewWebhook, Body(examples=[NEW])],
) -> CreatedWebhook:
    """Have an address told of the organisation's events from now on.

    Messages are CloudEvents, signed as Standard Webhooks has it. Each comes at least once, those
    of one subject in order; what does not arrive is sent again for three days.
    """
    _check_url(request, wanted.url)
    row, secret = await make_webhook(
        session, request.app.state.sealer, caller, **wanted.model_dump()
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(row.revision)
    told = await _told(session, [row])
    return CreatedWebhook(**told[0].model_dump(), secret=secret)


@router.get("", operation_id="listWebhooks", responses=responses(403, 422))
async def list_webhooks(
    _caller: Admin, session: Session, limit: Limit = 100, cursor: Cursor = None
) -> Page[Webhook]:
    """List the organisation's webhooks from the oldest on."""
    rows = await webhooks.page(session, after=moment_key(cursor), limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=await _told(session, rows[:limit]),
        next_cursor=moment_cursor(last.created_at, last.id) if last else None,
    )


@router.get("/{webhook_id}", operation_id="getWebhook", responses=responses(403, 404, 422))
async def get_webhook(
    response: Response, _caller: Admin, session: Session, webhook_id: UUID
) -> Webhook:
    """Read a webhook and how it stands with it; its `ETag` is for changing it."""
    return await _tagged(session, response, await found(session, webhook_id))


@router.patch(
    "/{webhook_id}",
    operation_id="changeWebhook",
    responses=responses(403, 404, 409, 412, 422, 428),
)
async def patch_webhook(  # noqa: PLR0913 - a route takes what it needs
    request: Request,
    response: Response,
    caller: Admin,
    session: Session,
    *,
    webhook_id: UUID,
    change: Annotated[WebhookChange, Body(examples=[{"state": "paused"}])],
    revision: Revision,
) -> Webhook:
    """Change a webhook, pause it or let it go on: what waited is then sent at once."""
    if change.url is not None:
        _check_url(request, change.url)
    changes: Mapping[str, object] = change.model_dump(exclude_none=True)
    row = await change_webhook(session, caller, webhook_id, change=changes, revision=revision)
    return await _tagged(session, response, row)


@router.delete(
    "/{webhook_id}",
    operation_id="deleteWebhook",
    status_code=204,
    responses=responses(403, 404, 422),
)
async def delete_webhook(_caller: Admin, session: Session, webhook_id: UUID) -> None:
    """End a webhook; what waits for it is dropped."""
    await session.delete(await found(session, webhook_id, locked=True))


@router.post(
    "/{webhook_id}/secrets",
    operation_id="replaceWebhookSecret",
    status_code=201,
    responses=responses(403, 404, 422, 503),
)
async def replace_webhook_secret(
    request: Request,
    response: Response,
    _caller: Admin,
    session: Session,
    *,
    webhook_id: UUID,
    wanted: Annotated[SecretReplacement, Body(examples=[{"kept_h": 24}])],
) -> NewSecret:
    """Replace the secret. For some hours messages carry a signature of each, so none is lost."""
    kept = timedelta(hours=wanted.kept_h)
    secret = await replace_secret(session, request.app.state.sealer, webhook_id, kept=kept)
    response.headers["Cache-Control"] = "no-store"
    return NewSecret(secret=secret)


@router.post(
    "/{webhook_id}/tests",
    operation_id="testWebhook",
    status_code=202,
    responses=responses(403, 404, 422),
)
async def send_test(
    request: Request, _caller: Admin, session: Session, webhook_id: UUID
) -> QueuedTest:
    """Send a message of the kind `webhook.tested`; read what became of it among the deliveries."""
    row = await found(session, webhook_id)
    return QueuedTest(id=await queue_test(session, row, request.app.reached_at))


def _check_url(request: Request, url: str) -> None:
    settings: Settings = request.app.state.settings
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_place = False
    if not has_place:
        raise invalid("/url", "Write the address as https://host or https://host:port/path.")
    if parts.scheme != "https" and not settings.receiver_networks:
        raise invalid("/url", "Use https: messages tell of places where families live.")


async def _tagged(session: AsyncSession, response: Response, row: WebhookRow) -> Webhook:
    response.headers["ETag"] = etag(row.revision)
    told = await _told(session, [row])
    return told[0]


async def _told(session: AsyncSession, rows: Sequence[WebhookRow]) -> list[Webhook]:
    standings = await webhooks.standings(session, [row.id for row in rows])
    return [
        Webhook(
            **row.model_dump(),
            waiting=standings[row.id].waiting,
            dead=standings[row.id].dead,
            delivered_at=standings[row.id].delivered_at,
        )
        for row in rows
    ]
