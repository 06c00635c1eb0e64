"""The job that solves a plan: the work in a child process, the answer in one transaction."""

import asyncio
import json
from typing import cast
from uuid import UUID

from routing.jobs.services import WorkerServices
from routing.store import graphs, plans
from shared.jobs import Job, JobFailed

TARGET = "routing.use_cases.solve_plan:solve"


async def solve_plan(job: Job) -> None:
    """Solve the plan that the job's arguments name, on the roads pinned when it was asked for.

    Raises
    ------
    JobFailed : the plan or its road graph is gone, or the request cannot be planned.
    """
    plan_id = UUID(str(job.arguments["plan_id"]))
    async with job.database.session(job.organisation) as session:
        asked = await plans.question(session, plan_id)
        graph = None
        if asked is not None and asked.graph_id is not None:
            graph = await graphs.by_id(session, asked.graph_id)
    if asked is None:
        raise JobFailed("The plan is gone; ask for it again.")
    bundle = None
    if graph is not None:
        services = cast("WorkerServices", job.services)
        bundle = str(await asyncio.to_thread(services.bundles.path, graph.bundle))
    answer, shapes = cast(
        "tuple[str, str]", await job.run_child(TARGET, asked.request_json, bundle, str(plan_id))
    )
    totals = json.loads(answer)["totals"]
    result = {"visits": totals["visits"], "points": totals["points"]}
    async with job.completion(result) as session:
        await plans.save_answer(session, plan_id, answer, shapes)
