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
from gateway.store.deliveries import Claimed, Settled
from gateway.use_cases.keyring import Sealer
from shared.db import Database

logger = logging.getLogger(__name__)

# So many subjects at once, to a receiver that takes messages.
AT_ONCE = 16


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
class _Attempt:
    """A message that was sent, and what the receiver answered."""

    claimed: Claimed
    began: datetime
    ended: datetime
    answer: Answer

    @property
    def state(self) -> str:
        if self.answer.has_arrived:
            return "delivered"
        is_dead = self.answer.is_gone or is_over(self.claimed.queued_at, self.ended)
        return "dead" if is_dead else "waiting"

    def settled(self) -> Settled:
        """Say what is kept of it, and when it goes again if it must."""
        share = random.random()  # noqa: S311 - so that not all come at once
        told: dict[str, object] = {
            "at": self.began.isoformat(),
            "status": self.answer.status,
            "error": self.answer.error,
            "took_ms": round((self.ended - self.began).total_seconds() * 1000),
        }
        return Settled(
            self.claimed,
            self.state,
            self.ended + pause(self.claimed.attempts, self.answer.asked_for_s, share=share),
            told,
        )


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
        attempts = await asyncio.gather(
            *(_attempt(sending, webhook.url, secrets, it) for it in claimed)
        )
        async with sending.database.session(organisation) as session:
            await _write_down(session, webhook_id, attempts)
        sent += len(attempts)
        if not any(it.answer.has_arrived for it in attempts):
            return sent


async def _attempt(
    sending: Sending, url: str, secrets: Sequence[str], claimed: Claimed
) -> _Attempt:
    began = sending.clock()
    body = claimed.body.encode()
    seconds = int(began.timestamp())
    headers = {
        "Content-Type": MEDIA_TYPE,
        "webhook-id": str(claimed.id),
        "webhook-timestamp": str(seconds),
        "webhook-signature": signatures(secrets, str(claimed.id), seconds, body),
    }
    answer = await sending.receivers.post(url, body, headers)
    return _Attempt(claimed, began, sending.clock(), answer)


async def _write_down(
    session: AsyncSession, webhook_id: UUID, attempts: Sequence[_Attempt]
) -> None:
    now = max(it.ended for it in attempts)
    # The webhook first, always: two that write for one receiver take turns.
    await _note(session, webhook_id, [it.answer for it in attempts], now)
    await deliveries.settle(session, [it.settled() for it in attempts], now)
    if any(it.state == "dead" for it in attempts):
        await deliveries.give_up(session, webhook_id, since=now - GIVEN_UP_AFTER, now=now)
    for it in attempts:
        if not it.answer.has_arrived:
            _warn(webhook_id, it)


async def _note(
    session: AsyncSession, webhook_id: UUID, answers: Sequence[Answer], now: datetime
) -> None:
    """Note how the receiver fares: who is back gets all that waits, who fails is left alone."""
    if any(it.is_gone for it in answers):
        await webhooks.pause(session, webhook_id, "its receiver answered 410 Gone")
    elif any(it.has_arrived for it in answers):
        if await webhooks.note_arrival(session, webhook_id):
            await deliveries.hurry(session, webhook_id, now)
    elif not all(it.refuses_message for it in answers):
        failures = await webhooks.note_failure(session, webhook_id, now)
        if failures is not None:
            asked_for_s = max(it.asked_for_s or 0.0 for it in answers)
            await webhooks.leave_alone(session, webhook_id, now + quiet(failures, asked_for_s))


def _warn(webhook_id: UUID, attempt: _Attempt) -> None:
    logger.warning(
        "webhook message did not arrive",
        extra={
            "webhook_id": str(webhook_id),
            "message_id": str(attempt.claimed.id),
            "attempt": attempt.claimed.attempts,
            "status": attempt.answer.status,
            "final": attempt.state == "dead",
        },
    )
