"""What the gateway signs tokens with: keys that its replicas share, announce, use and retire."""

import asyncio
import contextlib
import hashlib
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from joserfc import jwe, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OctKey
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store import signing_keys
from gateway.store.access_tables import SigningKeyRow
from shared.cancellation import pause
from shared.db import Database
from shared.problems import Problem

logger = logging.getLogger(__name__)

LIFETIME_S = 300
# Verifiers ask for keys once a minute, so a key is known everywhere before it signs; a token of
# the one before is good for five minutes after.
ANNOUNCED, KEPT = timedelta(minutes=5), timedelta(minutes=15)
_SOON_S, _LATER_S = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token speaks for, and what it allows."""

    name: str
    organisations: Sequence[UUID]
    roles: Sequence[str]
    territories: Sequence[str] = ()


class Sealer:
    """Encrypts what only the gateway may read in its own database (JWE, AES-256-GCM)."""

    def __init__(self, secret: SecretStr) -> None:
        self._bytes = secret.get_secret_value().encode()
        self._key = OctKey.import_key(hashlib.sha256(b"ronde seal " + self._bytes).digest())

    def seal(self, text: str) -> str:
        """Encrypt a text."""
        self._require()
        return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, text, self._key)

    def unseal(self, sealed: str) -> str:
        """Decrypt a text.

        Raises
        ------
        Problem : 503 for what was sealed with another secret, or altered
        """
        try:
            plain = jwe.decrypt_compact(sealed, self._key).plaintext or b""
        except JoseError as error:
            raise Problem(
                503,
                "service-unavailable",
                "GATEWAY_KEY_SECRET is not what the keys here were sealed with; its operator must "
                "set it as it was.",
            ) from error
        return plain.decode()

    def mark(self, text: str) -> str:
        """Return what only who knows the secret can compute for a text (keyed BLAKE2b)."""
        self._require()
        return hashlib.blake2b(text.encode(), key=hashlib.sha512(self._bytes).digest()).hexdigest()

    def _require(self) -> None:
        if not self._bytes:
            raise Problem(
                503,
                "service-unavailable",
                "This gateway signs nobody in: its operator must set GATEWAY_KEY_SECRET.",
            )


class Keyring:
    """Signs tokens with the newest key in use, and makes the next one in time."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        *,
        issuer: str,
        audience: str,
        rotate_after: timedelta,
    ) -> None:
        self.issuer = issuer
        self._database = database
        self._sealer = sealer
        self._audience = audience
        self._rotate_after = rotate_after
        self._keys: list[tuple[datetime, ECKey]] = []

    async def refresh(self) -> None:
        """Read the keys; make one where there is none or the newest is old; drop old ones."""
        now = datetime.now(UTC)
        async with self._database.plain_session() as session:
            rows = await signing_keys.read(session)
            if not rows or rows[-1].created_at <= now - self._rotate_after:
                await signing_keys.lock(session)
                await self._rotate(session, now)
            await signing_keys.drop_superseded(session, now, KEPT)
            rows = await signing_keys.read(session)
        self._keys = [(row.signs_from, self._opened(row)) for row in rows]

    async def replace(self) -> None:
        """Make a new key sign at once and trust none of those before: their secret is out."""
        now = datetime.now(UTC)
        async with self._database.plain_session() as session:
            await signing_keys.lock(session)
            for row in await signing_keys.read(session):
                await session.delete(row)
            await session.flush()
            session.add(self._made(now, now))
        await self.refresh()

    async def _rotate(self, session: AsyncSession, now: datetime) -> None:
        session.expire_all()
        rows = await signing_keys.read(session)
        if not rows:
            session.add(self._made(now, now))
        elif rows[-1].created_at <= now - self._rotate_after:
            session.add(self._made(now, now + ANNOUNCED))
        await session.flush()

    def _made(self, now: datetime, signs_from: datetime) -> SigningKeyRow:
        key = ECKey.generate_key("P-256", auto_kid=True)
        return SigningKeyRow(
            id=str(key.kid),
            public=dict(key.as_dict(private=False)),
            private=self._sealer.seal(json.dumps(key.as_dict(private=True))),
            signs_from=signs_from,
            created_at=now,
        )

    def _opened(self, row: SigningKeyRow) -> ECKey:
        return ECKey.import_key(json.loads(self._sealer.unseal(row.private)))

    async def token(
        self, subject: Subject, *, lifetime_s: int = LIFETIME_S, more: Mapping[str, object] = {}
    ) -> tuple[str, dict[str, object]]:
        """Sign a token; return it and what it says.

        Raises
        ------
        Problem : 503 while there is no key, as at a start without a database
        """
        key = await self._current()
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.issuer,
            "aud": self._audience,
            "sub": subject.name,
            "iat": now,
            "exp": now + lifetime_s,
            "orgs": [str(it) for it in subject.organisations],
            "roles": list(subject.roles),
            "territories": list(subject.territories),
            **more,
        }
        return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, claims, key), claims

    async def _current(self) -> ECKey:
        now = datetime.now(UTC)
        if not any(signs_from <= now for signs_from, _ in self._keys):
            await self.refresh()
        return [key for signs_from, key in self._keys if signs_from <= now][-1]

    def trusts(self, kid: str) -> bool:
        """Tell whether a key of ours is still one that others verify with."""
        return any(key.kid == kid for _, key in self._keys)

    async def public(self) -> KeySet:
        """Return the public keys, those announced included."""
        if not self._keys:
            await self.refresh()
        return KeySet([key for _, key in self._keys])

    @contextlib.asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        """Keep reading the keys for the length of the block."""
        task = asyncio.create_task(self._keep_fresh())
        try:
            yield
        finally:
            task.cancel()

    async def _keep_fresh(self) -> None:
        while True:
            try:
                await self.refresh()
            except (SQLAlchemyError, OSError, JoseError, Problem) as error:
                logger.warning("signing keys not read", extra={"cause": type(error).__name__})
            await pause(_LATER_S if self._keys else _SOON_S)
