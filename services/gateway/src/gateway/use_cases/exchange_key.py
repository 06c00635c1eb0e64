"""A key for a token: looked up once in a while, signed once in five minutes, counted each time."""

import asyncio
import contextlib
import hmac
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from joserfc import jws
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.access_key import Presented, digest, seconds_to_midnight
from gateway.store import access_keys
from gateway.store.access_tables import AccessKeyRow
from gateway.use_cases.keyring import LIFETIME_S, Keyring, Subject
from shared.auth import unauthenticated
from shared.cancellation import pause
from shared.db import Database
from shared.problems import Problem

logger = logging.getLogger(__name__)

# How long a revoked key may still pass at a replica that did not revoke it.
LOOKED_UP_S = 10.0
_SIGNED_AGAIN_S = 60
_MOST_KEYS = 10_000
_FLUSHED_S = 1.0


@dataclass(slots=True)
class Exchanged:
    """A key that is good for now, and the token that speaks for it."""

    row: AccessKeyRow
    token: str
    claims: Mapping[str, object]
    expires_at: float
    good_until: float


@dataclass(slots=True)
class _Tally:
    """A key's requests of a day: those told the database, and those not yet."""

    organisation: UUID
    told: int = 0
    pending: int = 0
    last_used_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class KeyExchange:
    """Finds the token of a key that is presented."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._known: OrderedDict[str, Exchanged] = OrderedDict()
        self._barred: dict[str, float] = {}

    async def exchange(self, presented: Presented) -> Exchanged:
        """Return the token of a key.

        Raises
        ------
        Problem : 401 when it is unknown, revoked or expired
        """
        known = await self._found(presented.id)
        if not hmac.compare_digest(known.row.digest, digest(presented.secret)):
            raise _refused()
        return known

    async def row_of(self, key_id: str) -> AccessKeyRow:
        """Return the key whose token somebody brings.

        Raises
        ------
        Problem : 401 when it was revoked or expired since
        """
        return (await self._found(key_id)).row

    async def _found(self, key_id: str) -> Exchanged:
        if self._barred and self._is_barred(key_id):
            raise _refused()
        known = self._known.get(key_id)
        if known is None or known.good_until <= time.monotonic():
            known = await self._look_up(key_id, known)
        if known.row.expires_at <= datetime.now(UTC):
            raise _refused()
        return known

    def knows(self, key_id: str) -> bool:
        """Tell whether a key can be exchanged without asking the database."""
        known = self._known.get(key_id)
        return known is not None and known.good_until > time.monotonic()

    def bar(self, key_id: str) -> None:
        """Refuse a key from now on: its end is being written, and then the database tells."""
        self._known.pop(key_id, None)
        self._barred[key_id] = time.monotonic() + LOOKED_UP_S

    def _is_barred(self, key_id: str) -> bool:
        now = time.monotonic()
        self._barred = {it: until for it, until in self._barred.items() if until > now}
        return key_id in self._barred

    async def _look_up(self, key_id: str, known: Exchanged | None) -> Exchanged:
        try:
            async with self._database.system_session() as session:
                row = await access_keys.find(session, key_id)
        except (SQLAlchemyError, OSError) as error:
            logger.warning("key not looked up", extra={"cause": type(error).__name__})
            raise _unknowable() from error
        if row is None or row.revoked_at is not None or row.expires_at <= datetime.now(UTC):
            self._known.pop(key_id, None)
            raise _refused()
        if known is None or not self._is_lasting(known):
            known = await self._signed(row)
            self._known[key_id] = known
            if len(self._known) > _MOST_KEYS:
                self._known.popitem(last=False)
        known.row = row
        known.good_until = time.monotonic() + LOOKED_UP_S
        return known

    def _is_lasting(self, known: Exchanged) -> bool:
        """Tell whether a token can be used on: it ends not soon, and its key was not replaced."""
        kid = str(jws.extract_compact(known.token.encode()).headers().get("kid"))
        return known.expires_at >= time.time() + _SIGNED_AGAIN_S and self._keyring.trusts(kid)

    async def _signed(self, row: AccessKeyRow) -> Exchanged:
        subject = Subject(f"key:{row.id}", [row.organisation], row.roles, row.territories)
        left_s = int((row.expires_at - datetime.now(UTC)).total_seconds())
        more: dict[str, object] = {"scopes": row.scopes}
        if row.inspector_id is not None:
            more["inspector"] = str(row.inspector_id)
        token, claims = await self._keyring.token(
            subject, lifetime_s=min(LIFETIME_S, left_s), more=more
        )
        return Exchanged(row, token, claims, float(str(claims["exp"])), 0.0)


class Usage:
    """Counts the requests of keys in memory and adds them to the database each second.

    Between two additions each replica knows only its own, so a quota may be passed by what all
    replicas let through in a second.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tallies: dict[tuple[str, date], _Tally] = {}
        # Two at once would tell the same requests twice.
        self._telling = asyncio.Lock()

    def count(self, row: AccessKeyRow) -> None:
        """Count a request of a key.

        Raises
        ------
        Problem : 429 when the key has used up its day
        """
        now = datetime.now(UTC)
        day = now.date()
        tally = self._tallies.get((row.id, day))
        if tally is None:
            tally = self._tallies[row.id, day] = _Tally(row.organisation)
        if row.daily_quota is not None and tally.told + tally.pending >= row.daily_quota:
            raise Problem(
                429,
                "quota-used-up",
                f"This key has used its {row.daily_quota} requests of today; it may go on at "
                "midnight UTC.",
                headers={"Retry-After": str(seconds_to_midnight(now))},
            )
        tally.pending += 1
        tally.last_used_at = now

    async def flush(self) -> None:
        """Tell the database what was counted since the last time."""
        async with self._telling:
            await self._tell(datetime.now(UTC).date())

    async def _tell(self, today: date) -> None:
        for (key_id, day), tally in list(self._tallies.items()):
            pending = tally.pending
            if pending:
                async with self._database.session(tally.organisation) as session:
                    tally.told = await access_keys.add_usage(
                        session,
                        tally.organisation,
                        key_id,
                        day=day,
                        requests=pending,
                        last_used_at=tally.last_used_at,
                    )
                tally.pending -= pending
            elif day < today:
                del self._tallies[key_id, day]

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep telling the database for the length of the block, and once at its end."""
        task = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self._flushed()

    async def _keep(self) -> None:
        while True:
            await pause(_FLUSHED_S)
            await self._flushed()

    async def _flushed(self) -> None:
        try:
            await self.flush()
        except (SQLAlchemyError, OSError) as error:
            logger.warning("use of keys not written", extra={"cause": type(error).__name__})


def _unknowable() -> Problem:
    return Problem(
        503,
        "service-unavailable",
        "Keys cannot be looked up just now; try again in a moment.",
        headers={"Retry-After": "2"},
    )


def _refused() -> Problem:
    return unauthenticated("The key is unknown, expired or revoked; ask for a new one.")
