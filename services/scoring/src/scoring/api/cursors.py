"""Where a page of a list goes on, read from its cursor."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from shared.paging import decode
from shared.problems import invalid

_LONGEST_VERSION: Final = 9


def after_rank(cursor: str | None) -> tuple[int, UUID] | None:
    """Read rank and place; None without a cursor."""
    if cursor is None:
        return None
    rank, id = decode(cursor, 2)
    try:
        return int(rank), UUID(id)
    except ValueError as error:
        raise invalid("query: cursor", "Send `next_cursor` as it came, or none.") from error


def before_signal(cursor: str | None) -> tuple[datetime, str, str, datetime] | None:
    """Read the last value's key; None without a cursor."""
    if cursor is None:
        return None
    known_at, series, subject, occurred_at = decode(cursor, 4)
    try:
        moments = datetime.fromisoformat(known_at), datetime.fromisoformat(occurred_at)
    except ValueError as error:
        raise invalid("query: cursor", "Send `next_cursor` as it came, or none.") from error
    return moments[0], series, subject, moments[1]


def before_version(cursor: str | None) -> int | None:
    """Read the last version; None without a cursor."""
    if cursor is None:
        return None
    (version,) = decode(cursor, 1)
    if not version.isdecimal() or len(version) > _LONGEST_VERSION:
        raise invalid("query: cursor", "Send `next_cursor` as it came, or none.")
    return int(version)


def before_week(cursor: str | None) -> date | None:
    """Read the last week; None without a cursor."""
    if cursor is None:
        return None
    (week,) = decode(cursor, 1)
    try:
        return date.fromisoformat(week)
    except ValueError as error:
        raise invalid("query: cursor", "Send `next_cursor` as it came, or none.") from error


def before_moment(cursor: str | None) -> tuple[datetime, str] | None:
    """Read moment and name; None without a cursor."""
    if cursor is None:
        return None
    moment, id = decode(cursor, 2)
    try:
        return datetime.fromisoformat(moment), id
    except ValueError as error:
        raise invalid("query: cursor", "Send `next_cursor` as it came, or none.") from error


def before_alert(cursor: str | None) -> tuple[date, UUID] | None:
    """Read week and id; None without a cursor."""
    if cursor is None:
        return None
    week, id = decode(cursor, 2)
    try:
        return date.fromisoformat(week), UUID(id)
    except ValueError as error:
        raise invalid("query: cursor", "Send `next_cursor` as it came, or none.") from error
