"""What becomes of an account after it was accepted: changes, passwords, authenticators."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.store import access_keys, accounts
from gateway.store.access_tables import AccountRow, InvitationRow
from gateway.use_cases import passwords
from gateway.use_cases.invite import RESET_FOR, add_invitation
from gateway.use_cases.keyring import Sealer
from gateway.use_cases.post import Post
from gateway.use_cases.sign_in import SignIn, use_code
from shared.db import Database
from shared.problems import conflict, invalid

# Between two links to reset a password that are sent to one account.
_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an administrator changes of an account; None leaves it."""

    name: str | None
    roles: list[str] | None
    territories: list[str] | None
    state: str | None
    drop_authenticator: bool


async def change(session: AsyncSession, row: AccountRow, wanted: Wanted) -> list[UUID]:
    """Change an account; tell which of its sessions end by it.

    Raises
    ------
    Problem : 409 when nobody would be left to administer the organisation, or to activate one
        who has no password yet
    """
    was_administrator = _administers(row)
    if wanted.state == "active" and row.password_hash is None:
        raise conflict("The account has no password yet; it becomes active by its invitation.")
    for name in ("name", "roles", "territories", "state"):
        value = getattr(wanted, name)
        if value is not None:
            setattr(row, name, value)
    if wanted.drop_authenticator:
        row.totp_secret, row.totp_confirmed = None, False
    row.revision += 1
    await session.flush()
    if was_administrator and not _administers(row):
        await _check_administered(session, row.organisation)
    if row.state == "disabled":
        return await _end_access(session, row, datetime.now(UTC))
    return []


async def _end_access(session: AsyncSession, row: AccountRow, now: datetime) -> list[UUID]:
    """End what an account left behind that would still work without it; tell which sessions."""
    ended = await accounts.end_sessions(session, row.id, now)
    await accounts.void_invitations(session, row.id, now)
    await access_keys.revoke_addresses_of(session, f"account:{row.id}", now)
    return ended


def _administers(row: AccountRow) -> bool:
    return row.state == "active" and "admin" in row.roles


async def _check_administered(session: AsyncSession, organisation: UUID) -> None:
    await accounts.lock_accounts(session, organisation)
    left = await session.scalar(
        select(func.count()).where(
            col(AccountRow.state) == "active", col(AccountRow.roles).contains(["admin"])
        )
    )
    if not left:
        raise conflict("Somebody must stay who administers the organisation.")


async def change_password(
    session: AsyncSession, row: AccountRow, sign_in: SignIn, *, current: str, password: str
) -> list[UUID]:
    """Change a password by who knows the one before; all sessions end, and are told.

    Raises
    ------
    Problem : 422 when the current one is wrong, or the new one easily guessed; 429 after guesses
    """
    passwords.check(password, row.email)
    await _check_owner(row, sign_in, current)
    row.password_hash = await passwords.hashed(password)
    row.revision += 1
    now = datetime.now(UTC)
    ended = await accounts.end_sessions(session, row.id, now)
    await accounts.void_invitations(session, row.id, now)
    return ended


async def _check_owner(row: AccountRow, sign_in: SignIn, password: str) -> None:
    if not await sign_in.is_owner(row, password):
        raise invalid("/current", "This is not the current password.")


async def request_reset(database: Database, post: Post, email: str) -> None:
    """Send a link to whoever has an account of this address, in each organisation.

    Whoever was just sent one is sent no other, so that nobody fills another's mail box.
    """
    if not post.has_server:
        return
    async with database.system_session() as session:
        found = await accounts.with_email(session, email)
    for account in found:
        if account.state == "active":
            async with database.session(account.organisation) as session:
                await session.get(AccountRow, account.id, with_for_update=True)
                latest = datetime.now(UTC) + RESET_FOR
                if not await accounts.has_link(session, account.id, latest - _PAUSE, latest):
                    invitation = await add_invitation(session, account, RESET_FOR)
                    await post.send_link(session, account, invitation, asked_by="password reset")


async def link_by_administrator(session: AsyncSession, row: AccountRow) -> InvitationRow:
    """Make a link that an administrator hands over; those before are void.

    Raises
    ------
    Problem : 409 when the account is disabled
    """
    if row.state == "disabled":
        raise conflict("The account is disabled; activate it first.")
    await accounts.void_invitations(session, row.id, datetime.now(UTC))
    return await add_invitation(session, row, RESET_FOR)


async def begin_authenticator(
    session: AsyncSession, row: AccountRow, sign_in: SignIn, sealer: Sealer, *, current: str
) -> str:
    """Give an account a new authenticator's secret, not yet in force.

    By who knows the password: whoever found a token would lock its owner out.

    Raises
    ------
    Problem : 409 when it has one already, 422 for another password, 429 after guesses
    """
    if row.totp_confirmed:
        raise conflict("The account has an authenticator; an administrator can take it away.")
    await _check_owner(row, sign_in, current)
    secret = pyotp.random_base32()
    row.totp_secret = sealer.seal(secret)
    await session.flush()
    return secret


async def confirm_authenticator(
    session: AsyncSession, row: AccountRow, sealer: Sealer, code: str
) -> None:
    """Put an authenticator in force by a code of it.

    Raises
    ------
    Problem : 409 when there is none to confirm, 401 when the code is wrong
    """
    if row.totp_secret is None or row.totp_confirmed:
        raise conflict("There is no new authenticator to confirm; ask for one first.")
    await use_code(session, row, sealer.unseal(row.totp_secret), code, now=datetime.now(UTC))
    row.totp_confirmed = True
