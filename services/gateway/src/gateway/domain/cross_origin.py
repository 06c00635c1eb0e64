"""Which pages of other origins may call us from a browser (CORS)."""

from collections.abc import Collection

from gateway.domain.passing_headers import Raw

_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_ALLOWED = (
    b"authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, "
    b"ronde-organisation, traceparent, x-openrosa-version, x-request-id"
)
_EXPOSED = (
    b"content-disposition, etag, link, location, ratelimit, ratelimit-policy, retry-after, "
    b"x-openrosa-accept-content-length, x-openrosa-version, x-request-id"
)
# Browsers ask again at the latest after two hours, whatever we say.
_LASTING_S = b"7200"


def is_preflight(method: str, headers: dict[bytes, bytes]) -> bool:
    """Tell whether a browser asks, before its page's request, if that may be sent."""
    return (
        method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers
    )


def of_preflight(origin: bytes, allowed: Collection[bytes]) -> list[Raw]:
    """Answer a preflight: without the permission in it, the browser sends nothing."""
    return _with_permission(
        origin,
        allowed,
        [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _ALLOWED),
            (b"access-control-max-age", _LASTING_S),
        ],
    )


def of_answer(origin: bytes, allowed: Collection[bytes]) -> list[Raw]:
    """Let the page of an allowed origin read our answer."""
    return _with_permission(origin, allowed, [(b"access-control-expose-headers", _EXPOSED)])


def _with_permission(origin: bytes, allowed: Collection[bytes], more: list[Raw]) -> list[Raw]:
    varies = (b"vary", b"origin")
    if origin not in allowed:
        return [varies]
    return [varies, (b"access-control-allow-origin", origin), *more]
