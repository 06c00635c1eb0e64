"""Ask for a week, or for its acceptance: kept and queued in one transaction."""

from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store import weekly_plans
from gateway.store.tables import WeeklyPlanRow
from gateway.use_cases.ask_weekly_plan import digest_of
from shared.auth import Caller
from shared.contracts.gateway import WeeklyPlanRequest
from shared.contracts.message import JobState
from shared.contracts.routing.plans import plan_id_of
from shared.jobs import Jobs
from shared.problems import conflict, not_found

PLAN_WEEK, ACCEPT_WEEK = "plan_week", "accept_week"
ENDED_BADLY = frozenset({"failed", "cancelled"})


async def request_weekly_plan(
    session: AsyncSession, jobs: Jobs, caller: Caller, wanted: WeeklyPlanRequest, *, key: str | None
) -> tuple[UUID, JobState]:
    """Keep a request and queue it; the same key and request give the same plan.

    Raises
    ------
    Problem : 422, the key came before with another request
    """
    # Keys of callers may be those of other requests at routing too, and are as long as it takes.
    routing_key = f"week {sha256((key or str(uuid4())).encode()).hexdigest()}"
    plan_id = plan_id_of(caller.organisation, routing_key)
    job = await jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind=PLAN_WEEK,
        key=key,
        arguments={"plan_id": plan_id, "request": digest_of(wanted)},
    )
    await weekly_plans.add(
        session,
        {
            "organisation": caller.organisation,
            "id": plan_id,
            "job_id": job.id,
            "starts_on": wanted.starts_on,
            "days": wanted.days,
            "request": wanted.model_dump(mode="json"),
            "routing_key": routing_key,
            "asked_within": list(caller.territories),
            "created_by": caller.subject,
        },
    )
    return plan_id, job


async def request_acceptance(
    session: AsyncSession, jobs: Jobs, caller: Caller, plan_id: UUID, *, revision: int | None
) -> JobState:
    """Queue the acceptance of a plan; one that is under way, or done, is that one.

    A revision other than the one accepted is accepted after it, in its place.

    Raises
    ------
    Problem : 404 for a plan the caller may not see, 409 for one that cannot be accepted, or while
        another revision is being accepted
    """
    row = await weekly_plans.find(session, plan_id, caller.territories, lock=True)
    if row is None:
        raise not_found("weekly plan")
    if row.step == "withdrawn":
        raise withdrawn(row)
    if row.acceptance_job_id is not None:
        state = await jobs.state(session, row.acceptance_job_id)
        if state is not None and state.state not in ENDED_BADLY and _is_of(state, revision):
            return state
    arguments: dict[str, object] = {"plan_id": plan_id}
    if revision is not None:
        arguments |= {"revision": revision, "again": row.step == "accepted"}
    number = row.acceptances + 1
    job = await jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind=ACCEPT_WEEK,
        key=f"{plan_id} {number}",
        arguments=arguments,
    )
    # A plan stays accepted while a newer revision of it is.
    step = row.step if row.step in {"withdrawing", "accepted"} else "accepting"
    await weekly_plans.change(
        session, plan_id, step=step, acceptances=number, acceptance_job_id=job.id
    )
    return job


def _is_of(acceptance: JobState, revision: int | None) -> bool:
    """Tell whether an acceptance is the one asked for.

    Raises
    ------
    Problem : 409 while that cannot be told
    """
    if revision is None:
        return True
    if acceptance.result is None:
        raise conflict("The plan is being accepted; ask for another revision once that has ended.")
    return acceptance.result["revision"] == revision


def withdrawn(row: WeeklyPlanRow) -> Exception:
    """Say that a plan could not be accepted, and what was done about it."""
    return conflict(
        f"The acceptance was undone and its visits cancelled: {row.withdrawn_because} "
        "Plan the week again."
    )
