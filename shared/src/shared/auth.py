"""Who is asking: bearer tokens (JWT), verified by every service against the issuers it trusts."""

import asyncio
import hashlib
import json
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

import httpx
from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.problems import Problem
from shared.scopes import permits

logger = logging.getLogger(__name__)

ALGORITHMS = ["RS256", "ES256", "EdDSA"]
# The keeper sees confidential addresses, and gets no other right by it.
ROLES = (
    "reader",
    "inspector",
    "planner",
    "manager",
    "admin",
    "auditor",
    "keeper",
    "service",
    "reporter",
)
CACHE_S = 60.0
CACHE_SIZE = 10_000
# How often an issuer is asked again: at most, while we have keys of it and while we have none.
REFETCH_S = 30.0
FIRST_FETCH_S = 1.0
# After so long a key that its issuer withdrew is no longer trusted, nor what it signed.
KEYS_S = 60.0
CLOCK_SKEW_S = 5
# What an access token may call itself (RFC 9068, and providers from before it), in its header and
# in the claim that some providers add; and what only ID tokens hold (OpenID Connect, section 2).
HEADER_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
CLAIMED_TYPES = frozenset({"bearer", *HEADER_TYPES})
OF_ID_TOKENS = frozenset({"nonce", "at_hash", "c_hash"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, on behalf of which organisation.

    `territories` empty means all of the organisation's; `scopes` None means that its token is not
    narrowed; `inspector` is whose rounds a field app's key opens.
    """

    subject: str
    organisation: UUID
    organisations: tuple[UUID, ...]
    territories: tuple[str, ...]
    roles: frozenset[str]
    scopes: tuple[str, ...] | None = None
    inspector: UUID | None = None

    @property
    def is_only_inspector(self) -> bool:
        """Tell whether scores must stay hidden from the caller until an inspection is submitted."""
        return self.roles <= {"inspector", "keeper"}

    @property
    def keeps_addresses(self) -> bool:
        """Whether the caller may see addresses that are confidential."""
        return "keeper" in self.roles


def unauthenticated(detail: str) -> Problem:
    """Say that the token is absent or not one we trust."""
    return Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


KeySource = Callable[[str], Awaitable[KeySet]]


async def discover_keys(issuer: str) -> KeySet:
    """Fetch an issuer's public keys by OpenID Connect discovery.

    Raises
    ------
    ValueError : what is there describes another issuer
    """
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
        about = await client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        about.raise_for_status()
        if about.json()["issuer"] != issuer:
            raise ValueError(f"{issuer} describes itself as {about.json()['issuer']}")
        keys = await client.get(about.json()["jwks_uri"])
        keys.raise_for_status()
    return KeySet.import_key_set(keys.json())


@dataclass(slots=True)
class _IssuerKeys:
    """The keys of an issuer as it last told them."""

    issuer: str
    source: KeySource
    keys: KeySet | None = None
    told_at: float = -math.inf
    asked_at: float = -math.inf
    failed: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def to_verify(self, kid: str) -> KeySet:
        """Return the keys, asking for them anew when they are old or lack the one wanted.

        Who brings a known key waits for no other's question: tokens with invented keys must not
        hold up good ones while the issuer is slow.

        Raises
        ------
        Problem : 503 when the issuer gave no keys and the one wanted is not known
        """
        if not self._has(kid) or (self._is_due(kid) and not self.lock.locked()):
            async with self.lock:
                if self._is_due(kid):
                    await self._ask()
        if self.keys is None or (self.failed and not self._has(kid)):
            raise Problem(
                503, "issuer-unreachable", "The issuer of the token does not give its keys; retry."
            )
        return self.keys

    def due_in_s(self) -> float:
        """Return the seconds until the keys are asked for again."""
        return max(self.told_at + KEYS_S, self.asked_at + REFETCH_S) - time.monotonic()

    def _has(self, kid: str) -> bool:
        return self.keys is not None and any(key.kid == kid for key in self.keys.keys)

    def _is_due(self, kid: str) -> bool:
        now = time.monotonic()
        if now - self.asked_at < (FIRST_FETCH_S if self.keys is None else REFETCH_S):
            return False
        return not self._has(kid) or now - self.told_at >= KEYS_S

    async def _ask(self) -> None:
        try:
            self.keys = await self.source(self.issuer)
            self.told_at = time.monotonic()
            self.failed = False
        except Exception as error:  # noqa: BLE001 - an answer can be wrong in any way
            self.failed = True
            logger.warning(
                "issuer gave no keys", extra={"issuer": self.issuer, "cause": repr(error)}
            )
        finally:
            # After the answer, not before: those who waited for it must not ask again at once.
            self.asked_at = time.monotonic()


class Verifier:
    """Turn a token into a caller, or refuse it; verified tokens are remembered for a minute."""

    def __init__(
        self, issuers: Sequence[str], audience: str, *, key_source: KeySource = discover_keys
    ) -> None:
        self._issuers = {issuer: _IssuerKeys(issuer, key_source) for issuer in issuers}
        self._audience = audience
        self._seen: OrderedDict[bytes, tuple[float, Mapping[str, object]]] = OrderedDict()

    async def claims(self, token: str) -> Mapping[str, object]:
        """Verify signature, issuer, audience and times.

        Raises
        ------
        Problem : 401 for whatever is wrong with the token, 503 when its issuer cannot be reached
        """
        digest = hashlib.blake2b(token.encode(), digest_size=16).digest()
        known = self._seen.get(digest)
        if known is not None and known[0] > time.time():
            return known[1]
        claims = await self._verify(token)
        # A withdrawn key must not live on in what was verified with it.
        lasting_s = min(CACHE_S, self._issuers[str(claims["iss"])].due_in_s())
        until = min(time.time() + lasting_s, float(str(claims["exp"])))
        self._seen[digest] = (until, claims)
        if len(self._seen) > CACHE_SIZE:
            self._seen.popitem(last=False)
        return claims

    async def _verify(self, token: str) -> Mapping[str, object]:
        try:
            issuer, kid = _unverified(token)
            keys = await self._issuers[issuer].to_verify(kid)
            decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
            claims: dict[str, object] = decoded.claims
            _check_type(decoded.header, claims)
            registry = jwt.JWTClaimsRegistry(
                leeway=CLOCK_SKEW_S,
                iss={"essential": True, "value": issuer},
                aud={"essential": True, "value": self._audience},
                exp={"essential": True},
                sub={"essential": True},
            )
            registry.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise unauthenticated(
                "The token is not valid here; sign in again, or ask for a new one."
            ) from error
        return claims


def _check_type(header: Mapping[str, object], claims: Mapping[str, object]) -> None:
    """Refuse what an issuer signed for something else than access: ID, refresh, logout tokens."""
    named = str(header.get("typ", "jwt")).lower()
    claimed = str(claims.get("typ", "bearer")).lower()
    if named not in HEADER_TYPES or claimed not in CLAIMED_TYPES or OF_ID_TOKENS & claims.keys():
        raise ValueError("not an access token")


def _unverified(token: str) -> tuple[str, str]:
    """Read issuer and key id before any trust, to know which keys to verify with."""
    parsed = jws.extract_compact(token.encode())
    issuer = json.loads(parsed.payload)["iss"]
    return str(issuer), str(parsed.headers().get("kid", ""))


def caller_of(
    claims: Mapping[str, object],
    wanted: str | None,
    *,
    subject: str | None = None,
    territories: str | None = None,
) -> Caller:
    """Read the caller from verified claims.

    A service works for all organisations: it says for which, for whom and within which
    territories, separated by commas. From anybody else `subject` and `territories` count for
    nothing.

    Raises
    ------
    Problem : 403 when the token names no organisation, or not the `wanted` one, or one in a way we
        do not know; 400 when it names several and none was chosen
    """
    organisations = _organisations(claims)
    roles = frozenset(_strings(claims, "roles")) & frozenset(ROLES)
    own = tuple(_strings(claims, "territories"))
    scopes = tuple(_strings(claims, "scopes")) if "scopes" in claims else None
    if "service" in roles and wanted is not None:
        return Caller(
            subject=subject or str(claims["sub"]),
            organisation=_as_uuid(wanted),
            organisations=organisations,
            territories=_narrowed(own, territories),
            roles=roles,
            scopes=scopes,
        )
    if not organisations:
        raise Problem(403, "no-organisation", "The token names no organisation; ask for access.")
    if wanted is None and len(organisations) > 1:
        raise Problem(
            400, "which-organisation", "Say for which organisation: send `Ronde-Organisation`."
        )
    organisation = organisations[0] if wanted is None else _as_uuid(wanted)
    if organisation not in organisations:
        raise Problem(403, "no-organisation", "The token does not name that organisation.")
    return Caller(
        subject=str(claims["sub"]),
        organisation=organisation,
        organisations=organisations,
        territories=own,
        roles=roles,
        scopes=scopes,
        inspector=_as_uuid(str(claims["inspector"])) if "inspector" in claims else None,
    )


def _narrowed(own: tuple[str, ...], wanted: str | None) -> tuple[str, ...]:
    """Keep a service to the territories of whom it works for, and to its own."""
    asked = tuple(it for it in (wanted or "").split(",") if it)
    if not own or not asked:
        return asked or own
    common = tuple(it for it in asked if it in own)
    if not common:
        raise Problem(403, "forbidden", "The token names none of these territories.")
    return common


def _organisations(claims: Mapping[str, object]) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(item) for item in _strings(claims, "orgs"))
    except ValueError as error:
        raise Problem(
            403,
            "no-organisation",
            "`orgs` in the token holds what is not a UUID; ask who issues the tokens to mend it.",
        ) from error


def _as_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Problem(400, "which-organisation", "`Ronde-Organisation` takes a UUID.") from error


def _strings(claims: Mapping[str, object], name: str) -> list[str]:
    value = claims.get(name, [])
    return [str(item) for item in value] if isinstance(value, list) else []


def bearer(header: str | None) -> str:
    """Take the token out of an `Authorization` header."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated("Send `Authorization: Bearer <token>`.")
    return token.strip()


def check_scopes(claims: Mapping[str, object], service: str, method: str) -> None:
    """Refuse what a token's scopes do not name.

    Raises
    ------
    Problem : 403, naming the scope it takes
    """
    if not permits(claims, service, method):
        verb = "read" if method in {"GET", "HEAD", "OPTIONS"} else "write"
        raise Problem(403, "forbidden", f"This needs a key with the scope {service}:{verb}.")


async def current_caller(request: Request) -> Caller:
    """Verify the request's token; a dependency of every route but the health ones."""
    verifier: Verifier = request.app.state.verifier
    headers = request.headers
    claims = await verifier.claims(bearer(headers.get("authorization")))
    check_scopes(claims, getattr(request.app.state, "name", ""), request.method)
    return caller_of(
        claims,
        headers.get("ronde-organisation"),
        subject=headers.get("ronde-subject"),
        territories=headers.get("ronde-territories"),
    )


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def depends_on(dependant: Dependant, call: Callable[..., object]) -> bool:
    """Tell whether what a route depends on calls something, as `current_caller`."""
    return dependant.call is call or any(depends_on(it, call) for it in dependant.dependencies)


def requires(*roles: str) -> Callable[[Caller], Awaitable[Caller]]:
    """Make a dependency that lets only callers with one of `roles` pass; `admin` always may."""
    allowed = frozenset(roles) | {"admin"}

    async def check(caller: CurrentCaller) -> Caller:
        if not caller.roles & allowed:
            needed = " or ".join(sorted(allowed))
            raise Problem(403, "forbidden", f"This needs the role {needed}.")
        return caller

    return check


Reader = Annotated[
    Caller, Depends(requires("reader", "inspector", "planner", "manager", "auditor", "service"))
]
Inspector = Annotated[Caller, Depends(requires("inspector", "planner", "manager", "service"))]
Planner = Annotated[Caller, Depends(requires("planner", "manager", "service"))]
Manager = Annotated[Caller, Depends(requires("manager", "service"))]
Admin = Annotated[Caller, Depends(requires("admin"))]
