"""Send the messages of a webhook that are due, and write down what became of each."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clients.receivers import Answer, Receivers
from gateway.domain.cloud_event import MEDIA_TYPE
from gateway.domain.redelivery import AWAY_AFTER, GIVEN_UP_AFTER, is_over, pause, quiet
from gateway.domain.webhook_signature import signatures
from gateway.store import deliveries, webhooks
from gateway.store.deliveries import Claimed
from gateway.use_cases.keyring import Sealer
from shared.db import Database

logger = logging.getLogger(__name__)

# So many subjects at once, to a receiver that takes messages.
AT_ONCE = 8


def _clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending takes: where messages wait, what opens secrets, who carries, what time it is."""

    database: Database
    sealer: Sealer
    receivers: Receivers
    clock: Callable[[], datetime] = _clock


@dataclass(frozen=True, slots=True)
class _Target:
    organisation: UUID
    webhook_id: UUID
    url: str
    secrets: Sequence[str]


async def deliver_to(sending: Sending, organisation: UUID, webhook_id: UUID) -> int:
    """Send what is due to one webhook until nothing is, or the receiver fails; return how many."""
    sent = 0
    while True:
        now = sending.clock()
        async with sending.database.session(organisation) as session:
            webhook = await webhooks.find(session, webhook_id)
            if webhook is None:
                return sent
            most = 1 if webhook.failures >= AWAY_AFTER else AT_ONCE
            claimed = await deliveries.claim(session, webhook_id, now, most)
            sealed = await webhooks.secrets(session, webhook_id, now)
        if not claimed:
            return sent
        secrets = [sending.sealer.unseal(it) for it in sealed]
        target = _Target(organisation, webhook_id, webhook.url, secrets)
        arrived = await asyncio.gather(*(_send(sending, target, it) for it in claimed))
        sent += len(claimed)
        if not any(arrived):
            return sent


async def _send(sending: Sending, target: _Target, claimed: Claimed) -> bool:
    """Send one message and write down what became of it; tell whether it arrived."""
    began = sending.clock()
    body = claimed.body.encode()
    seconds = int(began.timestamp())
    headers = {
        "Content-Type": MEDIA_TYPE,
        "webhook-id": str(claimed.id),
        "webhook-timestamp": str(seconds),
        "webhook-signature": signatures(target.secrets, str(claimed.id), seconds, body),
    }
    answer = await sending.receivers.post(target.url, body, headers)
    now = sending.clock()
    told = {
        "at": began.isoformat(),
        "status": answer.status,
        "error": answer.error,
        "took_ms": round((now - began).total_seconds() * 1000),
    }
    over = answer.is_gone or is_over(claimed.queued_at, now)
    state = "delivered" if answer.has_arrived else "dead" if over else "waiting"
    wait = pause(claimed.attempts, answer.asked_for_s, share=random.random())  # noqa: S311 - spread
    async with sending.database.session(target.organisation) as session:
        # The webhook first, always: two that settle for one receiver take turns.
        await _note(session, target.webhook_id, answer, began=began, now=now)
        await deliveries.settle(
            session, claimed, state=state, due_at=now + wait, told=told, now=now
        )
        if state == "dead":
            since = now - GIVEN_UP_AFTER
            await deliveries.give_up(session, target.webhook_id, since=since, now=now)
    if not answer.has_arrived:
        _warn(target, claimed, answer, state)
    return answer.has_arrived


async def _note(
    session: AsyncSession, webhook_id: UUID, answer: Answer, *, began: datetime, now: datetime
) -> None:
    """Note how the receiver fares: who is back gets all that waits, who fails is left alone."""
    if answer.has_arrived:
        if await webhooks.note_arrival(session, webhook_id):
            await deliveries.hurry(session, webhook_id, now)
        return
    if answer.is_gone:
        await webhooks.pause(session, webhook_id, "its receiver answered 410 Gone")
        return
    if answer.refuses_message:
        return
    failures = await webhooks.note_failure(session, webhook_id, began=began, now=now)
    if failures is not None:
        until = now + quiet(failures, answer.asked_for_s)
        await webhooks.leave_alone(session, webhook_id, until)


def _warn(target: _Target, claimed: Claimed, answer: Answer, state: str) -> None:
    logger.warning(
        "webhook message did not arrive",
        extra={
            "webhook_id": str(target.webhook_id),
            "message_id": str(claimed.id),
            "attempt": claimed.attempts,
            "status": answer.status,
            "final": state == "dead",
        },
    )
