"""Anomalies in the database."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.anomaly import UNDONE, AnomalyState, Course, Responsibility
from inspections.domain.checklist import Scope
from inspections.domain.continuity import Anomaly, Subject
from inspections.store.listed import Listing, newest
from inspections.store.rows import (
    Moment,
    Row,
    among,
    columns,
    insert_rows,
    values_of,
)
from inspections.store.scope import at_places_in
from inspections.store.tables import (
    AccommodationRow,
    AnomalyPastRow,
    AnomalyRow,
    AnomalyStepRow,
    FindingRow,
)

# What an inspection may change of an anomaly.
COURSE = (
    "state",
    "state_since",
    "severity",
    "critical",
    "first_seen_at",
    "last_seen_at",
    "due_at",
    "sightings",
    "false_claims",
    "review_on",
)
# What is kept of how an anomaly stood, beside the moments between which that was known.
STOOD = (
    "organisation",
    "known_from",
    "accommodation_id",
    "state",
    "state_since",
    "severity",
    "critical",
    "first_seen_at",
    "due_at",
    "responsibility",
    "repeat_of",
)
A_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class AnomalyFilter:
    """What to list; None and empty keep everything."""

    territories: Sequence[str] = ()
    accommodation_id: UUID | None = None
    states: Sequence[str] = ()
    responsibility: str | None = None
    category: str | None = None
    critical: bool | None = None
    repeat: bool | None = None
    severity_min: int = 1
    overdue_at: datetime | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        row = AnomalyRow
        yield at_places_in(col(row.accommodation_id), self.territories)
        yield col(row.severity) >= self.severity_min
        for name in ("accommodation_id", "responsibility", "category", "critical"):
            if getattr(self, name) is not None:
                yield col(getattr(row, name)) == getattr(self, name)
        if self.states:
            yield col(row.state).in_(self.states)
        if self.repeat is not None:
            yield col(row.repeat_of).is_not(None) == self.repeat
        if self.overdue_at is not None:
            yield is_overdue(self.overdue_at)


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Keep what missed its deadline and is not said to be put right."""
    return and_(_is_undone(), col(AnomalyRow.due_at) < now)


async def last_missed(session: AsyncSession, now: datetime) -> datetime | None:
    """Give the deadline that was missed last; None before any. What is overdue changes with it."""
    statement = select(func.max(col(AnomalyRow.due_at))).where(is_overdue(now))
    moment: datetime | None = (await session.execute(statement)).scalar_one()
    return moment


def _is_undone() -> ColumnElement[bool]:
    # Literals, in which the planner recognises the index on deadlines.
    states: BindParameter[list[str]] = bindparam(
        "undone", sorted(UNDONE), expanding=True, literal_execute=True
    )
    return col(AnomalyRow.state).in_(states)


async def page(
    session: AsyncSession,
    wanted: AnomalyFilter,
    names: Sequence[str],
    *,
    after: Moment | None,
    limit: int,
) -> list[dict[str, object]]:
    """List anomalies by the columns `names`, last seen first; the longest overdue first."""
    if wanted.overdue_at is None:
        listing = Listing(AnomalyRow, names, by="last_seen_at")
        return await newest(session, listing, wanted.conditions(), after=after, limit=limit)
    order = (col(AnomalyRow.due_at), col(AnomalyRow.id))
    statement = columns(AnomalyRow, names).where(*wanted.conditions()).order_by(*order)
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    return await values_of(session, statement.limit(limit))


async def by_id(
    session: AsyncSession, id: UUID, territories: Sequence[str], *, lock: bool = False
) -> AnomalyRow | None:
    """Find an anomaly of a place of these territories; `lock` keeps others from moving it."""
    statement = select(AnomalyRow).where(
        col(AnomalyRow.id) == id, at_places_in(col(AnomalyRow.accommodation_id), territories)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def by_ids(session: AsyncSession, ids: Iterable[object]) -> list[AnomalyRow]:
    """Find anomalies and keep others from moving them, the worst first."""
    statement = (
        select(AnomalyRow)
        .where(among(col(AnomalyRow.id), ids))
        .order_by(col(AnomalyRow.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = list((await session.execute(statement)).scalars())
    return sorted(rows, key=lambda it: (-it.severity, it.item, it.room or "", it.id))


async def steps_of(session: AsyncSession, anomaly_id: UUID) -> list[AnomalyStepRow]:
    """List what happened to an anomaly, in the order it was recorded."""
    row = AnomalyStepRow
    statement = (
        select(row)
        .where(col(row.anomaly_id) == anomaly_id)
        .order_by(col(row.recorded_at), col(row.occurred_at), col(row.id))
    )
    return list((await session.execute(statement)).scalars())


async def step_sent_as(session: AsyncSession, anomaly_id: UUID, key: str) -> AnomalyStepRow | None:
    """Find the step that came with a key."""
    row = AnomalyStepRow
    statement = select(row).where(col(row.anomaly_id) == anomaly_id, col(row.sent_as) == key)
    return (await session.execute(statement)).scalar_one_or_none()


async def findings_of(session: AsyncSession, anomaly_id: UUID) -> list[FindingRow]:
    """List the findings of an anomaly, oldest first."""
    statement = (
        select(FindingRow)
        .where(col(FindingRow.anomaly_id) == anomaly_id)
        .order_by(col(FindingRow.occurred_at), col(FindingRow.id))
    )
    return list((await session.execute(statement)).scalars())


async def lock_places(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Keep other inspections of these places waiting; return their territories."""
    place = AccommodationRow
    statement = (
        select(col(place.id), col(place.territory))
        .where(among(col(place.id), ids))
        .order_by(col(place.id))
        # Rows that refer to the place need not wait.
        .with_for_update(key_share=True)
    )
    return {row.id: row.territory for row in await session.execute(statement)}


async def of_places(
    session: AsyncSession, earliest: Mapping[UUID, datetime]
) -> dict[Subject, list[Anomaly]]:
    """Find, by subject, what a sighting may continue or repeat: by place, from a moment on.

    Nobody moves them until the transaction ends.
    """
    row = AnomalyRow
    if not earliest:
        return {}
    since = min(earliest.values()) - A_YEAR
    statement = (
        select(row)
        .where(
            among(col(row.accommodation_id), earliest),
            or_(col(row.state) != AnomalyState.verified, col(row.state_since) >= since),
        )
        .order_by(col(row.id))
        # A person may be moving one of them: what was said must not be written over.
        .with_for_update()
    )
    found: dict[Subject, list[Anomaly]] = {}
    # Read anew: another inspection may have moved them since this session first saw them.
    options = {"populate_existing": True}
    for it in (await session.execute(statement, execution_options=options)).scalars():
        anomaly = anomaly_of(it)
        found.setdefault(anomaly.subject, []).append(anomaly)
    return found


def anomaly_of(row: AnomalyRow) -> Anomaly:
    """Read a stored anomaly."""
    return Anomaly(
        id=row.id,
        subject=Subject(row.accommodation_id, row.item, row.room),
        category=row.category,
        scope=Scope(row.scope),
        responsibility=Responsibility(row.responsibility),
        course=course_of(row),
        known_at=row.known_at,
        known_from=row.known_from,
        repeat_of=row.repeat_of,
        repeats=row.repeats,
    )


def course_of(row: AnomalyRow) -> Course:
    """Read where a stored anomaly stands."""
    values = {name: getattr(row, name) for name in COURSE}
    return Course(**values | {"state": AnomalyState(row.state)})


def keep_past(session: AsyncSession, row: AnomalyRow, now: datetime) -> None:
    """Keep how an anomaly stood until now, before it is changed."""
    if now > row.known_from:
        stood = {name: getattr(row, name) for name in STOOD}
        session.add(AnomalyPastRow(anomaly_id=row.id, known_until=now, **stood))
        row.known_from = now


def set_course(row: AnomalyRow, course: Course) -> None:
    """Let a row stand where its course stands."""
    for name in COURSE:
        setattr(row, name, getattr(course, name))


async def insert_new(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Insert anomalies."""
    await insert_rows(session, AnomalyRow, rows)


async def insert_past(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Insert how anomalies stood before something else was known of them."""
    await insert_rows(session, AnomalyPastRow, rows)


async def insert_steps(session: AsyncSession, steps: Sequence[Row]) -> None:
    """Insert what happened to anomalies."""
    await insert_rows(session, AnomalyStepRow, steps)


async def update_courses(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Keep where anomalies stand now; `rows` have id, `known_from` and the columns of `COURSE`."""
    if not rows:
        return
    changes = ", ".join(f"{name} = new.{name}" for name in ("known_from", *COURSE))
    await session.execute(
        text(
            f"update anomaly set {changes}, revision = anomaly.revision + 1, updated_at = now() "  # noqa: S608 - names of ours
            "from jsonb_populate_recordset(null::anomaly, cast(:rows as jsonb)) as new "
            "where anomaly.id = new.id"
        ),
        {"rows": json.dumps(rows)},
    )


async def overdue_untold(session: AsyncSession, now: datetime, limit: int) -> list[AnomalyRow]:
    """Find what missed its deadline and was not told yet, leaving what somebody else is at."""
    statement = (
        select(AnomalyRow)
        .where(is_overdue(now), col(AnomalyRow.overdue_told_at).is_(None))
        .order_by(col(AnomalyRow.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(statement)).scalars())


async def to_review(session: AsyncSession, day: date, limit: int) -> list[AnomalyRow]:
    """Find accepted risks whose day of review has come, leaving what somebody else is at."""
    statement = (
        select(AnomalyRow)
        .where(col(AnomalyRow.state) == "accepted_risk", col(AnomalyRow.review_on) <= day)
        .order_by(col(AnomalyRow.review_on))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(statement)).scalars())
