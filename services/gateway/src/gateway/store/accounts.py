"""Accounts, their invitations and sessions, and failed attempts to sign in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, delete, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from gateway.store.access_tables import (
    AccountRow,
    AccountSessionRow,
    InvitationRow,
    OrganisationRow,
    SignInFailureRow,
)

_QUIET = timedelta(hours=1)
# The lock of a row makes simultaneous guesses count one after another; what is locked counts no
# further, so that attempts during a lock do not prolong it.
_COUNT = text(
    "insert into sign_in_failure as f (digest, failures, failed_at) values (:digest, 1, :now) "
    "on conflict (digest) do update set failed_at = :now, "
    "failures = case when f.failed_at < :quiet_since then 1 else f.failures + 1 end "
    "where f.locked_until is null or f.locked_until <= :now returning failures"
)


async def with_email(session: AsyncSession, email: str) -> Sequence[AccountRow]:
    """Return the accounts of an address in all organisations; for the system role."""
    query = select(AccountRow).where(AccountRow.email == email).order_by(col(AccountRow.created_at))
    return list(await session.scalars(query))


async def page(
    session: AsyncSession, *, after: tuple[str, UUID] | None, limit: int
) -> Sequence[AccountRow]:
    """Return accounts of the session's organisation by e-mail address."""
    query = select(AccountRow)
    if after is not None:
        query = query.where(tuple_(col(AccountRow.email), col(AccountRow.id)) > after)
    query = query.order_by(col(AccountRow.email).collate("C"), col(AccountRow.id)).limit(limit)
    return list(await session.scalars(query))


async def take_step(session: AsyncSession, account_id: UUID, step: int) -> bool:
    """Use up a time step of an account's codes; False if it, or a later one, was used before."""
    result = await session.execute(
        update(AccountRow)
        .where(col(AccountRow.id) == account_id, col(AccountRow.totp_step) < step)
        .values(totp_step=step)
        .returning(col(AccountRow.id))
    )
    return result.first() is not None


async def use_invitation(session: AsyncSession, invitation_id: UUID, now: datetime) -> bool:
    """Use up an invitation; False if it was used or is over."""
    result = await session.execute(
        update(InvitationRow)
        .where(
            col(InvitationRow.id) == invitation_id,
            col(InvitationRow.used_at).is_(None),
            col(InvitationRow.expires_at) > now,
        )
        .values(used_at=now)
        .returning(col(InvitationRow.id))
    )
    return result.first() is not None


async def void_invitations(session: AsyncSession, account_id: UUID, now: datetime) -> None:
    """Let no link that sets the password of an account work any more."""
    await session.execute(
        update(InvitationRow)
        .where(col(InvitationRow.account_id) == account_id, col(InvitationRow.used_at).is_(None))
        .values(used_at=now)
    )


async def has_link(
    session: AsyncSession, account_id: UUID, after: datetime, until: datetime
) -> bool:
    """Tell whether an account has a link, not yet used, that ends between two moments."""
    found = await session.scalar(
        select(InvitationRow.id).where(
            col(InvitationRow.account_id) == account_id,
            col(InvitationRow.used_at).is_(None),
            col(InvitationRow.expires_at) > after,
            col(InvitationRow.expires_at) <= until,
        )
    )
    return found is not None


async def lock_accounts(session: AsyncSession, organisation: UUID) -> None:
    """Let nobody else invite, or take an administrator away, until the transaction ends."""
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:organisation, 0))"),
        {"organisation": f"accounts {organisation}"},
    )


async def locked_session(session: AsyncSession, session_id: UUID) -> AccountSessionRow | None:
    """Return a session of an account, for this transaction alone to change."""
    return await session.get(AccountSessionRow, session_id, with_for_update=True)


async def end_sessions(
    session: AsyncSession, account_id: UUID, now: datetime, *, but: UUID | None = None
) -> list[UUID]:
    """End all sessions of an account, or all but one, and tell which."""
    ended = update(AccountSessionRow).where(
        col(AccountSessionRow.account_id) == account_id, col(AccountSessionRow.ended_at).is_(None)
    )
    if but is not None:
        ended = ended.where(col(AccountSessionRow.id) != but)
    done = ended.values(ended_at=now).returning(col(AccountSessionRow.id))
    return list((await session.execute(done)).scalars())


async def organisation_named(session: AsyncSession, name: str) -> OrganisationRow | None:
    """Return the organisation of a name; for the system role."""
    query = select(OrganisationRow).where(OrganisationRow.name == name)
    found: OrganisationRow | None = (await session.scalars(query)).first()
    return found


async def locked_until(
    session: AsyncSession, digests: Sequence[bytes], now: datetime
) -> datetime | None:
    """Return when the last of the locks on these ends; None when there is none."""
    rows = await session.scalars(
        select(SignInFailureRow.locked_until).where(
            col(SignInFailureRow.digest).in_(digests), col(SignInFailureRow.locked_until) > now
        )
    )
    return max((it for it in rows if it is not None), default=None)


async def count_failure(session: AsyncSession, digest: bytes, now: datetime) -> int | None:
    """Count an attempt; return how many there were, or None when it is locked."""
    result = await session.execute(
        _COUNT, {"digest": digest, "now": now, "quiet_since": now - _QUIET}
    )
    found: int | None = result.scalar_one_or_none()
    return found


async def lock(session: AsyncSession, digest: bytes, until: datetime) -> None:
    """Take no more attempts until then."""
    await session.execute(
        update(SignInFailureRow)
        .where(col(SignInFailureRow.digest) == digest)
        .values(locked_until=until)
    )


async def forget_failures(session: AsyncSession, digest: bytes) -> None:
    """Begin to count anew, after an attempt that succeeded."""
    await session.execute(delete(SignInFailureRow).where(col(SignInFailureRow.digest) == digest))


async def take_back(session: AsyncSession, digest: bytes, most: int) -> None:
    """Take back an attempt that was counted before it succeeded, and the lock it alone caused."""
    failures = col(SignInFailureRow.failures) - 1
    await session.execute(
        update(SignInFailureRow)
        .where(col(SignInFailureRow.digest) == digest)
        .values(
            failures=failures,
            locked_until=case((failures >= most, col(SignInFailureRow.locked_until))),
        )
    )


async def forget_old_failures(session: AsyncSession, now: datetime) -> None:
    """Drop what counts for nothing any more."""
    await session.execute(
        delete(SignInFailureRow).where(col(SignInFailureRow.failed_at) < now - timedelta(days=1))
    )
