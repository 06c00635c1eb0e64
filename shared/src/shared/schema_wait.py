"""Wait until a database is at the schema our code was written for."""

import asyncio
import logging

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.db import Database
from shared.migrate import is_behind, newest

logger = logging.getLogger(__name__)

LOOK_AGAIN_S = 1.0


async def until_migrated(service: str, database: Database) -> None:
    """Return once all migrations have run: a rollout starts workers before they have ended."""
    found = await _revision(database)
    if is_behind(service, found):
        logger.warning(
            "waits for the migrations",
            extra={"service": service, "found": found, "wanted": newest(service)},
        )
    while is_behind(service, found):
        await asyncio.sleep(LOOK_AGAIN_S)
        found = await _revision(database)
    logger.info("the database has the schema", extra={"service": service, "found": found})


async def _revision(database: Database) -> str:
    """Return the revision of a database; empty where the first migration has not run."""
    try:
        async with database.plain_session() as session:
            row = await session.execute(text("select version_num from alembic_version"))
            return row.scalar_one_or_none() or ""
    except ProgrammingError:
        return ""
