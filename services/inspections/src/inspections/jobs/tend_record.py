"""What the worker does to the record as time passes, organisation by organisation."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import local_day
from inspections.domain.escalation import Patience
from inspections.store.complaints import purge_contacts
from inspections.store.photo_files import PhotoFiles
from inspections.use_cases.continue_anomalies import link_findings
from inspections.use_cases.delete_photos import remove_files
from inspections.use_cases.purge_people import Purger, purge_again
from inspections.use_cases.raise_alerts import escalate_alerts
from inspections.use_cases.retain import WORKER, run_rules_daily
from inspections.use_cases.search_record import index_changed
from inspections.use_cases.watch_deadlines import review_risks, tell_overdue
from shared import feed, mail
from shared.cancellation import pause
from shared.db import Database
from shared.mail import MailServer

logger = logging.getLogger(__name__)

EVERY_S = 15.0
PLACES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Tending:
    """How the record is tended; without a server mails are kept unsent."""

    files_url: str = ""
    patience: Patience = field(default_factory=Patience)
    server: MailServer | None = None


class Chore(Protocol):
    """One turn of a chore in a transaction of its organisation; it returns how much it did."""

    __name__: str

    async def __call__(
        self, session: AsyncSession, organisation: UUID, now: datetime, tending: Tending, /
    ) -> int:
        """Do some of what is due."""
        ...


async def link(session: AsyncSession, organisation: UUID, _now: datetime, _tending: Tending) -> int:
    """Give findings of before there were anomalies theirs."""
    return await link_findings(session, organisation, limit=PLACES_AT_ONCE)


async def escalate(
    session: AsyncSession, organisation: UUID, now: datetime, tending: Tending
) -> int:
    """Page the next level of alerts that nobody answered."""
    return await escalate_alerts(session, organisation, now, tending.patience)


async def purge(
    session: AsyncSession, _organisation: UUID, now: datetime, _tending: Tending
) -> int:
    """Forget the contacts of complaints whose day has come."""
    return await purge_contacts(session, local_day(now))


async def watch(session: AsyncSession, organisation: UUID, now: datetime, _tending: Tending) -> int:
    """Tell what is overdue."""
    return await tell_overdue(session, organisation, now)


async def review(
    session: AsyncSession, organisation: UUID, now: datetime, _tending: Tending
) -> int:
    """Open accepted risks again whose day of review has come."""
    return await review_risks(session, organisation, now)


async def sweep(session: AsyncSession, organisation: UUID, now: datetime, tending: Tending) -> int:
    """Remove the files of photos that were deleted."""
    if not tending.files_url:
        return 0
    return await remove_files(session, PhotoFiles(tending.files_url, organisation), now)


async def index(session: AsyncSession, organisation: UUID, _now: datetime, _tend: Tending) -> int:
    """Index what changed, so that it is found."""
    return await index_changed(session, organisation)


async def retain(session: AsyncSession, organisation: UUID, now: datetime, tending: Tending) -> int:
    """Forget by rule what is old, once a day; and again what a restore brought back."""
    if not tending.files_url:
        return 0
    purger = Purger(organisation, WORKER, tending.files_url, now)
    await purge_again(session, purger)
    return await run_rules_daily(session, organisation, tending.files_url, now)


# The urgent first.
CHORES: Sequence[Chore] = (escalate, link, watch, review, purge, retain, sweep, index)


async def tend(database: Database, now: datetime, tending: Tending) -> None:
    """Do all chores of all organisations once, each until nothing is left; then send the mail."""
    async with database.system_session() as session:
        organisations = await feed.organisations(session)
    for chore in CHORES:
        for organisation in organisations:
            try:
                await _finish(chore, database, organisation, now, tending=tending)
            except (SQLAlchemyError, OSError):
                # One organisation's trouble must not keep the others' dangers unheard.
                logger.exception("chore failed; next try later", extra={"chore": chore.__name__})
    await mail.deliver(database, tending.server, now)


async def _finish(
    chore: Chore, database: Database, organisation: UUID, now: datetime, *, tending: Tending
) -> None:
    done = 1
    while done:
        async with database.session(organisation) as session:
            done = await chore(session, organisation, now, tending)


async def tend_forever(database: Database, tending: Tending) -> None:
    """Tend the record until cancelled; what fails is tried again at the next turn."""
    while True:
        try:
            await tend(database, datetime.now(UTC), tending)
        except (SQLAlchemyError, OSError) as error:
            logger.warning(
                "record not tended; next try later", extra={"cause": type(error).__name__}
            )
        await pause(EVERY_S)
