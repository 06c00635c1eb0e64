"""The job that accepts a plan: visits for its stops, or nothing at all."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from gateway.clients import routing
from gateway.jobs.services import WorkerServices, patiently
from gateway.store import weekly_plans
from gateway.store.tables import WeeklyPlanRow
from gateway.use_cases.accept_weekly_plan import make_visits, withdraw
from shared import feed
from shared.contracts.gateway import Acceptance, WeeklyPlanAccepted, WeeklyPlanWithdrawn
from shared.feed import NewEvent
from shared.http import ActingFor
from shared.jobs import Job, JobFailed, StaleAttemptError
from shared.problems import Problem, conflict


async def accept_week(job: Job) -> None:
    """Accept the plan, or the newer revision, that the job's arguments name.

    Every step may be done again.

    When the record refuses its visits for good, what was done is undone: the decision to undo is
    kept first, so that no later attempt goes on instead.

    Raises
    ------
    JobFailed : routing refuses the plan, or a service stayed away
    """
    plan_id = UUID(str(job.arguments["plan_id"]))
    async with job.database.session(job.organisation) as session:
        row = await weekly_plans.find(session, plan_id)
    if row is None:
        raise JobFailed("The week is gone; ask for it again.")
    worker = cast("WorkerServices", job.services)
    auth = worker.acting_for(job, row.territories or row.asked_within)
    if row.step == "withdrawing":
        await _withdraw(job, worker, auth, row)
        return
    if job.arguments.get("again"):
        await _accept_newer(job, worker, auth, row)
        return
    revision = cast("int | None", job.arguments.get("revision"))
    try:
        plan = await patiently(
            job, lambda: routing.accept_plan(worker.services.routing, auth, plan_id, revision)
        )
    except Problem as problem:
        async with job.database.session(job.organisation) as session:
            await weekly_plans.change(session, plan_id, step="asked")
        raise JobFailed(problem.detail) from problem
    try:
        made = await patiently(
            job, lambda: make_visits(worker.services, auth, plan_id, plan.rounds)
        )
    except Problem as problem:
        await _decide_to_withdraw(job, plan_id, problem)
        await _withdraw(job, worker, auth, row)
        return
    # Nobody else makes visits of this plan, so a repeat of a step made no more of them.
    ids, accepted_revision = made.ids, plan.accepted_revision or 0
    accepted = Acceptance(
        plan_id=plan_id, revision=accepted_revision, created=len(ids), unchanged=0, ids=ids
    )
    await _complete(job, row, accepted)


async def _accept_newer(
    job: Job, worker: WorkerServices, auth: ActingFor, row: WeeklyPlanRow
) -> None:
    """Put a newer revision in the place of the one accepted: in the record first, then at routing.

    What the record refuses leaves both as they were.
    """
    services, number = worker.services, int(str(job.arguments["revision"]))
    try:
        newer = await patiently(
            job, lambda: routing.get_revision(services.routing, auth, row.id, number)
        )
        if not newer.certificate.accepted:
            raise conflict("The checker refused this revision; ask for another one.")
        current = routing.PlanSummary.model_validate_json(
            await patiently(job, lambda: routing.get_plan(services.routing, auth, row.id))
        )
        if (current.accepted_revision or 0) > number:
            raise conflict("A newer revision is accepted; restore this one, and accept that.")
        made = await patiently(job, lambda: make_visits(services, auth, row.id, newer.rounds))
        await patiently(job, lambda: routing.accept_plan(services.routing, auth, row.id, number))
    except Problem as problem:
        raise JobFailed(problem.detail) from problem
    accepted = Acceptance(
        plan_id=row.id,
        revision=number,
        created=made.created,
        unchanged=len(made.ids) - made.created,
        ids=made.ids,
    )
    await _complete(job, row, accepted)


async def _complete(job: Job, row: WeeklyPlanRow, accepted: Acceptance) -> None:
    told = WeeklyPlanAccepted(
        starts_on=row.starts_on,
        days=row.days,
        visits=len(accepted.ids),
        revision=accepted.revision,
    )
    async with job.completion(accepted.model_dump(mode="json")) as session:
        await weekly_plans.change(session, row.id, step="accepted")
        event = NewEvent("weekly_plan.accepted", row.id, datetime.now(UTC), told)
        await feed.append(session, job.organisation, [event])


async def _decide_to_withdraw(job: Job, plan_id: UUID, problem: Problem) -> None:
    # An attempt that no longer holds the job ends here, and decides nothing.
    await job.progress(0.5, "undoes the acceptance")
    async with job.database.session(job.organisation) as session:
        if not await weekly_plans.decide_to_withdraw(session, plan_id, problem.detail):
            raise StaleAttemptError


async def _withdraw(job: Job, worker: WorkerServices, auth: ActingFor, row: WeeklyPlanRow) -> None:
    await patiently(job, lambda: withdraw(worker.services, auth, row.id))
    told = WeeklyPlanWithdrawn(starts_on=row.starts_on, days=row.days)
    async with job.completion({"withdrawn": True}) as session:
        await weekly_plans.change(session, row.id, step="withdrawn")
        event = NewEvent("weekly_plan.withdrawn", row.id, datetime.now(UTC), told)
        await feed.append(session, job.organisation, [event])
