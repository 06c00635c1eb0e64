"""Put the events of a feed on their way to the webhooks that asked for them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain import cloud_event
from gateway.store import deliveries, webhooks
from gateway.store.deliveries import NewDelivery
from gateway.store.webhook_tables import WebhookRow
from gateway.use_cases.describe_messages import event_schemas
from shared.contracts.message import Event
from shared.feed import Apply

# Not of a feed: a message that only tries whether messages arrive.
TEST_SOURCE, TEST_KIND = "gateway/tests", "webhook.tested"


def queueing(provider: str, reached_at: str) -> Apply:
    """Give what takes the feed of a service and queues its events, in the follower's transaction.

    A webhook is told of what was recorded since it was made; for what was before, there are feeds.
    """
    source = f"{reached_at}/v1/{provider}/events"

    async def take(session: AsyncSession, events: Sequence[Event]) -> None:
        listening = await webhooks.listening(session)
        new = [
            _message(webhook, event, source, reached_at)
            for event in events
            for webhook in listening
            if _wants(webhook, event)
        ]
        await deliveries.queue(session, events[0].organisation, new, datetime.now(UTC))

    return take


async def queue_test(session: AsyncSession, webhook: WebhookRow, reached_at: str) -> UUID:
    """Queue a message that tells of nothing; return its id."""
    now = datetime.now(UTC)
    event = Event(
        position=int(now.timestamp() * 1_000_000),
        organisation=webhook.organisation,
        kind=TEST_KIND,
        subject_id=webhook.id,
        occurred_at=now,
        recorded_at=now,
        data={},
    )
    message = _message(webhook, event, f"{reached_at}/v1/{TEST_SOURCE}", reached_at)
    await deliveries.queue(session, webhook.organisation, [message], now)
    return message.id


def _wants(webhook: WebhookRow, event: Event) -> bool:
    asked = not webhook.kinds or event.kind in webhook.kinds
    return asked and event.recorded_at >= webhook.created_at


def _message(webhook: WebhookRow, event: Event, source: str, reached_at: str) -> NewDelivery:
    name = event_schemas().get(event.kind)
    return NewDelivery(
        # The same each time it is made, and so it is sent as the same message.
        id=uuid5(webhook.id, f"{source} {event.position}"),
        webhook_id=webhook.id,
        source=source,
        position=event.position,
        kind=event.kind,
        subject_id=event.subject_id,
        body=cloud_event.written(
            event.model_dump(mode="json"),
            source=source,
            schema=name and f"{reached_at}/v1/schemas/{name}",
        ),
    )
