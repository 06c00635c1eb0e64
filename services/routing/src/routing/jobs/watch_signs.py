"""Alert the coordinator of visits that nobody has heard of for too long; off unless set."""

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from routing.store import visit_signs
from shared import feed
from shared.cancellation import pause
from shared.contracts.routing.day import SilentVisit
from shared.db import Database
from shared.feed import NewEvent

logger = logging.getLogger(__name__)

EVERY_S = 30.0


async def alert_of_silence(database: Database, patience: timedelta, now: datetime) -> int:
    """Tell each visit not heard of for longer than `patience`, once until its next sign."""
    before = now - patience
    async with database.system_session() as session:
        known = await visit_signs.waiting(session, before)
    told = 0
    for organisation in known:
        async with database.session(organisation) as session:
            found = await visit_signs.alert(session, before, now)
            events = [
                NewEvent(
                    "visit.silent",
                    it.plan_id,
                    now,
                    SilentVisit(
                        plan_id=it.plan_id,
                        accommodation_id=it.accommodation_id,
                        opened_at=it.opened_at,
                        seen_at=it.seen_at,
                    ),
                )
                for it in found
            ]
            await feed.append(session, organisation, events)
        told += len(found)
    return told


async def watch_forever(database: Database, silence_min: int) -> None:
    """Look twice a minute until cancelled; not at all when it is switched off."""
    while silence_min > 0:
        patience = timedelta(minutes=silence_min)
        try:
            await alert_of_silence(database, patience, datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            logger.warning("signs not watched", extra={"error": type(error).__name__})
        await pause(EVERY_S)
