"""Make, change and end webhooks: addresses of others' systems that are told of events."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.webhook_signature import new_secret
from gateway.store import deliveries, webhooks
from gateway.store.webhook_tables import WebhookRow, WebhookSecretRow
from gateway.use_cases.keyring import Sealer
from shared.auth import Caller
from shared.contracts.events import EVENTS
from shared.problems import Problem, conflict, invalid, not_found


async def make_webhook(
    session: AsyncSession,
    sealer: Sealer,
    caller: Caller,
    *,
    url: str,
    name: str,
    kinds: Sequence[str],
) -> tuple[WebhookRow, str]:
    """Make a webhook; return it and its secret, which is told once.

    Raises
    ------
    Problem : 403 to who may not see all that events tell, 409 for an address that has one already,
        422 for a kind there is not
    """
    _check(caller, kinds)
    await _refuse_second(session, url)
    row = WebhookRow(
        id=uuid4(),
        organisation=caller.organisation,
        url=url,
        name=name,
        kinds=sorted(set(kinds)),
        created_by=caller.subject,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    await session.flush()
    return row, await _add_secret(session, sealer, row)


async def change_webhook(
    session: AsyncSession,
    caller: Caller,
    webhook_id: UUID,
    *,
    change: Mapping[str, object],
    revision: int | None,
) -> WebhookRow:
    """Change what is named of a webhook; one that goes on again sends what waits at once.

    Raises
    ------
    Problem : 404 without it, 409 for another one's address, 412 when it has changed since
    """
    row = await found(session, webhook_id, locked=True)
    if revision != row.revision:
        raise Problem(
            412, "precondition-failed", "The webhook changed since you read it; read it again."
        )
    kinds = change.get("kinds")
    _check(caller, kinds if isinstance(kinds, list) else [])
    if change.get("url", row.url) != row.url:
        await _refuse_second(session, str(change["url"]))
    for name, value in change.items():
        setattr(row, name, value)
    if change.get("state") == "paused":
        row.paused_because = f"by {caller.subject}"
    elif change.get("state") == "active" or "url" in change:
        row.paused_because, row.failures = None, 0
        row.failing_since = row.quiet_until = None
        await deliveries.hurry(session, row.id, datetime.now(UTC))
    row.revision += 1
    await session.flush()
    return row


async def replace_secret(
    session: AsyncSession, sealer: Sealer, webhook_id: UUID, *, kept: timedelta
) -> str:
    """Make a new secret, and let those before sign too for a while; return it, told once."""
    row = await found(session, webhook_id, locked=True)
    now = datetime.now(UTC)
    await webhooks.end_secrets(session, row.id, until=now + kept, now=now)
    return await _add_secret(session, sealer, row)


async def found(session: AsyncSession, webhook_id: UUID, *, locked: bool = False) -> WebhookRow:
    """Return a webhook.

    Raises
    ------
    Problem : 404 when the organisation has none of that id
    """
    row = await webhooks.find(session, webhook_id, locked=locked)
    if row is None:
        raise not_found("webhook")
    return row


async def _add_secret(session: AsyncSession, sealer: Sealer, row: WebhookRow) -> str:
    secret = new_secret()
    session.add(
        WebhookSecretRow(
            id=uuid4(),
            organisation=row.organisation,
            webhook_id=row.id,
            sealed=sealer.seal(secret),
            created_at=datetime.now(UTC),
        )
    )
    await session.flush()
    return secret


async def _refuse_second(session: AsyncSession, url: str) -> None:
    known = await webhooks.of_url(session, url)
    if known is not None:
        raise conflict(f"This address has a webhook already, {known.id}: change that one.")


def _check(caller: Caller, kinds: Sequence[object]) -> None:
    if caller.territories:
        raise Problem(
            403,
            "forbidden",
            "Events tell of all territories and your token names only some; ask somebody who has "
            "all of them.",
        )
    for number, kind in enumerate(kinds):
        if kind not in EVENTS:
            raise invalid(f"/kinds/{number}", "There is no such kind; /v1/schemas lists them.")
