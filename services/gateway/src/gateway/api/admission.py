"""Who may pass, how often, and from where: decided once for each request, before it is read."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from starlette.types import Scope

from gateway.api.incoming import Incoming
from gateway.domain.access_key import PREFIX, Presented, is_open, read
from gateway.domain.client_address import Address, client_address, is_in, neighbourhood
from gateway.domain.passing_headers import Raw
from gateway.domain.rate_limit import Allowance, Limiter, Rate
from gateway.settings import Settings
from gateway.store.access_tables import AccessKeyRow
from gateway.use_cases.exchange_key import Exchanged, KeyExchange, Usage
from gateway.use_cases.keyring import LIFETIME_S
from shared.auth import Verifier, bearer, check_scopes, unauthenticated
from shared.problems import Problem

# Services call each other through the gateway; what sets their pace is the work, not a limit.
_UNLIMITED = "service"
# Of one address: keys to look up, and links to ask for. A good key is looked up once in a while.
_STRANGERS = Rate(per_s=5.0, burst=50)
# Of one address: secrets of services, which ask once in some minutes.
_SECRETS = Rate(per_s=0.5, burst=30)
_READING = frozenset({"GET", "HEAD"})
_IN_HEADERS, _IN_ADDRESSES = ("api",), ("url", "field")


@dataclass(slots=True)
class Admitted:
    """A request that may pass: what its token says, and the headers its answer gets."""

    claims: Mapping[str, object]
    headers: list[Raw] = field(default_factory=list)


class Admission:
    """Checks token, address and rate of requests."""

    def __init__(
        self,
        verifier: Callable[[], Verifier],
        keys: KeyExchange,
        usage: Usage,
        settings: Settings,
    ) -> None:
        self._verifier = verifier
        self._keys = keys
        self._usage = usage
        self._rate = Rate(settings.rate_per_s, settings.rate_burst)
        self._limiter = Limiter()
        self._admin_networks = settings.admin_networks
        self._proxies = settings.trusted_proxies
        self._issuer = settings.own_issuer
        self._ended: dict[str, float] = {}

    async def admit(self, request: Incoming, service: str) -> Admitted:
        """Let a request pass to a service; a key is exchanged for its token on the way.

        Raises
        ------
        Problem : 401 for its token, 403 for its address or scopes, 429 for its rate or quota
        """
        token = bearer(request.authorization())
        if request.by_address or token.startswith(PREFIX):
            claims, rate = await self._by_key(request, token)
        else:
            claims = await self._verifier().claims(token)
            rate = await self._rate_of(claims)
        roles = claims.get("roles")
        roles = roles if isinstance(roles, list) else []
        if "scopes" in claims:
            check_scopes(claims, service, request.scope["method"])
        if self._admin_networks and "admin" in roles:
            self._check_address(request)
        if self._ended and str(claims.get("sid")) in self._ended:
            raise unauthenticated("The session has ended; sign in again.")
        admitted = Admitted(claims)
        if _UNLIMITED not in roles:
            admitted.headers = self._count(f"{claims['iss']} {claims['sub']}", rate)
        return admitted

    async def _by_key(self, request: Incoming, written: str) -> tuple[Mapping[str, object], Rate]:
        presented = read(written)
        if presented is None:
            raise unauthenticated(
                "This is not written like a key of Ronde; check that it is whole."
            )
        kinds = _IN_ADDRESSES if request.by_address else _IN_HEADERS
        exchanged = await self.exchanged(presented, request.scope, kinds=kinds)
        if request.by_address:
            _check_opened(request, exchanged)
        self._usage.count(exchanged.row)
        request.authorize(f"Bearer {exchanged.token}")
        return exchanged.claims, self._own_rate(exchanged.row)

    async def _rate_of(self, claims: Mapping[str, object]) -> Rate:
        """Return the rate of who brings a token; that of a key counts, and ends, as the key."""
        kind, _, key_id = str(claims["sub"]).partition(":")
        if kind != "key" or claims["iss"] != self._issuer:
            return self._rate
        row = await self._keys.row_of(key_id)
        if row.kind != "api":
            raise unauthenticated("The token of an address is not for others to bring.")
        self._usage.count(row)
        return self._own_rate(row)

    def _own_rate(self, row: AccessKeyRow) -> Rate:
        own = row.rate_per_s
        return self._rate if own is None else Rate(own, max(int(5 * own), 5))

    async def exchanged(
        self, presented: Presented, scope: Scope, *, kinds: Collection[str] = _IN_HEADERS
    ) -> Exchanged:
        """Return the token of a key.

        Raises
        ------
        Problem : 401 when it is unknown, revoked, expired or of another kind, 429 for an address
            that presents too many unknown ones
        """
        if not self._keys.knows(presented.id):
            self.slow_strangers(scope)
        exchanged = await self._keys.exchange(presented)
        if exchanged.row.kind not in kinds:
            raise unauthenticated("A key belongs into the header, the token of an address there.")
        return exchanged

    def slow_strangers(self, scope: Scope) -> None:
        """Count what somebody unknown asks of the database.

        Raises
        ------
        Problem : 429 when it is too much
        """
        self._slow("stranger", scope, _STRANGERS)

    def slow_guesses(self, scope: Scope) -> None:
        """Count an attempt at the secret of a service, right or wrong.

        Raises
        ------
        Problem : 429 when it is too much
        """
        self._slow("secret", scope, _SECRETS)

    def _slow(self, what: str, scope: Scope, rate: Rate) -> None:
        who = f"{what} {neighbourhood(self.address_of(scope))}"
        allowance = self._limiter.take(who, rate, time.monotonic())
        if allowance.wait_s > 0:
            raise _too_many(rate, allowance)

    def refuse_session(self, session_id: str) -> None:
        """Let the tokens of a session that ended no longer pass; they last some minutes yet."""
        now = time.monotonic()
        self._ended = {it: until for it, until in self._ended.items() if until > now}
        self._ended[session_id] = now + LIFETIME_S

    def address_of(self, scope: Scope) -> Address | None:
        """Return where a request comes from, behind the proxies we trust."""
        peer = scope.get("client") or ("",)
        forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
        return client_address(peer[0], forwarded.split(",") if forwarded else [], self._proxies)

    def _check_address(self, request: Incoming) -> None:
        if not is_in(self.address_of(request.scope), self._admin_networks):
            raise Problem(
                403,
                "address-not-allowed",
                "Administrators may only call from the addresses that the operator of this Ronde "
                "allows; use another account, or call from there.",
            )

    def _count(self, caller: str, rate: Rate) -> list[Raw]:
        allowance = self._limiter.take(caller, rate, time.monotonic())
        if allowance.wait_s > 0:
            raise _too_many(rate, allowance)
        return _told(rate, allowance)


def _check_opened(request: Incoming, exchanged: Exchanged) -> None:
    sends = exchanged.row.kind == "field"
    if not sends and request.scope["method"] not in _READING:
        raise Problem(403, "forbidden", "An address only reads; to change things, use a key.")
    if not is_open(request.scope["path"], exchanged.row.paths):
        raise Problem(403, "forbidden", "This address does not open that path.")


def _told(rate: Rate, allowance: Allowance) -> list[Raw]:
    reset_s = int(allowance.full_in_s) + 1
    return [
        (b"ratelimit-policy", rate.policy),
        (b"ratelimit", b'"caller";r=%d;t=%d' % (allowance.left, reset_s)),
    ]


def _too_many(rate: Rate, allowance: Allowance) -> Problem:
    told = {name.decode(): value.decode() for name, value in _told(rate, allowance)}
    return Problem(
        429,
        "too-many-requests",
        f"More than {rate.per_s:g} requests a second; wait as `Retry-After` says.",
        headers=told | {"Retry-After": str(int(allowance.wait_s) + 1)},
    )
