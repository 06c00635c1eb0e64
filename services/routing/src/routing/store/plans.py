"""Plans in the database: what was asked, and what solving answered, as it was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from routing.store.pinned import Pinned
from shared.contracts.message import JobState
from shared.contracts.routing.plans import PlanRequest
from shared.sync import CHANGED_AT, REMOVED, SUBJECT, Since

INSERT = text(
    "insert into plan (id, organisation, job_id, graph_id, timetable_id, starts_on, days, "
    "territories, request, created_by) values (:id, :organisation, :job_id, :graph_id, "
    ":timetable_id, :starts_on, :days, :territories, cast(:request as jsonb), :created_by) "
    "on conflict (id) do nothing"
)
# A caller of some territories sees the plans that hold no place outside them.
IN_SCOPE = (
    "(cardinality(cast(:scope as varchar[])) = 0 or p.territories <@ cast(:scope as varchar[]))"
)
COLUMNS = (
    "p.id, p.graph_id, p.timetable_id, p.starts_on, p.days, p.created_at, p.accepted_at, "
    "j.id as job_id, j.kind, j.state, j.attempt, j.progress, j.message, j.result, "
    "j.created_at as job_created_at, j.finished_at, p.revision, p.accepted_revision, "
)
FROM = (
    "from plan p join job j on j.id = p.job_id "
    "left join plan_revision r on r.plan_id = p.id and r.number = p.revision"
)
BY_ID = text(
    f"select {COLUMNS} coalesce(r.answer, p.answer) as answer {FROM} "
    f"where p.id = :id and {IN_SCOPE}"
)
PROGRESS = text(f"select {COLUMNS} null as answer {FROM} where p.id = :id and {IN_SCOPE}")
PAGE = text(
    # Rounds and reasons of many plans are megabytes; lists tell the rest.
    f"select {COLUMNS} coalesce(r.answer, p.answer) - 'rounds' - 'unvisited' as answer {FROM} "
    f"where {IN_SCOPE} and (cast(:at as timestamptz) is null "
    "or (p.created_at, p.id) < (cast(:at as timestamptz), cast(:id as uuid))) "
    "order by p.created_at desc, p.id desc limit :limit"
)
CHANGED = text(
    "select c.changed_at, c.subject_id as changed_id, c.removed, "
    f"{COLUMNS} coalesce(r.answer, p.answer) - 'rounds' - 'unvisited' as answer {FROM} "
    "join newest_change c on c.organisation = p.organisation and c.kind = 'plan' "
    f"and c.subject_id = p.id where {IN_SCOPE} "
    "and (c.changed_at, c.subject_id) > (:moment, :id) "
    "order by c.changed_at, c.subject_id limit :limit"
)
# How far searches are shows in lists of plans, and is no change of any.
SEARCHES = text(
    "select md5(coalesce(string_agg(concat_ws('/', id, state, attempt, progress, message), ',' "
    "order by id), '')) from job where state in ('queued', 'running')"
)
SHAPES = text(
    f"select coalesce(r.shapes, p.shapes)::text as shapes {FROM} where p.id = :id and {IN_SCOPE}"
)
TIMEZONE = text("select request->>'timezone' as timezone from plan where id = :id")
REQUEST = text("select request::text as request, graph_id, timetable_id from plan where id = :id")
ANSWER = text(
    "update plan set answer = cast(:answer as jsonb), shapes = cast(:shapes as jsonb) "
    "where id = :id"
)
# Of the revisions that are accepted, the rounds somebody drives.
CALENDAR = text(
    "select p.request->>'timezone' as timezone, p.accepted_at, "  # noqa: S608 - constants
    "coalesce(r.answer, p.answer)->'rounds' as rounds from plan p "
    "left join plan_revision r on r.plan_id = p.id and r.number = p.accepted_revision "
    f"where p.accepted_at is not null and p.starts_on >= :since and {IN_SCOPE} "
    "and coalesce(r.answer, p.answer)->'rounds' "
    "@> jsonb_build_array(jsonb_build_object('inspector_ids', "
    "jsonb_build_array(cast(:inspector as text)))) order by p.starts_on, p.id"
)
ACCEPT = text(
    "update plan set accepted_at = now(), accepted_by = :by, accepted_revision = :revision "
    "where id = :id and (accepted_at is null or accepted_revision < :revision) returning id"
)

STOP = text("update plan set stop_asked_at = coalesce(stop_asked_at, now()) where id = :id")
IS_STOPPED = text("select stop_asked_at is not null as stopped from plan where id = :id")
# Which revision was accepted stays: none before it will be, or calendars would go back in time.
WITHDRAW = text(
    "update plan set accepted_at = null, accepted_by = null "
    "where id = :id and accepted_at is not null returning id"
)


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan that is asked for."""

    id: UUID
    organisation: UUID
    job_id: UUID
    pinned: Pinned
    created_by: str
    request: PlanRequest
    request_json: str


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with the state of its solving; `answer` is null until it is done."""

    id: UUID
    pinned: Pinned
    starts_on: date
    days: int
    created_at: datetime
    accepted_at: datetime | None
    revision: int
    accepted_revision: int | None
    job: JobState
    answer: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class DrivenPlan:
    """The rounds of an accepted plan, as they were answered."""

    timezone: str
    accepted_at: datetime
    rounds: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What solving needs of a plan."""

    request_json: str
    pinned: Pinned


async def insert(session: AsyncSession, plan: NewPlan) -> None:
    """Store a plan asked for; one that is there stays as it is."""
    await session.execute(
        INSERT,
        {
            "id": plan.id,
            "organisation": plan.organisation,
            "job_id": plan.job_id,
            "graph_id": plan.pinned.graph_id,
            "timetable_id": plan.pinned.timetable_id,
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


async def changed(
    session: AsyncSession, territories: Sequence[str], *, after: Since, limit: int
) -> list[dict[str, object]]:
    """List plans without rounds and reasons, the last changed last, each under `plan`."""
    given = {"moment": after.moment, "id": after.id, "limit": limit}
    found = await session.execute(CHANGED, {"scope": list(territories), **given})
    return [
        {
            CHANGED_AT: row.changed_at,
            SUBJECT: row.changed_id,
            REMOVED: row.removed,
            "plan": _stored(row),
        }
        for row in found
    ]


async def searches(session: AsyncSession) -> str:
    """Name how far the searches of the organisation are that have not ended."""
    return str((await session.execute(SEARCHES)).scalar_one())


async def shapes(session: AsyncSession, plan_id: UUID, territories: Sequence[str]) -> str | None:
    """Return the GeoJSON of a solved plan as text; None when there is none the caller may see."""
    found = await session.execute(SHAPES, {"id": plan_id, "scope": list(territories)})
    row = found.first()
    return None if row is None else row.shapes


async def timezone(session: AsyncSession, plan_id: UUID) -> str:
    """Return the time zone of a plan that is known to exist."""
    return str((await session.execute(TIMEZONE, {"id": plan_id})).scalar_one())


async def driven_by(
    session: AsyncSession, inspector_id: UUID, since: date, territories: Sequence[str]
) -> list[DrivenPlan]:
    """List the accepted plans in which an inspector drives a round."""
    given = {"inspector": str(inspector_id), "since": since, "scope": list(territories)}
    found = await session.execute(CALENDAR, given)
    return [DrivenPlan(row.timezone, row.accepted_at, row.rounds) for row in found]


async def question(session: AsyncSession, plan_id: UUID) -> PlanQuestion | None:
    """Return what was asked."""
    row = (await session.execute(REQUEST, {"id": plan_id})).first()
    if row is None:
        return None
    return PlanQuestion(row.request, Pinned(row.graph_id, row.timetable_id))


async def save_answer(session: AsyncSession, plan_id: UUID, answer: str, shapes: str) -> None:
    """Keep what solving answered, JSON texts both."""
    await session.execute(ANSWER, {"id": plan_id, "answer": answer, "shapes": shapes})


async def ask_to_stop(session: AsyncSession, plan_id: UUID) -> None:
    """Ask the search of a plan to end with the best it has found."""
    await session.execute(STOP, {"id": plan_id})


async def is_asked_to_stop(session: AsyncSession, plan_id: UUID) -> bool:
    """Say whether the search of a plan is to end with the best it has found."""
    row = (await session.execute(IS_STOPPED, {"id": plan_id})).first()
    return row is not None and bool(row.stopped)


async def accept(session: AsyncSession, plan_id: UUID, by: str, revision: int) -> bool:
    """Mark a revision of a plan accepted; False when it was, or a newer one."""
    given = {"id": plan_id, "by": by, "revision": revision}
    return (await session.execute(ACCEPT, given)).first() is not None


async def withdraw(session: AsyncSession, plan_id: UUID) -> bool:
    """Mark a plan not accepted; False when it was not."""
    return (await session.execute(WITHDRAW, {"id": plan_id})).first() is not None


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
        pinned=Pinned(it["graph_id"], it["timetable_id"]),
        starts_on=it["starts_on"],
        days=it["days"],
        created_at=it["created_at"],
        accepted_at=it["accepted_at"],
        revision=it["revision"],
        accepted_revision=it["accepted_revision"],
        job=job,
        answer=it["answer"],
    )
