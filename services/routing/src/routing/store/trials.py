"""Trials of plans in the database."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from routing.store.pinned import Pinned

INSERT = text(
    "insert into plan_trial (id, organisation, plan_id, job_id, revision, changes) "
    "values (:id, :organisation, :plan_id, :job_id, :revision, cast(:changes as jsonb))"
)
QUESTION = text(
    "select t.plan_id, t.revision, t.changes::text as changes, p.request::text as request, "
    "p.graph_id, p.timetable_id from plan_trial t join plan p on p.id = t.plan_id where t.id = :id"
)
SAVE = text(
    "update plan_trial set outcome = cast(:outcome as jsonb), refusal = cast(:refusal as jsonb) "
    "where id = :id"
)
OUTCOME = text(
    "select job_id, outcome, refusal from plan_trial where id = :id and plan_id = :plan_id"
)


@dataclass(frozen=True, slots=True)
class NewTrial:
    """A trial that is asked for, of a revision of a plan."""

    id: UUID
    organisation: UUID
    plan_id: UUID
    job_id: UUID
    revision: int
    changes_json: str


@dataclass(frozen=True, slots=True)
class TrialQuestion:
    """What making a trial needs."""

    plan_id: UUID
    revision: int
    changes_json: str
    request_json: str
    pinned: Pinned


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What became of a trial."""

    job_id: UUID
    outcome: dict[str, object] | None
    refusal: list[dict[str, str]] | None


async def insert(session: AsyncSession, trial: NewTrial) -> None:
    """Store a trial asked for."""
    await session.execute(
        INSERT,
        {
            "id": trial.id,
            "organisation": trial.organisation,
            "plan_id": trial.plan_id,
            "job_id": trial.job_id,
            "revision": trial.revision,
            "changes": trial.changes_json,
        },
    )


async def question(session: AsyncSession, trial_id: UUID) -> TrialQuestion | None:
    """Return what was asked, with the question of its plan."""
    row = (await session.execute(QUESTION, {"id": trial_id})).first()
    if row is None:
        return None
    pinned = Pinned(row.graph_id, row.timetable_id)
    return TrialQuestion(row.plan_id, row.revision, row.changes, row.request, pinned)


async def save(
    session: AsyncSession, trial_id: UUID, *, outcome: str | None, refusal: str | None
) -> None:
    """Keep what came of a trial, or why it was refused, JSON texts."""
    await session.execute(SAVE, {"id": trial_id, "outcome": outcome, "refusal": refusal})


async def find(session: AsyncSession, plan_id: UUID, trial_id: UUID) -> TrialOutcome | None:
    """Say what became of a trial."""
    row = (await session.execute(OUTCOME, {"id": trial_id, "plan_id": plan_id})).first()
    return None if row is None else TrialOutcome(row.job_id, row.outcome, row.refusal)
