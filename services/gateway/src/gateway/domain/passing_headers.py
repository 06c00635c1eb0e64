"""Which headers go through the gateway, and which end at it."""

import re
from collections.abc import Iterable, Sequence

Raw = tuple[bytes, bytes]

# RFC 9110, section 7.6.1: these speak of one connection, not of the message.
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# A service must never read from a header who is asking: the token alone says it.
_CLAIMED = frozenset({b"x-user", b"x-org", b"x-roles", b"x-real-ip", b"forwarded"})
_CLAIMED_PREFIXES = (b"x-forwarded-", b"x-user-", b"x-org-")
# Set anew by us: the target's name, the request's id and its trace, and where we are reached.
_OURS = frozenset({b"host", b"expect", b"x-request-id", b"traceparent", b"ronde-base-url"})
_NOT_SENT_ON = _HOP_BY_HOP | _CLAIMED | _OURS
_NOT_SENT_BACK = _HOP_BY_HOP | {b"date", b"server"}
_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def sent_on(headers: Sequence[Raw]) -> list[tuple[str, str]]:
    """Keep the request headers that are for the service."""
    named = _named_by_connection(headers)
    return [
        (name.decode("latin-1"), value.decode("utf-8", "replace"))
        for name, value in headers
        if name not in _NOT_SENT_ON and not name.startswith(_CLAIMED_PREFIXES) and name not in named
    ]


def sent_back(headers: Iterable[Raw]) -> list[Raw]:
    """Keep the answer's headers that are for the caller, in lower case."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = _named_by_connection(lowered)
    return [
        (name, value) for name, value in lowered if name not in _NOT_SENT_BACK and name not in named
    ]


def _named_by_connection(headers: Iterable[Raw]) -> frozenset[bytes]:
    """List the headers that `Connection` says are for this connection only."""
    for name, value in headers:
        if name == b"connection" and value not in {b"keep-alive", b"close"}:
            return frozenset(part.strip().lower() for part in value.split(b","))
    return frozenset()


def traced(given: bytes | None, trace_id: str, span_id: str) -> str:
    """Continue the caller's trace, or begin the one given."""
    if given is not None and _TRACEPARENT.fullmatch(given):
        return given.decode()
    return f"00-{trace_id}-{span_id}-00"
