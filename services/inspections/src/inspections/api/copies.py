"""Lists others keep a copy of: answered 304 while nothing changed, and in the order of changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic_core import to_json

from inspections.api.lists import ListQuery, ShortListQuery
from inspections.store import changes
from shared.auth import Caller, CurrentCaller
from shared.db import Session
from shared.etags import named
from shared.sync import IfNoneMatch, Row, Since, UpdatedSince, changed_page, check_known, since

# What of a query says which page of the list, not what to list.
PAGING = {"limit", "cursor", "updated_since"}


class CopyQuery(ListQuery):
    """What a list takes that others keep a copy of."""

    updated_since: UpdatedSince = None


class ShortCopyQuery(ShortListQuery):
    """What such a list takes whose items are long."""

    updated_since: UpdatedSince = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the record stood before a list was read from it, and the name of the list's answer."""

    last: datetime | None
    etag: str

    def answer(self, response: Response) -> Response:
        """Give an answer its name."""
        response.headers.update(named(self.etag))
        return response

    def changes(
        self,
        rows: Sequence[Row],
        query: CopyQuery | ShortCopyQuery,
        show: Callable[[Row], object],
    ) -> Response:
        """Answer with a page in the order of changes."""
        asked = query.updated_since
        assert asked is not None  # noqa: S101 - so it is in this order
        page = changed_page(rows, query.limit, last=self.last or asked, show=show)
        return self.answer(Response(to_json(page), media_type="application/json"))


async def standing(
    request: Request,
    session: Session,
    caller: CurrentCaller,
    if_none_match: IfNoneMatch = None,
) -> Standing:
    """Read how the record stands, and end here if the caller has the answer already."""
    return await standing_at(request, session, caller, "", if_none_match=if_none_match)


async def standing_at(
    request: Request,
    session: Session,
    caller: Caller,
    beside: str,
    *,
    if_none_match: str | None,
) -> Standing:
    """Read how the record stands, for a list whose answer changes with what is `beside` it too."""
    # Before the list itself: what commits in between is in the list, under the name of before.
    last = await changes.last(session)
    return Standing(last, check_known(request, caller, f"{last}/{beside}", if_none_match))


Stands = Annotated[Standing, Depends(standing)]


def goes_on(query: CopyQuery | ShortCopyQuery) -> Since | None:
    """Read where a list in the order of changes goes on; None for one in its own order."""
    return None if query.updated_since is None else since(query.updated_since, query.cursor)


def as_it_is(row: Row) -> Row:
    """Show a row whose columns are the message."""
    return row
