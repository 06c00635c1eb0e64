"""Lists that another system keeps a copy of: what changed since, and nothing when nothing did.

`newest_change` holds the moment of each record's last change, in the order of commits. A list with
`updated_since` goes through those moments and tells of removed records by their ids. Its answer
names the moment that the next run asks from; what commits while pages are read comes later in the
same run, or in the next one.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Header, Query, Request
from pydantic import AwareDatetime, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.auth import Caller
from shared.etags import NotModified, is_known
from shared.paging import Page
from shared.problems import invalid

Item = TypeVar("Item")
Row = Mapping[str, object]

MOVED: dict[int | str, dict[str, object]] = {
    308: {"description": "Merged into another accommodation, which `Location` names."}
}
UNCHANGED: dict[int | str, dict[str, object]] = {
    304: {"description": "Nothing changed: the caller has this answer, as `If-None-Match` says."}
}
UpdatedSince = Annotated[
    AwareDatetime | None,
    Query(
        description="Only what changed after this moment, in the order of changes: "
        "`next_updated_since` of the run before."
    ),
]
IfNoneMatch = Annotated[str | None, Header(description="`ETag` of the answer you have.")]
# Comes after all ids, so that of a moment nothing is listed again.
LAST_ID = UUID(int=2**128 - 1)
# Columns a list in the order of changes reads beside those of its items.
CHANGED_AT, SUBJECT, REMOVED = "changed_at", "changed_id", "removed"
BESIDE = {CHANGED_AT, SUBJECT, REMOVED}


class CopiedPage(Page[Item], Generic[Item]):
    """One page of a list that can be copied; the last two are told with `updated_since` only."""

    removed: list[UUID] | None = Field(
        default=None, description="Ids of what was there and is no more; forget them."
    )
    next_updated_since: datetime | None = Field(
        default=None, description="Told on the last page: `updated_since` of the next run."
    )


@cache
def _version() -> str:
    return version("ronde-shared")


def check_known(request: Request, caller: Caller, state: str, if_none_match: str | None) -> str:
    """Name the answer to a list's query in a state of the record; end here if the caller has it.

    The name is of all an answer depends on: the state, who asks, and the path and query. With
    `updated_since`, from when and from where on is left out: the name of the last page of a run
    says that nothing changed since, and the pages that follow a first are always given. It is
    weak: the same answer may be compressed.

    Raises
    ------
    NotModified : answered 304
    """
    asked = sorted(request.query_params.multi_items())
    run = any(name == "updated_since" for name, _ in asked)
    goes_on = run and any(name == "cursor" for name, _ in asked)
    if run:
        asked = [it for it in asked if it[0] not in {"updated_since", "cursor"}]
    reach = (caller.organisation, sorted(caller.roles), sorted(caller.territories))
    whole = (_version(), state, reach, request.url.path, run, asked)
    etag = f'W/"{hashlib.sha256(repr(whole).encode()).hexdigest()[:32]}"'
    if not goes_on and is_known(if_none_match, etag):
        raise NotModified(etag)
    return etag


@dataclass(frozen=True, slots=True)
class Since:
    """Where a list in the order of changes goes on: after a moment, or after one of its rows."""

    moment: datetime
    id: UUID = LAST_ID


def since(updated_since: datetime, cursor: str | None) -> Since:
    """Read where a list goes on from its query.

    Raises
    ------
    Problem : 422 when the cursor is of another list
    """
    if cursor is None:
        return Since(updated_since)
    moment, id = paging.decode(cursor, 2)
    try:
        return Since(datetime.fromisoformat(moment), UUID(id))
    except ValueError as error:
        raise invalid("query: cursor", "This cursor belongs to another list.") from error


def changed_page(
    rows: Sequence[Row],
    limit: int,
    *,
    last: datetime,
    show: Callable[[Row], object],
) -> dict[str, object]:
    """Write a page in the order of changes from its rows, one more than `limit` if there are more.

    `last` is the last change of the record known before the rows were read.
    """
    given = rows[:limit]
    page: dict[str, object] = {
        "items": [show(_own(row)) for row in given if not row[REMOVED]],
        "next_cursor": None,
        "removed": [row[SUBJECT] for row in given if row[REMOVED]],
        "next_updated_since": None,
    }
    moments = [row[CHANGED_AT] for row in given]
    newest = [it for it in moments[-1:] if isinstance(it, datetime)]
    if len(rows) > limit:
        page["next_cursor"] = paging.encode(str(moments[-1]), str(given[-1][SUBJECT]))
    else:
        # What was given is known even where it came after the moment the record was asked for.
        page["next_updated_since"] = max([last, *newest])
    return page


def _own(row: Row) -> Row:
    return {name: it for name, it in row.items() if name not in BESIDE}


async def last_change(session: AsyncSession, kinds: Sequence[str]) -> datetime | None:
    """Give the moment of the last change of any record of these kinds; None without any."""
    found = await session.execute(
        text(
            "select max(last) from unnest(cast(:kinds as varchar[])) as it (kind), "
            "lateral (select changed_at as last from newest_change where newest_change.kind = "
            'it.kind collate "C" order by changed_at desc limit 1) as change'
        ),
        {"kinds": list(kinds)},
    )
    moment: datetime | None = found.scalar_one()
    return moment
