"""Ask for a plan: refuse what cannot be planned, store the request, queue its solving."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from routing.store import plans
from routing.store.pinned import Pinned
from routing.store.plans import NewPlan
from routing.use_cases.plan_refusals import impossibilities
from shared.auth import Caller
from shared.contracts.routing.plans import PlanCreated, PlanRequest, plan_id_of
from shared.jobs import Jobs
from shared.problems import Problem

KIND = "solve_plan"
MOST_ERRORS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, with which key against repeats, on which roads and by which timetable."""

    caller: Caller
    key: str | None
    pinned: Pinned


async def request_plan(
    session: AsyncSession, jobs: Jobs, request: PlanRequest, asked: Asked
) -> PlanCreated:
    """Store a request and queue it; the same key and request give the same plan.

    Raises
    ------
    Problem : 422 for what cannot be planned, each error with its place in the request; or when
        the key came before with another request.
    """
    refuse_impossible(request, asked.caller.territories)
    body = request.model_dump_json()
    digest = request.request_digest or sha256(body.encode()).hexdigest()
    organisation = asked.caller.organisation
    plan_id = uuid4() if asked.key is None else plan_id_of(organisation, asked.key)
    job = await jobs.enqueue(
        session,
        organisation=organisation,
        subject=asked.caller.subject,
        kind=KIND,
        key=asked.key,
        arguments={"plan_id": str(plan_id), "request": digest},
    )
    await plans.insert(
        session,
        NewPlan(
            id=plan_id,
            organisation=organisation,
            job_id=job.id,
            pinned=asked.pinned,
            created_by=asked.caller.subject,
            request=request,
            request_json=body,
        ),
    )
    return PlanCreated(id=plan_id, job=job)


def refuse_impossible(request: PlanRequest, territories: tuple[str, ...]) -> None:
    """Refuse what cannot be planned.

    Raises
    ------
    Problem : 422, with one error per place of the request that is wrong.
    """
    found = impossibilities(request, territories)[:MOST_ERRORS]
    if found:
        detail = f"{found[0].pointer}: {found[0].detail}"
        raise Problem(422, "invalid-request", detail, errors=found)
