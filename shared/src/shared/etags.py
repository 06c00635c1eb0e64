"""Reads that are answered with 304 when the caller has the answer already."""


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Tell whether a caller's `If-None-Match` names an answer (RFC 9110, 13.1.2: weakly)."""
    known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag.removeprefix("W/") in known or known == ["*"]
