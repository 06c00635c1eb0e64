"""The job that tries a plan with other means: the work in a child process, the outcome kept."""

from typing import cast
from uuid import UUID

from routing.jobs.pinned_roads import road_source
from routing.jobs.services import WorkerServices
from routing.store import revisions, trials
from routing.store.pinned import bundles_of
from routing.use_cases.revision_messages import revisable
from routing.use_cases.solve_means import Means
from routing.use_cases.try_changes import TrialAsked
from shared.contracts.routing.forecasts import TrialRequest
from shared.contracts.routing.plans import PlanRequest
from shared.jobs import Job, JobFailed

TARGET = "routing.use_cases.try_changes:make_trial"


async def try_changes(job: Job) -> None:
    """Make the trial that the job's arguments name.

    Raises
    ------
    JobFailed : the trial, its plan or the road graph is gone
    """
    trial_id = UUID(str(job.arguments["trial_id"]))
    async with job.database.session(job.organisation) as session:
        asked = await trials.question(session, trial_id)
        if asked is None:
            raise JobFailed("The trial is gone; ask for it again.")
        stored = await revisions.find(session, asked.plan_id, asked.revision)
        bundles = await bundles_of(session, asked.pinned)
    if stored is None:
        raise JobFailed("The revision it is of is gone; look at the plan again.")
    request = PlanRequest.model_validate_json(asked.request_json)
    wanted = TrialAsked(
        plan_id=asked.plan_id,
        revision=asked.revision,
        request=request,
        base=revisable(stored, request),
        changes=TrialRequest.model_validate_json(asked.changes_json),
    )
    means = Means(await road_source(cast("WorkerServices", job.services), bundles))
    given = await job.run_child(TARGET, wanted.model_dump_json(), means)
    outcome, refusal = cast("tuple[str, str]", given)
    async with job.completion({"refused": bool(refusal)}) as session:
        await trials.save(session, trial_id, outcome=outcome or None, refusal=refusal or None)
