"""What of revisions is personal, or written freely: it may be forgotten, the chain stays whole."""

from collections.abc import Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

FORGET = text(
    "delete from personal_value where subject_kind = :kind "
    "and subject_id = any(cast(:ids as varchar[])) "
    "and (cardinality(cast(:fields as varchar[])) = 0 or field = any(cast(:fields as varchar[])))"
)


async def forget(
    session: AsyncSession, kind: str, ids: Iterable[object], fields: Sequence[str] = ()
) -> int:
    """Forget what the revisions of records say of fields, all if none is named; tell how much.

    What the record says now is not touched: whoever forgets empties it first, in the same
    transaction, or the revision of that would say it again.
    """
    values = {"kind": kind, "ids": [str(it) for it in ids], "fields": list(fields)}
    return int((await session.execute(FORGET, values)).rowcount)  # type: ignore[attr-defined] # of a deletion
