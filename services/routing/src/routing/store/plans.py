"""Plans in the database: what was asked, and what solving answered, as it was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.message import JobState
from shared.contracts.routing import PlanRequest

INSERT = text(
    "insert into plan (id, organisation, job_id, graph_id, starts_on, days, territories, request, "
    "created_by) values (:id, :organisation, :job_id, :graph_id, :starts_on, :days, "
    ":territories, cast(:request as jsonb), :created_by) on conflict (id) do nothing"
)
# A caller of some territories sees the plans that hold no place outside them.
IN_SCOPE = (
    "(cardinality(cast(:scope as varchar[])) = 0 or p.territories <@ cast(:scope as varchar[]))"
)
COLUMNS = (
    "p.id, p.graph_id, p.starts_on, p.days, p.created_at, p.accepted_at, j.id as job_id, j.kind, "
    "j.state, j.attempt, j.progress, j.message, j.result, j.created_at as job_created_at, "
    "j.finished_at, "
)
FROM = "from plan p join job j on j.id = p.job_id"
BY_ID = text(f"select {COLUMNS} p.answer {FROM} where p.id = :id and {IN_SCOPE}")
PROGRESS = text(f"select {COLUMNS} null as answer {FROM} where p.id = :id and {IN_SCOPE}")
PAGE = text(
    # Rounds and reasons of many plans are megabytes; lists tell the rest.
    f"select {COLUMNS} p.answer - 'rounds' - 'unvisited' as answer {FROM} "
    f"where {IN_SCOPE} and (cast(:at as timestamptz) is null "
    "or (p.created_at, p.id) < (cast(:at as timestamptz), cast(:id as uuid))) "
    "order by p.created_at desc, p.id desc limit :limit"
)
SHAPES = text(
    f"select p.shapes::text as shapes from plan p where p.id = :id and {IN_SCOPE}"  # noqa: S608
)
REQUEST = text("select request::text as request, graph_id from plan where id = :id")
ANSWER = text(
    "update plan set answer = cast(:answer as jsonb), shapes = cast(:shapes as jsonb) "
    "where id = :id"
)
ACCEPT = text(
    "update plan set accepted_at = now(), accepted_by = :by "
    "where id = :id and accepted_at is null returning id"
)


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan that is asked for."""

    id: UUID
    organisation: UUID
    job_id: UUID
    graph_id: UUID | None
    created_by: str
    request: PlanRequest
    request_json: str


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with the state of its solving; `answer` is null until it is done."""

    id: UUID
    graph_id: UUID | None
    starts_on: date
    days: int
    created_at: datetime
    accepted_at: datetime | None
    job: JobState
    answer: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What solving needs of a plan."""

    request_json: str
    graph_id: UUID | None


async def insert(session: AsyncSession, plan: NewPlan) -> None:
    """Store a plan asked for; one that is there stays as it is."""
    await session.execute(
        INSERT,
        {
            "id": plan.id,
            "organisation": plan.organisation,
            "job_id": plan.job_id,
            "graph_id": plan.graph_id,
            "starts_on": plan.request.starts_on,
            "days": plan.request.days,
            "territories": sorted({place.territory for place in plan.request.candidates}),
            "request": plan.request_json,
            "created_by": plan.created_by,
        },
    )


async def find(
    session: AsyncSession, plan_id: UUID, territories: Sequence[str]
) -> StoredPlan | None:
    """Return a plan the caller may see."""
    found = await session.execute(BY_ID, {"id": plan_id, "scope": list(territories)})
    row = found.first()
    return None if row is None else _stored(row)


async def progress(
    session: AsyncSession, plan_id: UUID, territories: Sequence[str]
) -> JobState | None:
    """Return how far solving is, without reading the plan."""
    found = await session.execute(PROGRESS, {"id": plan_id, "scope": list(territories)})
    row = found.first()
    return None if row is None else _stored(row).job


async def page(
    session: AsyncSession,
    territories: Sequence[str],
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[StoredPlan]:
    """List plans without rounds and reasons, newest first, from the one after `before`."""
    at, plan_id = before or (None, None)
    found = await session.execute(
        PAGE, {"scope": list(territories), "at": at, "id": plan_id, "limit": limit}
    )
    return [_stored(row) for row in found]


async def shapes(session: AsyncSession, plan_id: UUID, territories: Sequence[str]) -> str | None:
    """Return the GeoJSON of a solved plan as text; None when there is none the caller may see."""
    found = await session.execute(SHAPES, {"id": plan_id, "scope": list(territories)})
    row = found.first()
    return None if row is None else row.shapes


async def question(session: AsyncSession, plan_id: UUID) -> PlanQuestion | None:
    """Return what was asked."""
    row = (await session.execute(REQUEST, {"id": plan_id})).first()
    return None if row is None else PlanQuestion(row.request, row.graph_id)


async def save_answer(session: AsyncSession, plan_id: UUID, answer: str, shapes: str) -> None:
    """Keep what solving answered, JSON texts both."""
    await session.execute(ANSWER, {"id": plan_id, "answer": answer, "shapes": shapes})


async def accept(session: AsyncSession, plan_id: UUID, by: str) -> bool:
    """Mark a plan accepted; False when it was before."""
    return (await session.execute(ACCEPT, {"id": plan_id, "by": by})).first() is not None


def _stored(row: Row[tuple[object, ...]]) -> StoredPlan:
    it = row._mapping  # noqa: SLF001 - the documented name of a row's mapping
    job = JobState(
        id=it["job_id"],
        kind=it["kind"],
        state=it["state"],
        attempt=it["attempt"],
        progress=it["progress"],
        message=it["message"],
        result=it["result"],
        created_at=it["job_created_at"],
        finished_at=it["finished_at"],
    )
    return StoredPlan(
        id=it["id"],
        graph_id=it["graph_id"],
        starts_on=it["starts_on"],
        days=it["days"],
        created_at=it["created_at"],
        accepted_at=it["accepted_at"],
        job=job,
        answer=it["answer"],
    )
