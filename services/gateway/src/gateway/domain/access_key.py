"""Keys that programs and addresses carry: how they are written, kept, and what they open."""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_to_bytes

_WRITTEN = re.compile(r"ronde_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
# 32 random bytes are never found by trying, so one round of a fast hash is enough to keep them.
ID_BYTES, SECRET_BYTES = 6, 32
PREFIX = "ronde_"
# What an address may open at all.
OPENED = ("/v1/", "/ogc", "/openrosa")


@dataclass(frozen=True, slots=True)
class Presented:
    """A key as somebody presents it."""

    id: str
    secret: str


def written(key_id: str, secret: str) -> str:
    """Write a key as its owner keeps it."""
    return f"{PREFIX}{key_id}_{secret}"


def read(text: str) -> Presented | None:
    """Read a key; None when it is not written as one."""
    found = _WRITTEN.fullmatch(text)
    return None if found is None else Presented(found[1], found[2])


def digest(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def is_plain(path: str, raw_path: bytes) -> bool:
    """Tell whether a path is one of ours, and read by everybody on its way as we read it.

    An escaped slash, `..` or `//` may name one path here and another to who is next.
    """
    segments = path.split("/")[1:]
    return (
        path.startswith(OPENED)
        and unquote_to_bytes(raw_path) == path.encode()
        and not {".", ".."}.intersection(segments)
        and "" not in segments[:-1]
    )


def is_open(path: str, prefixes: Collection[str]) -> bool:
    """Tell whether a path is one of those named, or below one of them."""
    return any(path == it or path.startswith(it.rstrip("/") + "/") for it in prefixes)


def seconds_to_midnight(now: datetime) -> int:
    """Return the seconds until daily quotas begin anew, at midnight UTC."""
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(int((tomorrow.astimezone(UTC) - now).total_seconds()), 1)
