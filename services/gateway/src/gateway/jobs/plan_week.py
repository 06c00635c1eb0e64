"""The job that plans a week: places and priorities are gathered, then routing is asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from gateway.clients.services import Services
from gateway.jobs.services import WorkerServices, patiently
from gateway.store import known_scores, weekly_plans
from gateway.store.tables import WeeklyPlanRow
from gateway.use_cases.ask_weekly_plan import (
    Gathered,
    Known,
    ask_weekly_plan,
    draw_week,
    gather_week,
    list_week_priorities,
)
from shared.contracts.audits import AuditPick
from shared.contracts.gateway import WeeklyPlanRequest
from shared.contracts.scoring import PriorityPage
from shared.http import ActingFor
from shared.jobs import Job, JobFailed
from shared.problems import Problem

# Scores of yesterday are better than no plan today.
SCORING_PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class _Week:
    """A week to plan, and what to plan it with."""

    job: Job
    services: Services
    auth: ActingFor
    wanted: WeeklyPlanRequest
    row: WeeklyPlanRow


async def plan_week(job: Job) -> None:
    """Plan the week that the job's arguments name.

    Done again after a crash, it gives the plan that routing made first.

    Raises
    ------
    JobFailed : the week is gone, or a service stayed away
    """
    week = await _read(job)
    try:
        gathered = await _gather(week)
        await patiently(
            job,
            lambda: ask_weekly_plan(
                week.services, week.auth, week.wanted, gathered, key=week.row.routing_key
            ),
        )
    except Problem as problem:
        await _refuse(job, week.row.id, problem)
        return
    async with job.completion({"candidates": len(gathered.candidates)}) as session:
        await weekly_plans.change(
            session,
            week.row.id,
            step="asked",
            candidates=len(gathered.candidates),
            territories=gathered.territories,
            unplaced=gathered.unplaced,
            notices=[it.model_dump() for it in gathered.notices],
        )


async def _read(job: Job) -> _Week:
    async with job.database.session(job.organisation) as session:
        row = await weekly_plans.find(session, UUID(str(job.arguments["plan_id"])))
    if row is None:
        raise JobFailed("The week is gone; ask for it again.")
    worker = cast("WorkerServices", job.services)
    return _Week(
        job=job,
        services=worker.services,
        auth=worker.acting_for(job, row.asked_within),
        wanted=WeeklyPlanRequest.model_validate(row.request),
        row=row,
    )


async def _refuse(job: Job, plan_id: UUID, problem: Problem) -> None:
    """Keep what a service refused, for who asked to read; asking again would not help."""
    refusal = {
        "status": problem.status,
        "slug": problem.slug,
        "detail": problem.detail,
        "errors": [it.model_dump() for it in problem.errors],
    }
    async with job.completion({"refused": problem.slug}) as session:
        await weekly_plans.change(session, plan_id, step="refused", refusal=refusal)


async def _gather(week: _Week) -> Gathered:
    scores, told_at = await _scores(week)
    known = Known(scores, told_at, None if told_at or scores is None else await _drawn(week))
    return await patiently(
        week.job, lambda: gather_week(week.services, week.auth, week.wanted, known)
    )


async def _drawn(week: _Week) -> list[AuditPick] | None:
    """Have the week drawn for audit; None where scoring stays away."""
    try:
        return await patiently(
            week.job,
            lambda: draw_week(week.services, week.auth, week.wanted),
            patience_s=SCORING_PATIENCE_S,
        )
    except JobFailed:
        return None


async def _scores(week: _Week) -> tuple[PriorityPage | None, datetime | None]:
    """Return the scores of now; where scoring is away, those last told, and when that was."""
    job = week.job
    try:
        page = await patiently(
            job,
            lambda: list_week_priorities(week.services, week.auth, week.wanted),
            patience_s=SCORING_PATIENCE_S,
        )
    except JobFailed:
        async with job.database.session(job.organisation) as session:
            return await known_scores.last(session) or (None, None)
    # What is told of some territories is not all an organisation knows.
    if not week.row.asked_within:
        async with job.database.session(job.organisation) as session:
            await known_scores.keep(session, job.organisation, page)
    return page, None
