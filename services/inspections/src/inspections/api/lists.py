"""Lists in pages: their query, and cursors that name what the last row was sorted by."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

from shared import paging
from shared.paging import Cursor, Limit, Page
from shared.problems import Problem, invalid

Item = TypeVar("Item")


class ListQuery(BaseModel):
    """What every list takes; a parameter it does not know is an error."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = 100
    cursor: Cursor = None


class ShortListQuery(ListQuery):
    """What a list takes whose items carry their findings, and so are long."""

    limit: Annotated[
        int, Query(ge=1, le=200, description="Items at the most in this page, 200 or fewer.")
    ] = 100


async def written(write: Callable[[], Page[Item]]) -> Response:
    """Answer with a page that is made in a thread, so that it holds up no other request.

    FastAPI would check the page again, on the event loop, and take twice the time.
    """
    body = await asyncio.to_thread(lambda: write().model_dump_json())
    return Response(body, media_type="application/json")


def written_values(
    rows: Sequence[Mapping[str, object]],
    limit: int,
    *,
    show: Callable[[Mapping[str, object]], object],
    cursor: Callable[[Mapping[str, object]], str],
) -> Response:
    """Answer with a page of plain values, one more than `limit` if there is a next page.

    Making messages of them would take most of the time; they hold what the message has.
    """
    given = rows[:limit]
    following = cursor(given[-1]) if len(rows) > limit else None
    page = {"items": [show(row) for row in given], "next_cursor": following}
    return Response(to_json(page), media_type="application/json")


def moment_cursor_of(row: Mapping[str, object], name: str) -> str:
    """Name a row of plain values in a list sorted by the time it calls `name`."""
    return paging.encode(str(row[name]), str(row["id"]))


def page_of(items: list[Item], limit: int, cursor: Callable[[Item], str]) -> Page[Item]:
    """Make a page of at most `limit` of `items`, which hold one more if there is a next page."""
    given = items[:limit]
    return Page(items=given, next_cursor=cursor(given[-1]) if len(items) > limit else None)


def name_cursor(name: str, id: object) -> str:
    """Name a row of a list sorted by name."""
    return paging.encode(name, str(id))


def name_key(cursor: str | None) -> tuple[str, UUID] | None:
    """Read what `name_cursor` wrote."""
    if cursor is None:
        return None
    name, id = paging.decode(cursor, 2)
    try:
        return name, UUID(id)
    except ValueError as error:
        raise _foreign_cursor() from error


def number_cursor(code: str, number: int) -> str:
    """Name a row of a list sorted by code and number."""
    return paging.encode(code, str(number))


def number_key(cursor: str | None) -> tuple[str, int] | None:
    """Read what `number_cursor` wrote."""
    if cursor is None:
        return None
    code, number = paging.decode(cursor, 2)
    if not (number.isascii() and number.isdecimal() and len(number) < 10):  # noqa: PLR2004 - an int of PostgreSQL
        raise _foreign_cursor()
    return code, int(number)


def _foreign_cursor() -> Problem:
    return invalid("query: cursor", "This cursor belongs to another list.")
