"""Revisions of plans in the database; revision 0, the plan as it was solved, is in its plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from routing.store.pinned import Pinned

INSERT = text(
    "insert into plan_revision (id, organisation, plan_id, job_id, based_on, author, reason, "
    "edits, day) values (:id, :organisation, :plan_id, :job_id, :based_on, :author, :reason, "
    "cast(:edits as jsonb), cast(:day as jsonb)) on conflict (id) do nothing"
)
QUESTION = text(
    "select r.plan_id, r.based_on, r.edits::text as edits, r.day::text as day, r.reason, "
    "p.request::text as request, p.graph_id, p.timetable_id "
    "from plan_revision r join plan p on p.id = r.plan_id where r.id = :id"
)
# Whoever saves first takes the number; the others find the plan changed.
TAKE_NUMBER = text(
    "update plan set revision = revision + 1, territories = array(select distinct unnest("
    "territories || cast(:territories as varchar[])) order by 1) "
    "where id = :plan_id and revision = :based_on returning revision"
)
SAVE = text(
    "update plan_revision set number = :number, standing = cast(:standing as jsonb), "
    "answer = cast(:answer as jsonb), shapes = cast(:shapes as jsonb), "
    "diff = cast(:diff as jsonb) where id = :id"
)
REFUSE = text("update plan_revision set refusal = cast(:refusal as jsonb) where id = :id")
OUTCOME = text("select number, refusal from plan_revision where id = :id and plan_id = :plan_id")
# The plan as it was solved reads as a revision too.
EVERY = (
    "select p.id as plan_id, 0 as number, null::integer as based_on, p.created_by as author, "
    "'' as reason, '[]'::jsonb as edits, null::jsonb as day, null::jsonb as standing, "
    "p.answer, p.shapes, null::jsonb as diff, p.created_at, "
    "p.accepted_at is not null and p.accepted_revision = 0 as accepted, p.territories from plan p "
    "where p.id = :plan_id and p.answer is not null "
    "union all "
    "select r.plan_id, r.number, r.based_on, r.author, r.reason, r.edits, r.day, r.standing, "
    "r.answer, r.shapes, r.diff, r.created_at, "
    "p.accepted_at is not null and p.accepted_revision = r.number, p.territories "
    "from plan_revision r join plan p on p.id = r.plan_id "
    "where r.plan_id = :plan_id and r.number is not null"
)
COLUMNS = "plan_id, number, based_on, author, reason, edits, day, diff, created_at, accepted"
ONE = text(
    f"select {COLUMNS}, standing, answer from ({EVERY}) as every where number = :number"  # noqa: S608 - constants
)
PAGE = text(
    f"select {COLUMNS}, null as standing, answer - 'rounds' - 'unvisited' as answer "  # noqa: S608 - constants
    f"from ({EVERY}) as every where number < :before order by number desc limit :limit"
)


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A revision that is asked for."""

    id: UUID
    organisation: UUID
    plan_id: UUID
    job_id: UUID
    based_on: int
    author: str
    reason: str
    edits_json: str
    day_json: str | None


@dataclass(frozen=True, slots=True)
class RevisionQuestion:
    """What making a revision needs."""

    plan_id: UUID
    based_on: int
    edits_json: str
    day_json: str | None
    reason: str
    request_json: str
    pinned: Pinned


@dataclass(frozen=True, slots=True)
class MadeRevision:
    """A revision that holds, as JSON texts; `territories` are those of places added to the plan."""

    standing: str
    answer: str
    shapes: str
    diff: str
    territories: list[str]


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """A revision of a plan; `standing` is null for the plan as it was solved."""

    plan_id: UUID
    number: int
    based_on: int | None
    author: str
    reason: str
    edits: list[object]
    day: dict[str, object] | None
    created_at: datetime
    accepted: bool
    standing: dict[str, object] | None
    answer: dict[str, object]
    diff: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a revision asked for: its number, or why it was refused."""

    number: int | None
    refusal: list[dict[str, str]] | None


async def insert(session: AsyncSession, revision: NewRevision) -> None:
    """Store a revision asked for; one that is there stays as it is."""
    await session.execute(
        INSERT,
        {
            "id": revision.id,
            "organisation": revision.organisation,
            "plan_id": revision.plan_id,
            "job_id": revision.job_id,
            "based_on": revision.based_on,
            "author": revision.author,
            "reason": revision.reason,
            "edits": revision.edits_json,
            "day": revision.day_json,
        },
    )


async def question(session: AsyncSession, revision_id: UUID) -> RevisionQuestion | None:
    """Return what was asked, with the question of its plan."""
    row = (await session.execute(QUESTION, {"id": revision_id})).first()
    if row is None:
        return None
    pinned = Pinned(row.graph_id, row.timetable_id)
    return RevisionQuestion(
        row.plan_id, row.based_on, row.edits, row.day, row.reason, row.request, pinned
    )


async def save(
    session: AsyncSession, revision_id: UUID, asked: RevisionQuestion, made: MadeRevision
) -> int | None:
    """Make a revision the current one; None when the plan was changed meanwhile."""
    taken = {"plan_id": asked.plan_id, "based_on": asked.based_on}
    row = (await session.execute(TAKE_NUMBER, {**taken, "territories": made.territories})).first()
    if row is None:
        return None
    given = {"standing": made.standing, "answer": made.answer, "shapes": made.shapes}
    await session.execute(
        SAVE, {"id": revision_id, "number": row.revision, "diff": made.diff, **given}
    )
    return int(row.revision)


async def refuse(session: AsyncSession, revision_id: UUID, refusal: str) -> None:
    """Keep why a revision was refused, JSON text."""
    await session.execute(REFUSE, {"id": revision_id, "refusal": refusal})


async def outcome(session: AsyncSession, plan_id: UUID, revision_id: UUID) -> Outcome | None:
    """Say what became of a revision asked for."""
    row = (await session.execute(OUTCOME, {"id": revision_id, "plan_id": plan_id})).first()
    return None if row is None else Outcome(row.number, row.refusal)


async def find(session: AsyncSession, plan_id: UUID, number: int) -> StoredRevision | None:
    """Return a revision of a plan, which the caller has been found to see."""
    row = (await session.execute(ONE, {"plan_id": plan_id, "number": number})).first()
    return None if row is None else _stored(row)


async def page(
    session: AsyncSession, plan_id: UUID, *, before: int, limit: int
) -> Sequence[StoredRevision]:
    """List revisions without rounds and reasons, newest first."""
    given = {"plan_id": plan_id, "before": before, "limit": limit}
    return [_stored(row) for row in await session.execute(PAGE, given)]


def _stored(row: Row[tuple[object, ...]]) -> StoredRevision:
    it = row._mapping  # noqa: SLF001 - the documented name of a row's mapping
    return StoredRevision(
        plan_id=it["plan_id"],
        number=it["number"],
        based_on=it["based_on"],
        author=it["author"],
        reason=it["reason"],
        edits=it["edits"],
        day=it["day"],
        created_at=it["created_at"],
        accepted=bool(it["accepted"]),
        standing=it["standing"],
        answer=it["answer"],
        diff=it["diff"],
    )
