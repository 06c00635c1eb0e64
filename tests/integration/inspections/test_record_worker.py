import asyncio
import contextlib

import psycopg

from inspections.main import run_worker
from inspections.settings import Settings


async def workers_of(database) -> int:
    connection = await psycopg.AsyncConnection.connect(database.server.conninfo(database.name))
    async with connection:
        row = await (
            await connection.execute("select count(*) from procrastinate_workers")
        ).fetchone()
    return row[0]


async def test_the_worker_stands_ready_until_it_is_told_to_end(database):
    fresh = database("inspections")
    work = asyncio.create_task(run_worker(Settings(**fresh.settings())))

    async with asyncio.timeout(20):
        while await workers_of(fresh) == 0:
            await asyncio.sleep(0.05)
            assert not work.done()
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work

    assert work.done()
    assert await workers_of(fresh) == 0
