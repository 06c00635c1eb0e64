"""What looks wrong with inspections, and what reviewers decided, in the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.anomaly import AnomalyState
from inspections.domain.quality import Flag
from inspections.domain.withdrawal import Moved, Seen
from inspections.store.rows import Moment, among
from inspections.store.scope import PLACES_SEEN
from inspections.store.tables import (
    AnomalyRow,
    AnomalyStepRow,
    FindingRow,
    InspectionDraftRow,
    InspectionFlagRow,
    InspectionReviewRow,
)

SEE_VOIDED = text("select set_config('app.voided', :seen, true)")
LAST_ANSWERS = text(
    "select distinct on (accommodation_id) accommodation_id, answers from inspection "
    "where accommodation_id = any(:places) and not id = any(:new) "
    "order by accommodation_id, occurred_at desc, id"
)
ELSEWHERE = text(
    "select distinct mine.id from inspection as mine "
    "join visit as here on here.organisation = mine.organisation and here.id = mine.visit_id "
    "join visit as there on there.organisation = mine.organisation "
    "and there.inspector_ids && mine.inspector_ids and there.id <> here.id "
    "and there.accommodation_id <> mine.accommodation_id "
    "where mine.id = any(:ids) and there.started_at < here.ended_at "
    "and here.started_at < there.ended_at "
    "and there.scheduled_at between here.started_at - interval '2 days' "
    "and here.started_at + interval '2 days'"
)
VOID = (
    text("update finding set voided_at = :at where inspection_id = :id"),
    text("update inspection set voided_at = :at where id = :id"),
)
REOPEN_PROPOSALS = text(
    "update reinspection set closed_at = null, inspection_id = null where inspection_id = :id"
)
QUEUE = (
    "select inspection.id, inspection.accommodation_id, accommodation.name, inspection.occurred_at,"  # noqa: S608 - names of ours
    " inspection.grade, inspection.recorded_at from inspection "
    "join accommodation on accommodation.organisation = inspection.organisation "
    "and accommodation.id = inspection.accommodation_id "
    f"where {PLACES_SEEN} and exists (select from inspection_flag as flag "
    "where flag.organisation = inspection.organisation and flag.inspection_id = inspection.id) "
    "and not exists (select from inspection_review as review "
    "where review.organisation = inspection.organisation and review.inspection_id = inspection.id) "
    "{after} order by inspection.recorded_at, inspection.id limit :limit"
)
AFTER = "and (inspection.recorded_at, inspection.id) > (:moment, :id)"


@dataclass(frozen=True, slots=True)
class Decided:
    """What a reviewer decides."""

    inspection_id: UUID
    state: str
    reason: str
    by: str
    at: datetime


async def see_voided(session: AsyncSession, *, seen: bool) -> None:
    """Let what was voided be seen until told otherwise, or until the transaction ends."""
    await session.execute(SEE_VOIDED, {"seen": "seen" if seen else ""})


async def last_answers(
    session: AsyncSession, places: Iterable[UUID], *, besides: Iterable[UUID]
) -> dict[UUID, list[dict[str, object]]]:
    """Give the answers of the last inspection of each place, besides new ones."""
    values = {"places": list(set(places)), "new": list(besides)}
    found = await session.execute(LAST_ANSWERS, values)
    return {row.accommodation_id: row.answers for row in found}


async def elsewhere(session: AsyncSession, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Tell of which inspections somebody of the team was at another place meanwhile."""
    return frozenset((await session.execute(ELSEWHERE, {"ids": list(ids)})).scalars())


async def raise_flags(
    session: AsyncSession, organisation: UUID, flags: Mapping[UUID, Sequence[Flag]]
) -> None:
    """Write what looks wrong with inspections, each once."""
    rows = [
        {
            "organisation": organisation,
            "inspection_id": id,
            "code": it.code.value,
            "detail": it.detail,
        }
        for id, its in flags.items()
        for it in its
    ]
    if rows:
        await session.execute(insert(InspectionFlagRow).values(rows).on_conflict_do_nothing())


async def queue(
    session: AsyncSession, territories: Sequence[str], *, after: Moment | None, limit: int
) -> list[RowMapping]:
    """List the inspections with flags that nobody decided about, the oldest first."""
    values: dict[str, object] = {"territories": list(territories), "limit": limit}
    if after is not None:
        values |= {"moment": after[0], "id": after[1]}
    statement = text(QUEUE.format(after="" if after is None else AFTER))
    return list((await session.execute(statement, values)).mappings())


async def flags_of(
    session: AsyncSession, ids: Iterable[object]
) -> dict[UUID, list[InspectionFlagRow]]:
    """Give what looks wrong with inspections."""
    row = InspectionFlagRow
    statement = select(row).where(among(col(row.inspection_id), ids)).order_by(col(row.code))
    found: dict[UUID, list[InspectionFlagRow]] = {}
    for it in (await session.execute(statement)).scalars():
        found.setdefault(it.inspection_id, []).append(it)
    return found


async def decisions_of(session: AsyncSession, id: UUID) -> list[InspectionReviewRow]:
    """List what was decided about an inspection, the last first."""
    row = InspectionReviewRow
    statement = select(row).where(col(row.inspection_id) == id).order_by(col(row.decided_at).desc())
    return list((await session.execute(statement)).scalars())


async def decide(session: AsyncSession, organisation: UUID, it: Decided) -> None:
    """Write a decision."""
    await session.execute(
        insert(InspectionReviewRow).values(
            organisation=organisation,
            id=uuid4(),
            inspection_id=it.inspection_id,
            state=it.state,
            reason=it.reason,
            decided_by=it.by,
            decided_at=it.at,
        )
    )


async def void(session: AsyncSession, id: UUID, at: datetime) -> None:
    """Hide an inspection and its findings; proposals it had answered stand again."""
    for statement in VOID:
        await session.execute(statement, {"id": id, "at": at})
    await session.execute(REOPEN_PROPOSALS, {"id": id})


async def touched_anomalies(session: AsyncSession, id: UUID) -> list[AnomalyRow]:
    """Find the anomalies an inspection told of or moved, kept from being moved by others."""
    told = select(col(FindingRow.anomaly_id)).where(col(FindingRow.inspection_id) == id)
    moved = select(col(AnomalyStepRow.anomaly_id)).where(col(AnomalyStepRow.inspection_id) == id)
    statement = (
        select(AnomalyRow)
        .where(col(AnomalyRow.id).in_(told.union(moved)))
        .order_by(col(AnomalyRow.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(statement)).scalars())


async def still_seen(session: AsyncSession, anomaly_id: UUID) -> list[Seen]:
    """List what findings that count say of an anomaly."""
    row = FindingRow
    statement = select(col(row.occurred_at), col(row.severity), col(row.critical)).where(
        col(row.anomaly_id) == anomaly_id, col(row.voided_at).is_(None)
    )
    return [Seen(*it) for it in await session.execute(statement)]


async def still_moved(session: AsyncSession, anomaly_id: UUID) -> list[Moved]:
    """List the steps of an anomaly that count, in the order they were recorded."""
    statement = text(
        "select kind, step.occurred_at from anomaly_step as step left join inspection "
        "on inspection.organisation = step.organisation and inspection.id = step.inspection_id "
        "where step.anomaly_id = :id and kind not in ('assigned', 'overdue') "
        "and inspection.voided_at is null order by step.recorded_at, step.occurred_at"
    )
    found = await session.execute(statement, {"id": anomaly_id})
    return [Moved(AnomalyState(kind), at) for kind, at in found]


async def keep_draft(
    session: AsyncSession,
    organisation: UUID,
    instance_id: UUID,
    *,
    form: Mapping[str, object],
    by: str,
) -> InspectionDraftRow:
    """Keep a form that is not finished, in place of what was kept before."""
    values = {"form": dict(form), "saved_by": by, "saved_at": func.now()}
    statement = (
        insert(InspectionDraftRow)
        .values(organisation=organisation, instance_id=instance_id, **values)
        .on_conflict_do_update(index_elements=["organisation", "instance_id"], set_=values)
        .returning(InspectionDraftRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def drafts_of(session: AsyncSession, by: str) -> list[InspectionDraftRow]:
    """List the forms somebody has not finished, the newest first."""
    row = InspectionDraftRow
    statement = select(row).where(col(row.saved_by) == by).order_by(col(row.saved_at).desc())
    return list((await session.execute(statement)).scalars())


async def drop_drafts(session: AsyncSession, instance_ids: Iterable[UUID]) -> int:
    """Forget forms that were sent, or given up; tell how many there were."""
    statement = (
        delete(InspectionDraftRow)
        .where(among(col(InspectionDraftRow.instance_id), instance_ids))
        .returning(col(InspectionDraftRow.instance_id))
    )
    return len((await session.execute(statement)).all())
