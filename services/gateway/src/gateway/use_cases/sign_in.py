"""Sign in with an account of the gateway: password, code, and a session that renews tokens."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pyotp
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.access_key import digest
from gateway.domain.lockout import Counted, counted_for, counted_for_owner, lock_s
from gateway.store import accounts
from gateway.store.access_tables import AccountRow, AccountSessionRow
from gateway.use_cases import passwords
from gateway.use_cases.keyring import LIFETIME_S, Keyring, Sealer, Subject
from shared.auth import unauthenticated
from shared.db import Database
from shared.problems import Problem

# A renewal whose answer was lost may be sent again for so long.
_GRACE = timedelta(seconds=30)
_CODE_S = 30


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody tries to sign in with, from where."""

    email: str
    password: str
    code: str | None
    device_token: str | None
    address: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The tokens of a session; the device's makes later attempts count apart from strangers'."""

    access_token: str
    expires_in: int
    refresh_token: str
    device_token: str | None = None


class SignIn:
    """Opens, renews and ends the sessions of accounts."""

    def __init__(
        self, database: Database, keyring: Keyring, sealer: Sealer, *, lasting: timedelta
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._sealer = sealer
        self._lasting = lasting

    async def sign_in(self, attempt: Attempt) -> SignedIn:
        """Open a session.

        Raises
        ------
        Problem : 401 for a wrong address, password or code, 429 while no attempt is taken
        """
        async with self._database.system_session() as session:
            found = await accounts.with_email(session, attempt.email)
        device = self._device_of(attempt.device_token, found)
        counted = counted_for(attempt.email, attempt.address, device)
        await self._count(counted)
        account = await self._owner(attempt, found)
        now = datetime.now(UTC)
        async with self._database.session(account.organisation) as session:
            await self._check_code(session, account, attempt.code, now)
            renewed = _new_session(self._sealer, account, now, self._lasting)
            session.add(renewed[0])
            stored = await session.get_one(AccountRow, account.id)
            stored.signed_in_at = now
        async with self._database.plain_session() as session:
            # Others behind the address may be guessing, so only this attempt is taken back there.
            await accounts.forget_failures(session, _kept(counted[0]))
            for it in counted[1:]:
                await accounts.take_back(session, _kept(it), it.most)
            await accounts.forget_old_failures(session, now)
        return await self._tokens(account, *renewed, device=device or secrets.token_hex(16))

    async def renew(self, refresh_token: str) -> SignedIn:
        """Give new tokens for the refresh token of a session, which is thereby used up.

        One that comes a second time was stolen, or its thief came first: the session ends. One that
        was never given ends nothing: the session's id, in every token of it, is no secret.

        Raises
        ------
        Problem : 401 when it is not that of a session that lasts
        """
        session_id, _, secret = refresh_token.partition(".")
        found = await self._session_of(session_id)
        now = datetime.now(UTC)
        async with self._database.session(found.organisation) as session:
            row = await accounts.locked_session(session, found.id)
            account = await session.get_one(AccountRow, found.account_id)
            lasts = row is not None and row.ended_at is None and row.expires_at > now
            if row is None or not lasts or account.state != "active":
                raise _ended()
            is_current = secrets.compare_digest(row.digest, digest(secret))
            is_repeat = row.previous_digest == digest(secret) and row.renewed_at > now - _GRACE
            if is_current or is_repeat:
                fresh = _new_secret(self._sealer, row.id)
                row.previous_digest = digest(secret)
                row.digest = digest(fresh)
                # What is asked for again does not prolong the time for asking again.
                row.renewed_at = now if is_current else row.renewed_at
            elif _is_ours(self._sealer, row.id, secret):
                row.ended_at = now
            else:
                raise _ended()
        if row.ended_at is not None:
            raise _ended()
        return await self._tokens(account, row, fresh, device=None)

    async def is_owner(self, account: AccountRow, password: str) -> bool:
        """Ask somebody signed in for the password again: who found a token may not guess it.

        Raises
        ------
        Problem : 429 while no attempt is taken
        """
        counted = counted_for_owner(str(account.id))
        await self._count([counted])
        if not await passwords.is_right(password, account.password_hash):
            return False
        async with self._database.plain_session() as session:
            await accounts.forget_failures(session, _kept(counted))
        return True

    async def end(self, organisation: UUID, session_id: UUID) -> None:
        """End a session: its refresh token is good for nothing any more."""
        async with self._database.session(organisation) as session:
            row = await accounts.locked_session(session, session_id)
            if row is not None and row.ended_at is None:
                row.ended_at = datetime.now(UTC)

    async def _session_of(self, session_id: str) -> AccountSessionRow:
        try:
            wanted = UUID(session_id)
        except ValueError as error:
            raise _ended() from error
        async with self._database.system_session() as session:
            found = await session.get(AccountSessionRow, wanted)
        if found is None:
            raise _ended()
        return found

    async def _count(self, counted: Sequence[Counted]) -> None:
        """Count the attempt before it is known to fail: guesses sent at once must not pass."""
        now = datetime.now(UTC)
        async with self._database.plain_session() as session:
            locked = await accounts.locked_until(session, [_kept(it) for it in counted], now)
            if locked is not None:
                raise _locked((locked - now).total_seconds())
            for it in counted:
                failures = await accounts.count_failure(session, _kept(it), now)
                if failures is None:
                    raise _locked(1.0)
                seconds = lock_s(failures, it.most)
                if seconds:
                    until = now + timedelta(seconds=seconds)
                    await accounts.lock(session, _kept(it), until)

    async def _owner(self, attempt: Attempt, found: Sequence[AccountRow]) -> AccountRow:
        """Return the account whose password it is; takes as long when nobody has the address."""
        active = [it for it in found if it.state == "active"]
        for account in active:
            if await passwords.is_right(attempt.password, account.password_hash):
                return account
        if not active:
            await passwords.is_right(attempt.password, None)
        raise _wrong()

    async def _check_code(
        self, session: AsyncSession, account: AccountRow, code: str | None, now: datetime
    ) -> None:
        if not account.totp_confirmed or account.totp_secret is None:
            return
        if code is None:
            raise Problem(
                401, "code-required", "Send the six digits that your authenticator shows as `code`."
            )
        await use_code(session, account, self._sealer.unseal(account.totp_secret), code, now=now)

    def _device_of(self, token: str | None, found: Sequence[AccountRow]) -> str | None:
        account_id, _, rest = (token or "").partition(".")
        device, _, mark = rest.partition(".")
        known = {str(account.id) for account in found}
        if account_id not in known:
            return None
        expected = self._sealer.mark(f"device {account_id} {device}")
        return device if secrets.compare_digest(mark.encode(), expected.encode()) else None

    async def _tokens(
        self, account: AccountRow, row: AccountSessionRow, secret: str, *, device: str | None
    ) -> SignedIn:
        subject = Subject(
            f"account:{account.id}", [account.organisation], account.roles, account.territories
        )
        token, _ = await self._keyring.token(subject, more={"sid": str(row.id)})
        mark = self._sealer.mark(f"device {account.id} {device}") if device else None
        return SignedIn(
            access_token=token,
            expires_in=LIFETIME_S,
            refresh_token=f"{row.id}.{secret}",
            device_token=f"{account.id}.{device}.{mark}" if device else None,
        )


async def use_code(
    session: AsyncSession, account: AccountRow, secret: str, code: str, *, now: datetime
) -> None:
    """Use up a code of an authenticator, of this half minute or the one before or after.

    Raises
    ------
    Problem : 401 when it is wrong, or was used before
    """
    totp = pyotp.TOTP(secret)
    current = int(now.timestamp()) // _CODE_S
    for step in (current, current - 1, current + 1):
        if secrets.compare_digest(totp.at(step * _CODE_S).encode(), code.encode()):
            if await accounts.take_step(session, account.id, step):
                return
            break
    raise _wrong()


def _new_secret(sealer: Sealer, session_id: UUID) -> str:
    """Make the secret of a refresh token; its mark tells it later from one made up."""
    drawn = secrets.token_urlsafe(32)
    return f"{drawn}.{sealer.mark(f'refresh {session_id} {drawn}')}"


def _is_ours(sealer: Sealer, session_id: UUID, secret: str) -> bool:
    drawn, _, mark = secret.partition(".")
    expected = sealer.mark(f"refresh {session_id} {drawn}")
    return secrets.compare_digest(mark.encode(), expected.encode())


def _new_session(
    sealer: Sealer, account: AccountRow, now: datetime, lasting: timedelta
) -> tuple[AccountSessionRow, str]:
    session_id = uuid4()
    secret = _new_secret(sealer, session_id)
    row = AccountSessionRow(
        id=session_id,
        organisation=account.organisation,
        account_id=account.id,
        digest=digest(secret),
        created_at=now,
        renewed_at=now,
        expires_at=now + lasting,
    )
    return row, secret


def _kept(counted: Counted) -> bytes:
    return digest(counted.name)


def _wrong() -> Problem:
    return unauthenticated("The address, the password or the code is wrong.")


def _ended() -> Problem:
    return unauthenticated("The session has ended; sign in again.")


def _locked(seconds: float) -> Problem:
    return Problem(
        429,
        "too-many-attempts",
        "Too many attempts failed; wait as `Retry-After` says. A device that signed in before is "
        "counted apart.",
        headers={"Retry-After": str(int(seconds) + 1)},
    )
