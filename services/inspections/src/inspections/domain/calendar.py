"""Days and hours on which a place can receive a visit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/Paris")
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
DAYS_FROM_EASTER = (1, 39, 50)
GOOD_FRIDAY = -2
ALSACE_MOSELLE = frozenset({"57", "67", "68"})
# Commemoration of the abolition of slavery (décret 83-1003, code du travail L3422-2).
ABOLITION = {"971": (5, 27), "972": (5, 22), "973": (6, 10), "974": (12, 20), "976": (4, 27)}


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours in which a place receives visitors, local time; weekday 1 Monday to 7 Sunday."""

    weekday: int
    opens: time
    closes: time

    def __post_init__(self) -> None:
        """Refuse hours that end before they begin."""
        if self.closes <= self.opens:
            raise ValueError("closes must be later than opens; split hours that pass midnight")


# A place that declares no hours is visited in office hours, when somebody answers.
OFFICE_HOURS = tuple(WeeklyHours(day, time(9), time(18)) for day in range(1, 6))


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A stretch of time, UTC, in which the whole of a visit must lie."""

    opens_at: datetime
    closes_at: datetime


def local_day(moment: datetime) -> date:
    """Give the local date of an aware moment."""
    return moment.astimezone(LOCAL).date()


def day_begins_at(day: date) -> datetime:
    """Give the moment, UTC, at which a local day begins."""
    return _utc(day, time())


def last_moment(day: date, now: datetime) -> datetime:
    """Give the last moment of a local day, or now where that is sooner."""
    return min(now, day_begins_at(day + timedelta(days=1)) - timedelta(microseconds=1))


@lru_cache(maxsize=512)
def public_holidays(year: int, territory: str = "") -> frozenset[date]:
    """Give the public holidays of the whole of France and of a territory, if one is given.

    Code du travail, article L3133-1; Alsace and Moselle: L3134-13; overseas: L3422-2.
    """
    easter = _easter(year)
    days = {date(year, month, day) for month, day in FIXED_HOLIDAYS}
    days.update(easter + timedelta(days=days) for days in DAYS_FROM_EASTER)
    if territory in ALSACE_MOSELLE:
        days |= {easter + timedelta(days=GOOD_FRIDAY), date(year, 12, 26)}
    if territory in ABOLITION:
        days.add(date(year, *ABOLITION[territory]))
    return frozenset(days)


def windows_on(hours: Sequence[WeeklyHours], days: Iterable[date]) -> tuple[OpenWindow, ...]:
    """Give the windows of a place on the days asked for, in order, public holidays left out.

    Hours that touch or overlap on a day become one window.
    """
    return _windows_on(tuple(hours) or OFFICE_HOURS, tuple(sorted(set(days))))


# Most places share their hours, and all places of a request its days.
@lru_cache(maxsize=512)
def _windows_on(week: tuple[WeeklyHours, ...], days: tuple[date, ...]) -> tuple[OpenWindow, ...]:
    return tuple(
        window
        for day in days
        if day not in public_holidays(day.year)
        for window in _windows_of(week, day)
    )


def _windows_of(week: Sequence[WeeklyHours], day: date) -> list[OpenWindow]:
    spans = sorted((h.opens, h.closes) for h in week if h.weekday == day.isoweekday())
    merged: list[tuple[time, time]] = []
    for opens, closes in spans:
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(closes, merged[-1][1]))
        else:
            merged.append((opens, closes))
    return [OpenWindow(_utc(day, opens), _utc(day, closes)) for opens, closes in merged]


@lru_cache(maxsize=4096)
def _utc(day: date, at: time) -> datetime:
    return datetime.combine(day, at.replace(tzinfo=None), LOCAL).astimezone(UTC)


def _easter(year: int) -> date:
    """Date Easter Sunday by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms)."""
    century = year // 100
    lunar = year % 19
    correction = century - century // 4 - (8 * century + 13) // 25
    epact = (19 * lunar + correction + 15) % 30
    epact -= (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - lunar) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    offset = epact - weekday
    month = 3 + (offset + 40) // 44
    return date(year, month, offset + 28 - 31 * (month // 4))
