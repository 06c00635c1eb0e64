"""Who is paged about a danger, and who next while nobody says that he has heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LEVELS = (1, 2, 3)
# A danger seen longer ago than this, told by an import, is past being paged about.
RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each level has to answer, and how often all are paged after the last one."""

    answer: timedelta = timedelta(minutes=30)
    again: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody's turn to be paged; without `territory`, for all those nobody else has."""

    id: UUID
    level: int
    territory: str | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Whom to page now, and when the next level follows; `unmanned` levels had nobody on call.

    `shifts` is empty when nobody is on call at all: then it is tried again at `next_at`.
    """

    level: int
    shifts: tuple[Shift, ...]
    unmanned: tuple[int, ...]
    next_at: datetime


def next_page(
    shifts: Sequence[Shift],
    *,
    territory: str,
    paged: int,
    now: datetime,
    patience: Patience,
) -> Page:
    """Say whom to page after level `paged` did not answer; 0 when nobody was paged yet.

    A level without anybody on call is passed over at once. After the last level everybody on
    call is paged again, until somebody answers.
    """
    unmanned: list[int] = []
    for level in LEVELS[paged:]:
        found = on_call(shifts, level, territory, now)
        if found:
            return Page(level, found, tuple(unmanned), now + patience.answer)
        unmanned.append(level)
    everybody = tuple(it for level in LEVELS for it in on_call(shifts, level, territory, now))
    pause = patience.again if paged == LEVELS[-1] else patience.answer
    return Page(LEVELS[-1], everybody, tuple(unmanned), now + pause)


def on_call(
    shifts: Sequence[Shift], level: int, territory: str, now: datetime
) -> tuple[Shift, ...]:
    """Find who is on call at a level: those of the territory, else those of all."""
    present = [it for it in shifts if it.level == level and it.starts_at <= now < it.ends_at]
    own = tuple(it for it in present if it.territory == territory)
    return own or tuple(it for it in present if it.territory is None)
