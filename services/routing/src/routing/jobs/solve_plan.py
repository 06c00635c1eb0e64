"""The job that solves a plan: the work in a child process, the answer in one transaction."""

import asyncio
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import cast
from uuid import UUID

from routing.jobs.pinned_roads import road_source
from routing.jobs.services import WorkerServices
from routing.store import plans
from routing.store.pinned import bundles_of
from routing.store.roads import RoadSource
from routing.use_cases.solve_means import Company, Means
from shared.job_attempt import patiently
from shared.jobs import Job, JobFailed

TARGET = "routing.use_cases.solve_plan:solve"
LOOK_EVERY_S = 0.25


async def solve_plan(job: Job) -> None:
    """Solve the plan that the job's arguments name, on the roads pinned when it was asked for.

    Raises
    ------
    JobFailed : the plan or its road graph is gone, or the request cannot be planned.
    """
    plan_id = UUID(str(job.arguments["plan_id"]))
    async with job.database.session(job.organisation) as session:
        asked = await plans.question(session, plan_id)
        if asked is None:
            raise JobFailed("The plan is gone; ask for it again.")
        bundles = await bundles_of(session, asked.pinned)
    source = await road_source(cast("WorkerServices", job.services), bundles)
    answer, shapes = await _solved(job, plan_id, asked.request_json, source)
    totals = json.loads(answer)["totals"]
    result = {"visits": totals["visits"], "points": totals["points"]}
    async with job.completion(result) as session:
        await plans.save_answer(session, plan_id, answer, shapes)


async def _solved(
    job: Job, plan_id: UUID, request_json: str, source: RoadSource
) -> tuple[str, str]:
    """Solve in a child process, which a file tells to end with the best plan so far."""
    services = cast("WorkerServices", job.services)
    with tempfile.TemporaryDirectory(prefix="ronde-solve-") as folder:
        stop = Path(folder) / "stop"
        means = Means(source, Company(services.search_processes, stop))
        watching = asyncio.create_task(_watch(job, plan_id, stop))
        try:
            answer = await job.run_child(TARGET, request_json, means, str(plan_id))
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    return cast("tuple[str, str]", answer)


async def _watch(job: Job, plan_id: UUID, stop: Path) -> None:
    """Make the file once somebody asks for the best plan so far."""
    asked = False
    while not asked:
        await asyncio.sleep(LOOK_EVERY_S)
        asked = await patiently(partial(_is_asked_to_stop, job, plan_id))
    await asyncio.to_thread(stop.touch)


async def _is_asked_to_stop(job: Job, plan_id: UUID) -> bool:
    async with job.database.session(job.organisation) as session:
        return await plans.is_asked_to_stop(session, plan_id)
