"""Ask for a revision of a plan: store the edits, queue their checking."""

import json
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID, uuid4, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from routing.store import plans, revisions
from routing.store.plans import StoredPlan
from routing.store.revisions import NewRevision
from shared.auth import Caller
from shared.contracts.message import JobState
from shared.contracts.routing.revisions import AddVisit, RestoreRevision, RevisionRequest
from shared.field_errors import FieldError
from shared.jobs import Jobs
from shared.problems import Problem, conflict, not_found

KIND = "revise_plan"


@dataclass(frozen=True, slots=True)
class AskedRevision:
    """A revision that is worked on."""

    id: UUID
    job: JobState


async def request_revision(
    session: AsyncSession,
    jobs: Jobs,
    caller: Caller,
    plan_id: UUID,
    *,
    asked: RevisionRequest,
    key: str | None,
) -> AskedRevision:
    """Store a revision and queue it; the same key and request give the same revision.

    Raises
    ------
    Problem : 404 for a plan the caller may not see, 409 when it is not solved or was changed
        meanwhile, 422 for what cannot be or when the key came before with another request.
    """
    stored = await _solved(session, caller, plan_id)
    _refuse_impossible(asked, caller)
    whose = f"revision of {plan_id} {key}"
    revision_id = uuid4() if key is None else uuid5(caller.organisation, whose)
    repeated = await revisions.outcome(session, plan_id, revision_id) is not None
    if not repeated and stored.revision != asked.based_on:
        now = f"The plan is at revision {stored.revision} by now, not {asked.based_on}"
        raise conflict(f"{now}; look at it again.")
    job = await jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind=KIND,
        key=None if key is None else whose,
        arguments={"revision_id": str(revision_id), "request": _digest(asked)},
    )
    await revisions.insert(
        session,
        NewRevision(
            id=revision_id,
            organisation=caller.organisation,
            plan_id=plan_id,
            job_id=job.id,
            based_on=asked.based_on,
            author=caller.subject,
            reason=asked.reason,
            edits_json=json.dumps([it.model_dump(mode="json") for it in asked.edits]),
            day_json=None if asked.day is None else asked.day.model_dump_json(),
        ),
    )
    return AskedRevision(revision_id, job)


async def _solved(session: AsyncSession, caller: Caller, plan_id: UUID) -> StoredPlan:
    stored = await plans.find(session, plan_id, caller.territories)
    if stored is None:
        raise not_found("plan")
    if stored.answer is None:
        raise conflict(f"The plan is {stored.job.state}; only a solved plan can be revised.")
    return stored


def _digest(asked: RevisionRequest) -> str:
    return sha256(asked.model_dump_json().encode()).hexdigest()


def _refuse_impossible(asked: RevisionRequest, caller: Caller) -> None:
    found = []
    for number, edit in enumerate(asked.edits):
        pointer = f"/edits/{number}"
        if isinstance(edit, RestoreRevision) and len(asked.edits) > 1:
            detail = "Restore a revision in a request of its own."
            found.append(FieldError(pointer=pointer, detail=detail))
        if isinstance(edit, RestoreRevision) and edit.revision >= asked.based_on:
            detail = "Only an earlier revision can be restored."
            found.append(FieldError(pointer=f"{pointer}/revision", detail=detail))
        place = edit.candidate if isinstance(edit, AddVisit) else None
        outside = place is not None and place.territory not in caller.territories
        if caller.territories and outside:
            detail = "Outside the territories of the caller."
            found.append(FieldError(pointer=f"{pointer}/candidate/territory", detail=detail))
    if found:
        detail = f"{found[0].pointer}: {found[0].detail}"
        raise Problem(422, "invalid-request", detail, errors=found)
