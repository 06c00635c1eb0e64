"""The job that revises a plan: edits checked in a child process, the outcome in one transaction."""

import json
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from pydantic import TypeAdapter

from routing.jobs.pinned_roads import road_source
from routing.jobs.services import WorkerServices
from routing.store import revisions
from routing.store.pinned import bundles_of
from routing.store.revisions import MadeRevision, RevisionQuestion, StoredRevision
from routing.use_cases.revise_plan import RevisionAsked, RevisionMade
from routing.use_cases.revision_messages import planned, revisable
from routing.use_cases.solve_means import Means
from shared import feed
from shared.contracts.routing.day import DayReport
from shared.contracts.routing.plans import PlanRequest
from shared.contracts.routing.revisions import PlanEdit, RestoreRevision
from shared.feed import NewEvent
from shared.field_errors import FieldError
from shared.jobs import Job, JobFailed

TARGET = "routing.use_cases.revise_plan:revise"
# On the day itself people wait for it.
READY = {TARGET: "routing.domain.improve:load_search"}
_EDITS = TypeAdapter(list[PlanEdit])


async def revise_plan(job: Job) -> None:
    """Make the revision that the job's arguments name, or keep why it is refused.

    Raises
    ------
    JobFailed : the revision, its plan or the road graph is gone
    """
    revision_id = UUID(str(job.arguments["revision_id"]))
    async with job.database.session(job.organisation) as session:
        asked = await revisions.question(session, revision_id)
        if asked is None:
            raise JobFailed("The revision is gone; ask for it again.")
        edits = _EDITS.validate_json(asked.edits_json)
        restored = next((it.revision for it in edits if isinstance(it, RestoreRevision)), None)
        before = await revisions.find(session, asked.plan_id, asked.based_on)
        base = before
        if restored is not None:
            base = await revisions.find(session, asked.plan_id, restored)
        bundles = await bundles_of(session, asked.pinned)
    if before is None or base is None:
        raise JobFailed("The revision it is based on is gone; look at the plan again.")
    wanted = _asked(asked, before, base)
    means = Means(await road_source(cast("WorkerServices", job.services), bundles))
    given = await job.run_child(TARGET, wanted.model_dump_json(), means)
    made, shapes, refusal = cast("tuple[str, str, str]", given)
    if refusal:
        await _refuse(job, revision_id, refusal)
        return
    await _save(job, revision_id, asked, made, shapes=shapes)


def _asked(asked: RevisionQuestion, before: StoredRevision, base: StoredRevision) -> RevisionAsked:
    request = PlanRequest.model_validate_json(asked.request_json)
    begun = revisable(base, request)
    if base is not before:
        # What has happened since is not undone.
        facts = revisable(before, request).standing.facts
        begun.standing = begun.standing.model_copy(update={"facts": facts})
    return RevisionAsked(
        plan_id=asked.plan_id,
        number=asked.based_on + 1,
        request=request,
        base=begun,
        before=planned(before),
        edits=_EDITS.validate_json(asked.edits_json),
        reason=asked.reason,
        day=None if asked.day_json is None else DayReport.model_validate_json(asked.day_json),
    )


async def _refuse(job: Job, revision_id: UUID, refusal: str) -> None:
    async with job.completion({"refused": True}) as session:
        await revisions.refuse(session, revision_id, refusal)


async def _save(
    job: Job, revision_id: UUID, asked: RevisionQuestion, made_json: str, *, shapes: str
) -> None:
    made = RevisionMade.model_validate_json(made_json)
    stored = MadeRevision(
        standing=made.standing.model_dump_json(),
        answer=made.answer.model_dump_json(),
        shapes=shapes,
        diff=made.diff.model_dump_json(),
        territories=sorted({it.territory for it in made.standing.extra}),
    )
    now = datetime.now(UTC)
    async with job.completion({"revision": asked.based_on + 1}) as session:
        if await revisions.save(session, revision_id, asked, stored) is None:
            detail = "Somebody else has changed the plan meanwhile; look at it again."
            late = FieldError(pointer="/based_on", detail=detail)
            await revisions.refuse(session, revision_id, json.dumps([late.model_dump()]))
            return
        told = [NewEvent("plan.overridden", asked.plan_id, now, it) for it in made.overrides]
        await feed.append(session, job.organisation, told)
