import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from inspections.store.attempts import ATTEMPTS, until_unique
from shared.db import Database


@pytest.mark.parametrize(
    ("overtaken", "kept"), [(0, True), (1, True), (ATTEMPTS - 1, True), (ATTEMPTS, False)]
)
async def test_what_others_overtake_is_written_again_a_few_times(record, overtaken, kept):
    urls = record.database.settings()
    database = Database(urls["database_url"], urls["system_url"])
    attempts = 0

    async def write() -> int:
        nonlocal attempts
        attempts += 1
        number = 0 if attempts <= overtaken else attempts
        await session.execute(text("insert into taken values (:number)"), {"number": number})
        return number

    try:
        async with database.session(record.organisation) as session:
            await session.execute(text("create temp table taken (number int primary key)"))
            await session.execute(text("insert into taken values (0)"))
            if kept:
                assert await until_unique(session, write) == overtaken + 1
            else:
                with pytest.raises(IntegrityError):
                    await until_unique(session, write)
                await session.rollback()
    finally:
        await database.dispose()
    assert attempts == min(overtaken + 1, ATTEMPTS)
