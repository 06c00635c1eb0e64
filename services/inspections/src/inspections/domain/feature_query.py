"""What a program asks of a collection of features: where, when, how many (OGC 17-069r4, 7.15)."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LON_LIMIT, LAT_LIMIT = 180.0, 90.0
FLAT, WITH_HEIGHT = 4, 6
DEFAULT_LIMIT, MOST_FEATURES = 100, 1000
OPEN_ENDS = frozenset({"", ".."})
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class QueryError(ValueError):
    """A parameter no answer fits; `parameter` names it, the message says what would be right."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(reason)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch of the map, degrees; it does not cross the antimeridian."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, both ends in it; None is open."""

    since: datetime | None
    until: datetime | None


def boxes_of(text: str) -> tuple[Box, ...]:
    """Read `bbox`: one box, or two where it crosses the antimeridian; heights count for nothing.

    Raises
    ------
    QueryError : it is none
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise _no_box() from error
    if len(numbers) not in {FLAT, WITH_HEIGHT} or not all(map(math.isfinite, numbers)):
        raise _no_box()
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if not (-LAT_LIMIT <= south <= north <= LAT_LIMIT and max(abs(west), abs(east)) <= LON_LIMIT):
        raise _no_box()
    if west <= east:
        return (Box(west, south, east, north),)
    return (Box(west, south, LON_LIMIT, north), Box(-LON_LIMIT, south, east, north))


def span_of(text: str) -> Span:
    """Read `datetime`: an instant, or an interval whose ends may be open (`..` or empty).

    A day stands for the whole of it, UTC.

    Raises
    ------
    QueryError : it is neither, or runs backwards
    """
    first, slash, last = text.partition("/")
    if not slash:
        return Span(*_moments(first))
    if first in OPEN_ENDS and last in OPEN_ENDS:
        return Span(None, None)
    since = None if first in OPEN_ENDS else _moments(first)[0]
    until = None if last in OPEN_ENDS else _moments(last)[1]
    if since is not None and until is not None and since > until:
        raise QueryError("datetime", "an interval begins before it ends")
    return Span(since, until)


def limit_of(text: str) -> int:
    """Read `limit`; more than we give at once is cut to that.

    Raises
    ------
    QueryError : it is no positive number
    """
    if not (text.isascii() and text.isdecimal()) or not text.strip("0"):
        raise QueryError("limit", f"send a whole number from 1 to {MOST_FEATURES}")
    # The first digits suffice: Python reads no number of thousands of them.
    return min(int(text.lstrip("0")[:9]), MOST_FEATURES)


def _moments(text: str) -> tuple[datetime, datetime]:
    """Give the first and the last moment of an instant, or of a day."""
    # GDAL writes a day with the T of a time that never comes.
    day = text.removesuffix("T")
    try:
        moment = datetime.fromisoformat(day)
    except ValueError as error:
        raise _no_moment() from error
    if DAY.fullmatch(day):
        begins = moment.replace(tzinfo=UTC)
        return begins, begins + timedelta(days=1) - timedelta(microseconds=1)
    if moment.tzinfo is None:
        raise _no_moment()
    return moment, moment


def _no_box() -> QueryError:
    return QueryError(
        "bbox", "send west,south,east,north in degrees of WGS 84, as 2.22,48.81,2.47,48.91"
    )


def _no_moment() -> QueryError:
    return QueryError(
        "datetime",
        "send 2026-03-01T00:00:00Z, or an interval as 2026-03-01T00:00:00Z/.. with open ends",
    )
