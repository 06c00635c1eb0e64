"""Sends messages to addresses that organisations name, and to no address of our own network.

What is resolved is looked at when the connection is made, so that no name can change in between.
"""

import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp import AddrInfoType

from gateway.domain.client_address import Address, Network, address_of, is_in
from gateway.domain.reach import is_public

CONNECT_TIMEOUT_S, TIMEOUT_S = 5.0, 20.0
_AGENT = "Ronde-Webhooks/1"
_GONE = 410
# Said of a message; the receiver itself is well.
_REFUSED = frozenset({400, 409, 413, 415, 422})


class ForbiddenAddressError(OSError):
    """A name leads to an address that nothing is sent to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message: the status of the receiver's answer, or what went wrong."""

    status: int | None
    error: str | None = None
    asked_for_s: float | None = None

    @property
    def has_arrived(self) -> bool:
        """Whether the receiver has the message."""
        return self.status is not None and self.status // 100 == 2  # noqa: PLR2004

    @property
    def refuses_message(self) -> bool:
        """Whether the receiver is there, but does not take this message."""
        return self.status in _REFUSED

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more messages, ever."""
        return self.status == _GONE


class Receivers:
    """Open connections to receivers; `networks` may be reached besides public addresses.

    Plain HTTP goes to these networks alone. Each message has a connection of its own: what a
    receiver sends after its answer is nobody's.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Receivers"]:
        """Open the connections for the length of the block."""
        async with (
            self._session(self._may_be_sent_to) as https,
            self._session(self._is_ours) as http,
        ):
            self._sessions = {"https": https, "http": http}
            yield self

    def _is_ours(self, address: Address) -> bool:
        return is_in(address, self._networks)

    def _may_be_sent_to(self, address: Address) -> bool:
        return is_public(address) or self._is_ours(address)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a message; of the answer only the status and `Retry-After` are read."""
        session = self._sessions[url.partition(":")[0].lower()]
        try:
            async with session.post(
                url, data=body, headers=dict(headers), allow_redirects=False
            ) as answer:
                return Answer(answer.status, asked_for_s=_seconds(answer.headers))
        except TimeoutError:
            return Answer(None, f"no answer within {TIMEOUT_S:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, _told(error))

    def _session(self, passes: Callable[[Address], bool]) -> aiohttp.ClientSession:
        def opened(info: AddrInfoType) -> socket.socket:
            family, kind, protocol, _, place = info
            address = address_of(str(place[0]))
            if address is None or not passes(address):
                raise ForbiddenAddressError("its address is not one that messages are sent to")
            return socket.socket(family, kind, protocol)

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                force_close=True, limit=0, use_dns_cache=False, socket_factory=opened
            ),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": _AGENT},
            auto_decompress=False,
            trust_env=False,
        )


def _told(error: Exception) -> str:
    """Say what went wrong, without addresses of our own network."""
    if isinstance(error, aiohttp.InvalidURL):
        return "its address cannot be read"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "its certificate is not trusted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known"
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        return str(cause) if isinstance(cause, ForbiddenAddressError) else "it takes no connection"
    return f"it broke off: {type(error).__name__}"


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After`: seconds, or a date."""
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        return max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
