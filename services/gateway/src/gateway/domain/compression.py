"""Which answers are sent compressed, and what their ETag is then."""

import re
from collections.abc import Iterable

from gateway.domain.passing_headers import Raw

# Below this an answer fits one packet anyway.
_WORTH_IT_BYTES = 1400
_TEXT = re.compile(rb"text/(?!event-stream)|application/(.*\+)?(json|xml|javascript)\b|image/svg")
_REFUSED = re.compile(rb"\bgzip\s*;\s*q=0(\.0*)?\s*(,|$)")
_MARK = b'-gzip"'


def is_asked(accept_encoding: bytes | None) -> bool:
    """Tell whether the caller reads gzip."""
    return (
        accept_encoding is not None
        and b"gzip" in accept_encoding
        and _REFUSED.search(accept_encoding) is None
    )


def is_worth_it(status: int, headers: Iterable[Raw], length: int | None) -> bool:
    """Tell whether to compress an answer; `length` None is one whose length is not known yet."""
    if status != 200 or (length is not None and length < _WORTH_IT_BYTES):  # noqa: PLR2004 - HTTP's OK
        return False
    given = dict(headers)
    if b"content-encoding" in given or b"no-transform" in given.get(b"cache-control", b""):
        return False
    return _TEXT.match(given.get(b"content-type", b"")) is not None


def compressed(headers: Iterable[Raw], length: int | None) -> list[Raw]:
    """Describe the compressed answer: other bytes, so another ETag (RFC 9110, section 8.8.3.3)."""
    kept = [
        (name, _marked(value) if name == b"etag" else value)
        for name, value in headers
        if name not in {b"content-length", b"accept-ranges"}
    ]
    kept += [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
    return kept if length is None else [*kept, (b"content-length", b"%d" % length)]


def unmarked(etags: str) -> str:
    """Give the service the ETags it knows, out of `If-Match` or `If-None-Match`."""
    return etags.replace(_MARK.decode(), '"')


def _marked(etag: bytes) -> bytes:
    return etag[:-1] + _MARK if etag.endswith(b'"') and not etag.startswith(b"W/") else etag


def still_marked(headers: list[Raw], asked_with: bytes | None) -> list[Raw]:
    """Name, in a 304, the compressed answer that the caller already has."""
    if asked_with is None or _MARK not in asked_with:
        return headers
    return [(name, _marked(value) if name == b"etag" else value) for name, value in headers]
