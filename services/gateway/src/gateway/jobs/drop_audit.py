"""Drop what the audit holds for longer than twelve months, day by day."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from gateway.store import audit
from shared.cancellation import pause
from shared.db import Database

logger = logging.getLogger(__name__)

EVERY_S = 3600.0


async def drop_old_audit(database: Database) -> int:
    """Drop old batches of every organisation behind a checkpoint; tell how many."""
    async with database.system_session() as session:
        known = await audit.organisations(session)
    dropped = 0
    for organisation in known:
        async with database.session(organisation) as session:
            dropped += await audit.drop_old(session)
    if dropped:
        logger.info("old audit dropped", extra={"batches": dropped})
    return dropped


async def drop_forever(database: Database) -> None:
    """Drop old batches each hour until cancelled."""
    while True:
        try:
            await drop_old_audit(database)
        except (SQLAlchemyError, OSError) as error:
            logger.warning("old audit not dropped", extra={"error": type(error).__name__})
        await pause(EVERY_S)
