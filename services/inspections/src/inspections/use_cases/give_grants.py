"""Give a grant, and take it back: told in the feed, and never deleted."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import accommodations, grants
from inspections.store.tables.grants import AccessGrantRow
from shared import feed
from shared.auth import Caller
from shared.contracts.inspections.grants import Grant, GrantField, GrantInput, GrantTold
from shared.feed import NewEvent
from shared.problems import Problem, invalid, not_found


async def give_grant(
    session: AsyncSession, caller: Caller, wanted: GrantInput, *, key: str | None, now: datetime
) -> AccessGrantRow:
    """Let another organisation read; the same key and request give the same grant.

    Raises
    ------
    Problem : 422 for what cannot be granted, or a key that came with another request
    """
    if wanted.until <= now:
        raise invalid("/until", "lies in the past; name the last moment at which it may be read")
    if wanted.grantee == caller.organisation:
        raise invalid("/grantee", "is your own organisation, which sees its places anyway")
    await _check_reach(session, caller.territories, wanted)
    digest = sha256(wanted.model_dump_json().encode()).hexdigest()
    values = wanted.model_dump() | {
        "sent_as": key,
        "request_digest": digest,
        "created_by": caller.subject,
    }
    row = await grants.add(session, caller.organisation, values)
    if row is not None:
        await feed.append(session, caller.organisation, [_told("grant.given", row)])
        return row
    earlier = await grants.by_key(session, str(key))
    if earlier.request_digest != digest:
        raise Problem(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key came before with another grant; "
            "send the same grant again, or a new key.",
        )
    return earlier


async def _check_reach(
    session: AsyncSession, territories: Sequence[str], wanted: GrantInput
) -> None:
    """Refuse to grant what the caller does not see."""
    if wanted.territory is not None:
        if territories and wanted.territory not in territories:
            raise invalid("/territory", "is not one of yours")
        return
    ids = wanted.accommodation_ids or []
    known = await accommodations.standing(session, ids, territories)
    for number, id in enumerate(ids):
        if id not in known or known[id].id != id:
            raise invalid(f"/accommodation_ids/{number}", "there is no such accommodation")


async def revoke_grant(session: AsyncSession, caller: Caller, id: UUID) -> None:
    """Take a grant back, from the next read on; a repeat changes nothing.

    Raises
    ------
    Problem : 404 for a grant the organisation did not give
    """
    if await grants.by_id(session, id) is None:
        raise not_found("grant")
    row = await grants.revoke(session, id, caller.subject)
    if row is not None:
        await feed.append(session, caller.organisation, [_told("grant.revoked", row)])


def grant_message(row: AccessGrantRow, now: datetime) -> Grant:
    """Write a grant."""
    stands = row.revoked_at is None and row.until > now
    values = row.model_dump() | {"allowed_actions": ["revoke"] if stands else []}
    return Grant.model_validate(values)


def _told(kind: str, row: AccessGrantRow) -> NewEvent:
    data = GrantTold(
        grantee=row.grantee,
        fields=[GrantField(it) for it in row.fields],
        territory=row.territory,
        accommodations=None if row.accommodation_ids is None else len(row.accommodation_ids),
        until=row.until,
    )
    return NewEvent(kind, row.id, datetime.now(UTC), data)
