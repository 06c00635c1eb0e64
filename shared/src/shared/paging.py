"""Lists in pages: a cursor is opaque to the caller and names the last item given."""

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from shared.problems import invalid

Item = TypeVar("Item")
# What no text of PostgreSQL holds.
_UNKEPT = re.compile("[\0\ud800-\udfff]")

Limit = Annotated[int, Query(ge=1, le=1000, description="Items at the most in this page.")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="`next_cursor` of the page before.")
]


class Page(BaseModel, Generic[Item]):
    """One page of a list, in a stable order."""

    items: list[Item]
    next_cursor: str | None = Field(default=None, description="Null on the last page.")


def encode(*keys: str) -> str:
    """Make the cursor that names an item by its sort keys."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def decode(cursor: str, keys: int) -> list[str]:
    """Read the sort keys out of a cursor.

    Raises
    ------
    Problem : 422 when the cursor is not one of ours
    """
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise invalid("query: cursor", "Send `next_cursor` as it came, or none.") from error
    if not isinstance(found, list) or len(found) != keys:
        raise invalid("query: cursor", "This cursor belongs to another list.")
    if _UNKEPT.search("".join(map(str, found))):
        raise invalid("query: cursor", "Send `next_cursor` as it came, or none.")
    return [str(key) for key in found]


def moment_cursor(moment: datetime, id: UUID) -> str:
    """Make the cursor that names an item of a list sorted by time."""
    return encode(moment.isoformat(), str(id))


def moment_key(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Read what `moment_cursor` wrote; None where there is no cursor.

    Raises
    ------
    Problem : 422 when it names an item of another list
    """
    if cursor is None:
        return None
    moment, id = decode(cursor, 2)
    try:
        return datetime.fromisoformat(moment), UUID(id)
    except ValueError as error:
        raise invalid("query: cursor", "This cursor belongs to another list.") from error
