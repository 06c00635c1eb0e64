"""Record inspections: grade them, close their visits and tell it, all or none."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.checklist import Checklist
from inspections.store import accommodations, checklists, inspections, visits
from inspections.store.attempts import until_unique
from inspections.store.tables import InspectionRow, VisitRow
from inspections.use_cases.grade_inspections import (
    Clock,
    Graded,
    Known,
    SentInspection,
    finding_rows,
    grade_all,
    inspection_row,
    recorded_event,
    visit_row,
)
from shared import feed
from shared.contracts.inspections import BatchReport, VisitState
from shared.problems import Problem, conflict, invalid

FUTURE_ALLOWED = timedelta(days=1)
NOT_OUTCOMES = {VisitState.planned, VisitState.cancelled}


@dataclass(frozen=True, slots=True)
class Recorder:
    """For whom inspections are recorded, and when; no territories means all."""

    organisation: UUID
    territories: Sequence[str]
    clock: Clock


async def record_inspections(
    session: AsyncSession, recorder: Recorder, sent: Sequence[SentInspection]
) -> BatchReport:
    """Record the inspections not known yet, all or none.

    Raises
    ------
    Problem : 422 for what cannot be; 409 for a form sent again with other content, and for a
        visit that is closed already
    """
    for it in sent:
        _check_form(it, recorder.clock)
    return await until_unique(session, lambda: _record(session, recorder, sent))


async def _record(
    session: AsyncSession, recorder: Recorder, sent: Sequence[SentInspection]
) -> BatchReport:
    # Locked before the forms are looked up: who waited for a visit then finds what closed it, and
    # a form sent twice at once is no second form for its visit.
    planned = await visits.locked(session, [it.form.visit_id for it in sent if it.form.visit_id])
    known = await inspections.by_instances(session, [it.form.instance_id for it in sent])
    fresh = _fresh(sent, known)
    grids = await _checklists(session, recorder, fresh)
    places_and_visits = await _known(session, recorder, fresh, planned=planned)
    # Grading a full batch takes a tenth of a second; other requests are answered meanwhile.
    graded = await asyncio.to_thread(grade_all, fresh, places_and_visits, grids, recorder.clock)
    await _keep(session, recorder.organisation, graded)
    ids = {instance: row.id for instance, row in known.items()}
    ids |= {it.sent.form.instance_id: it.id for it in graded}
    return BatchReport(
        created=len(graded),
        unchanged=len(sent) - len(graded),
        ids=[ids[it.form.instance_id] for it in sent],
    )


async def _keep(session: AsyncSession, organisation: UUID, graded: Sequence[Graded]) -> None:
    if not graded:
        return
    unplanned = [it for it in graded if it.known.visit is None]
    outcomes = {it.visit_id: it.sent.form.outcome.value for it in graded if it.known.visit}
    await visits.insert_new(session, [visit_row(organisation, it) for it in unplanned])
    await visits.close(session, outcomes)
    # In one order for everybody: two batches with the same forms then wait, and never deadlock.
    in_order = sorted(graded, key=lambda it: it.sent.form.instance_id)
    repeats = await inspections.insert_new(
        session,
        [inspection_row(organisation, it) for it in in_order],
        [row for it in graded for row in finding_rows(organisation, it)],
    )
    await feed.append(session, organisation, [recorded_event(it, repeats) for it in graded])


def _check_form(it: SentInspection, clock: Clock) -> None:
    form = it.form
    latest = clock.now + FUTURE_ALLOWED
    if form.occurred_at > latest:
        raise invalid(f"{it.pointer}/occurred_at", "lies in the future; check the device's clock")
    if form.known_at is not None and not form.occurred_at <= form.known_at <= latest:
        raise invalid(
            f"{it.pointer}/known_at", "must be between occurred_at and now; leave it out if unsure"
        )
    if form.outcome in NOT_OUTCOMES:
        raise invalid(
            f"{it.pointer}/outcome", "is no outcome of a visit; send done, refused, closed, …"
        )


def _fresh(
    sent: Sequence[SentInspection], known: Mapping[UUID, InspectionRow]
) -> list[SentInspection]:
    """Keep the forms not recorded yet, each once; refuse one that came with other content."""
    digests = {instance: row.digest for instance, row in known.items()}
    fresh = []
    visit_ids: set[UUID] = set()
    for it in sent:
        digest = digests.get(it.form.instance_id)
        if digest is None:
            digests[it.form.instance_id] = it.digest
            fresh.append(it)
            _claim_visit(it, visit_ids)
        elif digest != it.digest:
            raise _conflict(
                f"{it.pointer}/instance_id",
                "this form was recorded with other content; send a correction as a new form",
            )
    return fresh


def _claim_visit(it: SentInspection, claimed: set[UUID]) -> None:
    if it.form.visit_id is None:
        return
    if it.form.visit_id in claimed:
        raise _conflict(f"{it.pointer}/visit_id", "two forms for one visit; send one of them")
    claimed.add(it.form.visit_id)


async def _checklists(
    session: AsyncSession, recorder: Recorder, sent: Sequence[SentInspection]
) -> dict[tuple[str, int], Checklist]:
    found: dict[tuple[str, int], Checklist] = {}
    for it in sent:
        code, version = it.form.checklist, it.form.checklist_version
        if (code, version) in found:
            continue
        row = await checklists.find(session, recorder.organisation, code, version)
        if row is None:
            raise invalid(
                f"{it.pointer}/checklist_version",
                f"there is no version {version} of checklist {code!r}; "
                "see GET /v1/checklists/{code}/versions/{version}",
            )
        found[code, version] = checklists.checklist_of(row)
    return found


async def _known(
    session: AsyncSession,
    recorder: Recorder,
    sent: Sequence[SentInspection],
    *,
    planned: Mapping[UUID, VisitRow],
) -> list[Known]:
    """Find what the forms refer to; `planned` are their visits."""
    rooms = await accommodations.rooms_of(
        session, [it.form.accommodation_id for it in sent], recorder.territories
    )
    known = []
    for it in sent:
        rooms_total = rooms.get(it.form.accommodation_id)
        if rooms_total is None:
            raise invalid(f"{it.pointer}/accommodation_id", "there is no such accommodation")
        known.append(Known(rooms_total, _visit_of(it, planned)))
    return known


def _visit_of(it: SentInspection, planned: Mapping[UUID, VisitRow]) -> VisitRow | None:
    if it.form.visit_id is None:
        return None
    visit = planned.get(it.form.visit_id)
    if visit is None or visit.accommodation_id != it.form.accommodation_id:
        raise invalid(f"{it.pointer}/visit_id", "there is no such visit of this accommodation")
    if visit.state != visits.PLANNED:
        raise _conflict(
            f"{it.pointer}/visit_id",
            f"the visit is {visit.state} already; leave visit_id out to record another one",
        )
    return visit


def _conflict(pointer: str, detail: str) -> Problem:
    return conflict(f"{pointer}: {detail}")
