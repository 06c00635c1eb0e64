"""Forget who complained, wherever they are named, so that no copy brings them back."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.free_text import without
from inspections.domain.sheet import SheetError
from inspections.domain.table_file import read_table
from inspections.store import complaints, retention, search_index
from inspections.store.purge_ledger import PurgeLedger
from inspections.store.retention import EDITED, FORGOTTEN, Purged
from shared.blobs import Blobs
from shared.problems import not_found

AUTHOR = "complaint_author"


@dataclass(frozen=True, slots=True)
class Purger:
    """Who has something forgotten, and where files lie."""

    organisation: UUID
    subject: str
    files_url: str
    now: datetime

    @property
    def ledger(self) -> PurgeLedger:
        """Where purges are written down outside the database."""
        return PurgeLedger(self.files_url, self.organisation)


async def purge_author(
    session: AsyncSession, purger: Purger, complaint_id: UUID, *, reason: str, also: Sequence[str]
) -> dict[str, int]:
    """Forget who complained; `also` are other words they are named by. Tell what was touched.

    Raises
    ------
    Problem : 404 there is no such complaint
    """
    if await retention.complaint_texts(session, complaint_id) is None:
        raise not_found("complaint")
    it = Purged(uuid4(), AUTHOR, complaint_id, reason, purger.subject, purger.now)
    await asyncio.to_thread(purger.ledger.add, it)
    return await _purge(session, purger, it, also)


async def purge_again(session: AsyncSession, purger: Purger) -> int:
    """Do the purges that the database does not know of: it was restored; tell how many."""
    known = await retention.purges_known(session)
    missing = await asyncio.to_thread(purger.ledger.missing, known)
    for it in missing:
        await _purge(session, purger, it, ())
    return len(missing)


async def _purge(
    session: AsyncSession, purger: Purger, it: Purged, also: Sequence[str]
) -> dict[str, int]:
    words = [*await retention.contact_words(session, it.subject_id), *also]
    counts = {"complaint_contact": await retention.forget_contact(session, it.subject_id)}
    await complaints.forget_mails(session, [it.subject_id])
    for table in EDITED if words else ():
        counts[table] = await _rewrite(session, purger, table, words)
    # Whatever the complaint said before may have named them.
    await retention.forget_revisions(session, "complaint", [it.subject_id])
    counts["import_file"] = await _drop_files(session, purger, words)
    await retention.purged(session, purger.organisation, it, counts)
    return counts


async def _rewrite(session: AsyncSession, purger: Purger, table: str, words: Sequence[str]) -> int:
    rows = await retention.rows_telling(session, table, words)
    for row in rows:
        values = {
            name: without(str(row[name]), words, FORGOTTEN)
            for name in EDITED[table]
            if row[name] is not None
        }
        await retention.rewrite(session, table, row, values)
    ids = [row["id"] for row in rows if "id" in row]
    await retention.forget_revisions(session, table, ids)
    if table == "complaint" and ids:
        # At once: its words are forgotten with it.
        await search_index.index(session, purger.organisation, table, ids)
    return len(rows)


async def _drop_files(session: AsyncSession, purger: Purger, words: Sequence[str]) -> int:
    """Forget the files of imports that tell one of the words."""
    blobs = Blobs(purger.files_url)
    told = []
    for id, blob in await retention.import_files(session) if words else ():
        if await asyncio.to_thread(_tells, blobs, blob, words):
            told.append((id, blob))
    await retention.drop_import_files(session, [id for id, _ in told])
    for _, blob in told:
        await asyncio.to_thread(blobs.remove, blob)
    return len(told)


def _tells(blobs: Blobs, blob: str, words: Iterable[str]) -> bool:
    """Tell whether a file holds a word; one that cannot be read is taken to."""
    try:
        table = read_table(blobs.get(blob))
    except FileNotFoundError:
        return False
    except SheetError:
        return True
    sought = ["".join(it.split()).casefold() for it in words]
    cells = ("".join(cell.split()).casefold() for row in table.rows for cell in row.cells)
    return any(word in cell for cell in cells for word in sought)
