"""Reads that are answered with 304 when the caller has the answer already."""


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Tell whether a caller's `If-None-Match` names an answer (RFC 9110, 13.1.2: weakly)."""
    known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag.removeprefix("W/") in known or known == ["*"]


class NotModified(Exception):  # noqa: N818 - no error, but the shortest of answers
    """The caller has the answer already; raised before it is made, answered in one place."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.headers = named(etag)


def named(etag: str) -> dict[str, str]:
    """Give the headers of an answer that is asked for again by its name."""
    return {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
