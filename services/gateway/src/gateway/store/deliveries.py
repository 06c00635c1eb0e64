"""Messages on their way to receivers, in the database: a queue that keeps the order of a subject.

Of each subject only the oldest message that waits may be under way; whoever claims one has it until
its claim ends, and settles it only while nobody else has claimed it since.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from gateway.store.webhook_tables import WebhookDeliveryRow

# Longer than a receiver may take to answer.
CLAIMED = timedelta(seconds=60)

_QUEUE = text(
    "insert into webhook_delivery (id, organisation, webhook_id, source, position, kind, "
    "subject_id, body, queued_at, due_at) select it.id, :organisation, it.webhook_id, it.source, "
    "it.position, it.kind, it.subject_id, it.body, :now, :now from jsonb_to_recordset("
    "cast(:rows as jsonb)) as it (id uuid, webhook_id uuid, source varchar, position bigint, "
    "kind varchar, subject_id uuid, body varchar) "
    "on conflict (webhook_id, source, position) do nothing"
)
# One step of the index for each webhook, however much waits for it.
_DUE = text(
    "with recursive seen as ((select organisation, webhook_id, due_at from webhook_delivery "
    "where state = 'waiting' order by organisation, webhook_id, due_at limit 1) union all "
    "select next.* from seen, lateral (select organisation, webhook_id, due_at "
    "from webhook_delivery where state = 'waiting' "
    "and (organisation, webhook_id) > (seen.organisation, seen.webhook_id) "
    "order by organisation, webhook_id, due_at limit 1) as next) "
    "select organisation, webhook_id from seen where due_at <= :now"
)
_CLAIM = text(
    "update webhook_delivery set attempts = attempts + 1, claimed_until = :until, due_at = :until "
    "where id in (select it.id from webhook_delivery as it "
    "join webhook on webhook.id = it.webhook_id where it.webhook_id = :webhook_id "
    "and it.state = 'waiting' and it.due_at <= :now and webhook.state = 'active' "
    "and (webhook.quiet_until is null or webhook.quiet_until <= :now) "
    "and not exists (select from webhook_delivery as before "
    "where before.webhook_id = it.webhook_id and before.source = it.source "
    "and before.subject_id = it.subject_id and before.state = 'waiting' "
    "and before.position < it.position) "
    "order by it.due_at limit :most for update of it skip locked) "
    "returning id, body, attempts, queued_at"
)
_SETTLE = text(
    "update webhook_delivery as it set state = new.state, due_at = new.due_at, "
    "claimed_until = null, settled_at = case when new.state <> 'waiting' "
    "then cast(:now as timestamptz) end, "
    "told = (case when jsonb_array_length(it.told) < 20 then it.told else it.told - 0 end) "
    "|| new.told from jsonb_to_recordset(cast(:rows as jsonb)) as new (id uuid, attempts integer, "
    "state varchar, due_at timestamptz, told jsonb) "
    "where it.id = new.id and it.attempts = new.attempts and it.state = 'waiting' returning it.id"
)
_HURRY = text(
    "update webhook_delivery set due_at = :now where webhook_id = :webhook_id "
    "and state = 'waiting' and due_at > :now "
    "and (claimed_until is null or claimed_until <= :now)"
)
_GIVE_UP = text(
    "update webhook_delivery set state = 'dead', settled_at = :now "
    "where webhook_id = :webhook_id and state = 'waiting' and queued_at <= :since "
    "and (claimed_until is null or claimed_until <= :now)"
)
_SEND_AGAIN = text(
    "update webhook_delivery set state = 'waiting', attempts = 0, queued_at = :now, due_at = :now, "
    "claimed_until = null, settled_at = null where webhook_id = :webhook_id "
    "and state <> 'waiting' and (cast(:id as uuid) is null or id = :id) "
    "and state = any(cast(:states as varchar[])) "
    "and (cast(:since as timestamptz) is null or settled_at >= :since) "
    "and (cast(:until as timestamptz) is null or settled_at < :until) "
    "and (cardinality(cast(:kinds as varchar[])) = 0 or kind = any(cast(:kinds as varchar[])))"
)
_DROP_OLD = text(
    "delete from webhook_delivery where state <> 'waiting' and settled_at < :since or "
    "state = 'waiting' and queued_at < :since and exists "
    "(select from webhook where id = webhook_id and state = 'paused')"
)
_ORGANISATIONS = text("select distinct organisation from webhook_delivery")


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A message for a webhook, before it is queued."""

    id: UUID
    webhook_id: UUID
    source: str
    position: int
    kind: str
    subject_id: UUID
    body: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is to be sent now, for the `attempts`-th time."""

    id: UUID
    body: str
    attempts: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message that was sent: `told` of the attempt, `due_at` if it must again."""

    claimed: Claimed
    state: str
    due_at: datetime
    told: dict[str, object]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which settled messages are meant: one, or those of a time and of some kinds."""

    states: Sequence[str] = ("delivered", "dead")
    id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    kinds: Sequence[str] = ()


async def queue(
    session: AsyncSession, organisation: UUID, new: Sequence[NewDelivery], now: datetime
) -> None:
    """Queue messages; what is queued for an event already stays as it is."""
    rows = [
        {
            "id": str(it.id),
            "webhook_id": str(it.webhook_id),
            "source": it.source,
            "position": it.position,
            "kind": it.kind,
            "subject_id": str(it.subject_id),
            "body": it.body,
        }
        for it in new
    ]
    if rows:
        values = {"organisation": organisation, "rows": json.dumps(rows), "now": now}
        await session.execute(_QUEUE, values)


async def due(session: AsyncSession, now: datetime) -> list[tuple[UUID, UUID]]:
    """Name the organisations and webhooks that have a message due; for the system role."""
    return [(it[0], it[1]) for it in await session.execute(_DUE, {"now": now})]


async def claim(session: AsyncSession, webhook_id: UUID, now: datetime, most: int) -> list[Claimed]:
    """Claim messages that may be sent now, each of another subject, at the most so many."""
    values = {"webhook_id": webhook_id, "now": now, "until": now + CLAIMED, "most": most}
    return [Claimed(*it) for it in await session.execute(_CLAIM, values)]


async def settle(session: AsyncSession, settled: Sequence[Settled], now: datetime) -> int:
    """Say what became of attempts; return how many, without those somebody else claimed since."""
    rows = [
        {
            "id": str(it.claimed.id),
            "attempts": it.claimed.attempts,
            "state": it.state,
            "due_at": it.due_at.isoformat(),
            "told": it.told,
        }
        for it in settled
    ]
    found = await session.execute(_SETTLE, {"rows": json.dumps(rows), "now": now})
    return len(found.all())


async def hurry(session: AsyncSession, webhook_id: UUID, now: datetime) -> None:
    """Let all that waits go now: the receiver is back."""
    await session.execute(_HURRY, {"webhook_id": webhook_id, "now": now})


async def give_up(
    session: AsyncSession, webhook_id: UUID, *, since: datetime, now: datetime
) -> None:
    """Give up what has waited since a moment or longer."""
    await session.execute(_GIVE_UP, {"webhook_id": webhook_id, "since": since, "now": now})


async def send_again(session: AsyncSession, webhook_id: UUID, choice: Choice, now: datetime) -> int:
    """Let settled messages go again, under the ids they had; return how many."""
    connection = await session.connection()
    values = {
        "webhook_id": webhook_id,
        "id": choice.id,
        "states": list(choice.states),
        "since": choice.since,
        "until": choice.until,
        "kinds": list(choice.kinds),
        "now": now,
    }
    return (await connection.execute(_SEND_AGAIN, values)).rowcount


async def find(
    session: AsyncSession, webhook_id: UUID, delivery_id: UUID
) -> WebhookDeliveryRow | None:
    """Return a message of a webhook."""
    found = await session.get(WebhookDeliveryRow, delivery_id)
    return found if found is not None and found.webhook_id == webhook_id else None


async def page(
    session: AsyncSession,
    webhook_id: UUID,
    *,
    state: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[WebhookDeliveryRow]:
    """Return messages of a webhook, the latest queued first."""
    order = (col(WebhookDeliveryRow.queued_at), col(WebhookDeliveryRow.id))
    query = select(WebhookDeliveryRow).where(col(WebhookDeliveryRow.webhook_id) == webhook_id)
    if state is not None:
        query = query.where(col(WebhookDeliveryRow.state) == state)
    if after is not None:
        query = query.where(tuple_(*order) < after)
    query = query.order_by(*(it.desc() for it in order)).limit(limit)
    return list(await session.scalars(query))


async def organisations(session: AsyncSession) -> list[UUID]:
    """Name the organisations that have messages; for the system role."""
    return list((await session.execute(_ORGANISATIONS)).scalars())


async def drop_old(session: AsyncSession, since: datetime) -> int:
    """Drop what was settled before a moment, or has waited since for a webhook that is paused."""
    connection = await session.connection()
    return (await connection.execute(_DROP_OLD, {"since": since})).rowcount
