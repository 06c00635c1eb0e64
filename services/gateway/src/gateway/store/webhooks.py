"""Webhooks and their secrets in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from gateway.store.webhook_tables import WebhookDeliveryRow, WebhookRow, WebhookSecretRow

_DROP_SECRETS = text("delete from webhook_secret where webhook_id = :id and until <= :now")
_END_SECRETS = text(
    "update webhook_secret set until = least(coalesce(until, :until), :until) "
    "where webhook_id = :id"
)
_ARRIVED = text(
    "update webhook set failures = 0, failing_since = null, quiet_until = null "
    "where id = :id and failures > 0 returning id"
)
_FAILED = text(
    "update webhook set failures = failures + 1, failing_since = coalesce(failing_since, :now) "
    "where id = :id returning failures"
)
_PAUSE = text(
    "update webhook set state = 'paused', paused_because = :because, revision = revision + 1 "
    "where id = :id"
)
_QUIET = text("update webhook set quiet_until = :until where id = :id")


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with the messages of a webhook."""

    waiting: int
    dead: int
    delivered_at: datetime | None


async def find(
    session: AsyncSession, webhook_id: UUID, *, locked: bool = False
) -> WebhookRow | None:
    """Return a webhook of the session's organisation; `locked`, for this transaction to change."""
    return await session.get(WebhookRow, webhook_id, with_for_update=locked or None)


async def of_url(session: AsyncSession, url: str) -> WebhookRow | None:
    """Return the organisation's webhook of an address."""
    found: WebhookRow | None = await session.scalar(select(WebhookRow).where(WebhookRow.url == url))
    return found


async def page(
    session: AsyncSession, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[WebhookRow]:
    """Return webhooks from the oldest on."""
    order = (col(WebhookRow.created_at), col(WebhookRow.id))
    query = select(WebhookRow)
    if after is not None:
        query = query.where(tuple_(*order) > after)
    return list(await session.scalars(query.order_by(*order).limit(limit)))


async def standings(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Count what waits and what is dead, and tell when a message arrived last."""
    row = WebhookDeliveryRow
    state = col(row.state)
    counted = await session.execute(
        select(
            col(row.webhook_id),
            func.count().filter(state == "waiting"),
            func.count().filter(state == "dead"),
            func.max(col(row.settled_at)).filter(state == "delivered"),
        )
        .where(col(row.webhook_id).in_(ids))
        .group_by(col(row.webhook_id))
    )
    found = {it[0]: Standing(it[1], it[2], it[3]) for it in counted}
    return {id: found.get(id, Standing(0, 0, None)) for id in ids}


async def listening(session: AsyncSession) -> Sequence[WebhookRow]:
    """Return all webhooks of the session's organisation."""
    return list(await session.scalars(select(WebhookRow)))


async def secrets(session: AsyncSession, webhook_id: UUID, now: datetime) -> list[str]:
    """Return the sealed secrets in force, the newest first."""
    rows = await session.scalars(
        select(col(WebhookSecretRow.sealed))
        .where(
            col(WebhookSecretRow.webhook_id) == webhook_id,
            col(WebhookSecretRow.until).is_(None) | (col(WebhookSecretRow.until) > now),
        )
        .order_by(col(WebhookSecretRow.created_at).desc(), col(WebhookSecretRow.id))
    )
    return list(rows)


async def end_secrets(
    session: AsyncSession, webhook_id: UUID, *, until: datetime, now: datetime
) -> None:
    """Let the secrets of a webhook sign until a moment, and drop those whose time is over."""
    await session.execute(_DROP_SECRETS, {"id": webhook_id, "now": now})
    await session.execute(_END_SECRETS, {"id": webhook_id, "until": until})


async def note_arrival(session: AsyncSession, webhook_id: UUID) -> bool:
    """Note that the receiver took a message; tell whether it had failed before."""
    return (await session.execute(_ARRIVED, {"id": webhook_id})).first() is not None


async def note_failure(session: AsyncSession, webhook_id: UUID, now: datetime) -> int | None:
    """Note that nothing arrived; return how often in a row, None where the webhook is gone."""
    failed = await session.execute(_FAILED, {"id": webhook_id, "now": now})
    return failed.scalar_one_or_none()


async def leave_alone(session: AsyncSession, webhook_id: UUID, until: datetime) -> None:
    """Send nothing to the receiver until a moment."""
    await session.execute(_QUIET, {"id": webhook_id, "until": until})


async def pause(session: AsyncSession, webhook_id: UUID, because: str) -> None:
    """Send no more to a webhook until somebody lets it go on."""
    await session.execute(_PAUSE, {"id": webhook_id, "because": because})
