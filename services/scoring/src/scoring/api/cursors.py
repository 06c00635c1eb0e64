"""Where a page of a list goes on, read from its cursor."""

from datetime import datetime
from uuid import UUID

from shared.paging import decode
from shared.problems import invalid


def after_rank(cursor: str | None) -> tuple[int, UUID] | None:
    """Read rank and place; None without a cursor."""
    if cursor is None:
        return None
    rank, id = decode(cursor, 2)
    try:
        return int(rank), UUID(id)
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
