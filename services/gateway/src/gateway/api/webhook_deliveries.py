"""The messages of a webhook over HTTP: what became of each, and sending them again."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query

from gateway.api.webhook_messages import Delivery, DeliveryDetail, Queued, Replay, State
from gateway.store import deliveries
from gateway.store.deliveries import Choice
from gateway.store.webhook_tables import WebhookDeliveryRow
from gateway.use_cases.keep_webhooks import found
from shared.auth import Admin
from shared.db import Session
from shared.paging import Cursor, Limit, Page, moment_cursor, moment_key
from shared.problems import conflict, not_found, responses

router = APIRouter(prefix="/v1/webhooks/{webhook_id}", tags=["webhooks"])


@router.get("/deliveries", operation_id="listDeliveries", responses=responses(403, 404, 422))
async def list_deliveries(
    _caller: Admin,
    session: Session,
    *,
    webhook_id: UUID,
    state: Annotated[State | None, Query(description="`dead` are those given up.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Delivery]:
    """List the messages of a webhook, the latest first; they are kept for thirty days."""
    await found(session, webhook_id)
    rows = await deliveries.page(
        session, webhook_id, state=state, after=moment_key(cursor), limit=limit + 1
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[Delivery.model_validate(_told(row)) for row in rows[:limit]],
        next_cursor=moment_cursor(last.queued_at, last.id) if last else None,
    )


@router.get(
    "/deliveries/{delivery_id}", operation_id="getDelivery", responses=responses(403, 404, 422)
)
async def get_delivery(
    _caller: Admin, session: Session, webhook_id: UUID, delivery_id: UUID
) -> DeliveryDetail:
    """Read a message as it is sent, and its latest attempts."""
    row = await deliveries.find(session, webhook_id, delivery_id)
    if row is None:
        raise not_found("message of this webhook")
    return DeliveryDetail.model_validate(_told(row))


@router.post(
    "/deliveries/{delivery_id}/resendings",
    operation_id="resendDelivery",
    status_code=202,
    responses=responses(403, 404, 409, 422),
)
async def resend_delivery(
    _caller: Admin, session: Session, webhook_id: UUID, delivery_id: UUID
) -> Queued:
    """Send one settled message again, under the id it had: a receiver can know it as the same."""
    if await deliveries.find(session, webhook_id, delivery_id) is None:
        raise not_found("message of this webhook")
    choice = Choice(id=delivery_id)
    sent = await deliveries.send_again(session, webhook_id, choice, datetime.now(UTC))
    if not sent:
        raise conflict("This message still waits to be sent.")
    return Queued(messages=sent)


@router.post(
    "/replays",
    operation_id="replayDeliveries",
    status_code=202,
    responses=responses(403, 404, 422),
)
async def replay_deliveries(
    _caller: Admin,
    session: Session,
    webhook_id: UUID,
    wanted: Annotated[Replay, Body(examples=[{"states": ["dead"]}])],
) -> Queued:
    """Send settled messages again, under the ids they had: those given up, or all of a time.

    They come in the order of their subjects, and after what has been delivered meanwhile.
    """
    row = await found(session, webhook_id)
    choice = Choice(
        states=wanted.states, since=wanted.since, until=wanted.until, kinds=wanted.kinds
    )
    sent = await deliveries.send_again(session, row.id, choice, datetime.now(UTC))
    return Queued(messages=sent)


def _told(row: WebhookDeliveryRow) -> dict[str, object]:
    return {**row.model_dump(), "due_at": row.due_at if row.state == "waiting" else None}
