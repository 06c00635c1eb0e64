"""The audit's chain: each batch names the digest of the one before, so that no line can go unseen.

A batch that was altered, taken out or put in breaks the chain from there on. What the chain alone
cannot show is that its end was cut off: keep the head somewhere else, and compare.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Line = Mapping[str, object]
NOTHING = "0" * 64
_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
# What a path of ours is made of; anything else could be somebody's words.
_WORD = re.compile(r"[a-z0-9._-]{1,60}")
# A round is named by its day and the id of its team, which people chose.
_ROUND = re.compile(r"\d{8}-.*")


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that were written together; numbers of an organisation grow by one."""

    number: int
    previous: str
    digest: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The last batch that was dropped for its age; the chain goes on from its digest."""

    number: int = 0
    digest: str = NOTHING


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a chain found; `broken_at` is the first number that is wrong."""

    batches: int
    lines: int
    head: Checkpoint
    broken_at: int | None = None
    why: str = ""


def digest_of(number: int, previous: str, lines: Sequence[Line]) -> str:
    """Give the digest of a batch, by the one text that equal lines have."""
    text = json.dumps(
        [number, previous, [dict(line) for line in lines]],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def check(batches: Iterable[Batch], since: Checkpoint) -> Verdict:
    """Check batches in the order of their numbers, from the one after `since` on."""
    head, count, lines = since, 0, 0
    for batch in batches:
        why = _fault(batch, head)
        if why:
            return Verdict(count, lines, head, head.number + 1, why)
        head = Checkpoint(batch.number, batch.digest)
        count, lines = count + 1, lines + len(batch.lines)
    return Verdict(count, lines, head)


def _fault(batch: Batch, head: Checkpoint) -> str:
    if batch.number != head.number + 1:
        return f"batch {head.number + 1} is missing"
    if batch.previous != head.digest:
        return "it does not follow from the batch before"
    if batch.digest != digest_of(batch.number, batch.previous, batch.lines):
        return "its lines are not those that were written"
    return ""


def place_of(path: str) -> tuple[str, list[str]]:
    """Say what a path is about in words of the API, and list the ids in it.

    Only words and ids are kept: what people type into an address is no business of the audit.
    """
    ids = [it.lower() for it in _ID.findall(path)]
    parts = (_said(part) for part in path.split("/"))
    return "/".join(parts), ids


def _said(part: str) -> str:
    if _ID.fullmatch(part):
        return "{id}"
    is_word = _WORD.fullmatch(part) is not None and _ROUND.fullmatch(part) is None
    return part if not part or is_word else "{other}"
