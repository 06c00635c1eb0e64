"""A worker process for storms: says who works on what, and leaves one trace per effect."""

import asyncio
import logging
import os
import signal
import sys

from sqlalchemy import text

from shared.db import Database
from shared.jobs import Job, Jobs


async def work_in_child(job: Job) -> None:
    values = {"job": job.id, "attempt": job.attempt, "pid": os.getpid()}
    async with job.database.session(job.organisation) as session:
        await session.execute(text("insert into run values (:job, :attempt, :pid)"), values)
    steps = await job.run_child("job_targets:count", 10, 0.15)
    async with job.completion({"steps": steps}) as session:
        await session.execute(text("insert into effect values (:job, :attempt)"), values)


async def main(url: str, system_url: str) -> None:
    database = Database(url, system_url)
    jobs = Jobs(database, {"storm": work_in_child})
    await jobs.open()
    work = asyncio.ensure_future(jobs.work())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    await asyncio.wait({work})
    await jobs.close()
    await database.dispose()


if __name__ == "__main__":
    logging.basicConfig(level="INFO", format="%(name)s: %(message)s", filename=sys.argv[3])
    asyncio.run(main(sys.argv[1], sys.argv[2]))
