"""Forget what is old by the rules of an organisation, or tell what would be."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.retention import Kept, cutoffs
from inspections.store import complaints, retention
from inspections.store.tables import RetentionRunRow
from shared.blobs import Blobs

EVERY = timedelta(days=1)
WORKER = "worker"


async def run_rules(
    session: AsyncSession,
    organisation: UUID,
    files_url: str,
    now: datetime,
    *,
    by: str,
    dry_run: bool,
) -> RetentionRunRow:
    """Forget what is older than the rules say, and write how much; a dry run takes it back."""
    before = cutoffs(await retention.rules(session), now)
    blobs = await retention.old_blobs(session, before[Kept.import_file])
    async with session.begin_nested() as attempt:
        counts = {}
        for kind, moment in before.items():
            ids = await retention.forget(session, kind, moment)
            counts[kind.value] = len(ids)
            if kind == Kept.complaint_contact:
                await complaints.forget_mails(session, ids)
            if kind == Kept.complaint_text:
                await retention.forget_revisions(session, "complaint", ids)
        if dry_run:
            await attempt.rollback()
    if not dry_run:
        # Before the commit: should that fail, they are gone sooner than told, never later.
        for blob in blobs:
            await asyncio.to_thread(Blobs(files_url).remove, blob)
    return await retention.ran(session, organisation, dry_run=dry_run, by=by, counts=counts)


async def run_rules_daily(
    session: AsyncSession, organisation: UUID, files_url: str, now: datetime
) -> int:
    """Run the rules if that was not done for a day; there is never more to do at once."""
    last = await retention.last_run_at(session)
    if last is None or last <= now - EVERY:
        await run_rules(session, organisation, files_url, now, by=WORKER, dry_run=False)
    return 0
