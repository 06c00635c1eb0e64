"""Record inspections: grade them, close their visits and tell it, all or none."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.checklist import Checklist
from inspections.domain.visit_course import TimesError, check_times
from inspections.store import (
    accommodations,
    checklists,
    deadlines,
    form_conflicts,
    inspections,
    reinspections,
    reviews,
    room_draws,
    visits,
)
from inspections.store.accommodations import StandingPlace
from inspections.store.attempts import until_unique
from inspections.store.reinspections import Seen
from inspections.store.tables import VisitRow
from inspections.use_cases.continue_anomalies import continue_anomalies, sightings_of
from inspections.use_cases.flag_inspections import flag_inspections
from inspections.use_cases.grade_inspections import (
    Clock,
    Graded,
    Known,
    Rulebook,
    grade_all,
)
from inspections.use_cases.hold_forms import first_and_second, hold_forms
from inspections.use_cases.inspection_rows import (
    finding_rows,
    inspection_row,
    recorded_event,
    room_rows,
    visit_row,
)
from inspections.use_cases.raise_alerts import raise_alerts
from inspections.use_cases.sent_inspections import SentInspection, at_standing_places
from shared import feed
from shared.contracts.inspections.inspection import InspectionBatchReport
from shared.contracts.inspections.visits import VisitState
from shared.feed import NewEvent
from shared.field_errors import FieldError
from shared.problems import Problem, invalid

OTHER_CONTENT = "this form came with other content before; send a correction as a new form"
FUTURE_ALLOWED = timedelta(days=1)
NOT_OUTCOMES = {VisitState.planned, VisitState.en_route, VisitState.cancelled}


@dataclass(frozen=True, slots=True)
class Recorder:
    """For whom and by whom inspections are recorded, and when; no territories means all."""

    organisation: UUID
    subject: str
    territories: Sequence[str]
    clock: Clock


async def record_inspections(
    session: AsyncSession, recorder: Recorder, sent: Sequence[SentInspection]
) -> InspectionBatchReport:
    """Record the inspections not known yet, all or none; a form whose visit is over is held.

    Raises
    ------
    Problem : 422 for what cannot be; 409 for a form sent again with other content
    """
    for it in sent:
        _check_form(it, recorder.clock)
    return await until_unique(session, lambda: _record(session, recorder, sent))


async def record_apart(
    session: AsyncSession, recorder: Recorder, sent: SentInspection
) -> tuple[UUID, list[NewEvent]]:
    """Record a form of a visit that is over as the inspection of a visit of its own.

    Returns
    -------
    Its id, and the events to append last.
    """
    book = await _rulebook(session, recorder, [sent])
    places = await _places(session, recorder, [sent])
    (here,) = at_standing_places([sent], places)
    (known,) = await _known(session, [here], places, planned=None)
    (graded,) = grade_all([here], [known], book, recorder.clock)
    # The record did not know of it before.
    known_late = replace(graded, known_at=max(graded.known_at, recorder.clock.now))
    events = await keep_graded(session, recorder, [known_late], book)
    return graded.id, events


async def _record(
    session: AsyncSession, recorder: Recorder, sent: Sequence[SentInspection]
) -> InspectionBatchReport:
    # Locked before the forms are looked up: who waited for a visit then finds what closed it, and
    # a form sent twice at once is no second form for its visit.
    planned = await visits.locked(session, [it.form.visit_id for it in sent if it.form.visit_id])
    instances = [it.form.instance_id for it in sent]
    # One that was voided is known, too: the same form again does not bring it back.
    await reviews.see_voided(session, seen=True)
    known = await inspections.by_instances(session, instances)
    await reviews.see_voided(session, seen=False)
    held = await form_conflicts.by_instances(session, instances)
    digests = {instance: row.digest for instance, row in held.items()}
    digests |= {instance: row.digest for instance, row in known.items()}
    places = await _places(session, recorder, sent)
    fresh = at_standing_places(_fresh(sent, digests), places)
    book = await _rulebook(session, recorder, fresh)
    places_and_visits = await _known(session, fresh, places, planned=planned)
    # Grading a full batch takes a tenth of a second; other requests are answered meanwhile.
    graded = await asyncio.to_thread(grade_all, fresh, places_and_visits, book, recorder.clock)
    first, second = first_and_second(graded)
    events = await keep_graded(session, recorder, first, book)
    await flag_inspections(session, recorder.organisation, first)
    await reviews.drop_drafts(session, instances)
    late = await hold_forms(session, recorder.organisation, recorder.subject, second)
    await feed.append(session, recorder.organisation, [*events, *late.events])
    recorded = {instance: row.id for instance, row in known.items()} | dict(late.same)
    recorded |= {it.sent.form.instance_id: it.id for it in first}
    conflicts = {instance: row.id for instance, row in held.items()} | dict(late.conflicts)
    waiting = [n for n, instance in enumerate(instances) if instance not in recorded]
    return InspectionBatchReport(
        created=len(first),
        unchanged=len(sent) - len(first) - len(waiting),
        ids=[recorded.get(instance) or conflicts[instance] for instance in instances],
        held=waiting,
    )


async def keep_graded(
    session: AsyncSession,
    recorder: Recorder,
    graded: Sequence[Graded],
    book: Rulebook,
) -> list[NewEvent]:
    """Write inspections with their visits and findings; return the events to append last."""
    if not graded:
        return []
    organisation = recorder.organisation
    unplanned = [it for it in graded if it.known.visit is None]
    closings = {it.visit_id: _closing(it) for it in graded if it.known.visit}
    await visits.insert_new(session, [visit_row(organisation, it) for it in unplanned])
    await visits.close(session, closings)
    # In one order for everybody: two batches with the same forms then wait, and never deadlock.
    in_order = sorted(graded, key=lambda it: it.sent.form.instance_id)
    seen = sightings_of(graded, book.checklists)
    continued = await continue_anomalies(session, organisation, seen, book.policy)
    repeats = await inspections.insert_new(
        session,
        [inspection_row(organisation, it) for it in in_order],
        [row for it in graded for row in finding_rows(organisation, it, continued)],
    )
    rooms = [row for it in graded for row in room_rows(organisation, it)]
    await room_draws.insert_visited(session, rooms)
    await reinspections.close(session, _carried_out(graded))
    recorded = [recorded_event(it, repeats) for it in graded]
    alerted = await raise_alerts(session, organisation, continued.dangers, recorder.clock.now)
    return [*continued.events, *alerted, *recorded]


def _carried_out(graded: Sequence[Graded]) -> list[Seen]:
    """Give the inspections that took place and saw something: proposals to see again end."""
    return [
        Seen(it.sent.form.accommodation_id, it.id, it.sent.form.occurred_at)
        for it in graded
        if it.sent.form.outcome == VisitState.done and it.verdict.grade is not None
    ]


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
    _check_times(it, latest)


def _check_times(it: SentInspection, latest: datetime) -> None:
    started_at, ended_at = it.form.started_at, it.form.ended_at
    if started_at is None:
        if ended_at is not None:
            raise invalid(f"{it.pointer}/started_at", "ended_at goes with it: give both or none")
        return
    try:
        check_times(started_at, ended_at, latest)
    except TimesError as error:
        raise invalid(f"{it.pointer}/{error.field}", str(error)) from error


def _closing(it: Graded) -> visits.Closing:
    form = it.sent.form
    return visits.Closing(form.outcome.value, it.rooms_seen, form.started_at, form.ended_at)


def _fresh(sent: Sequence[SentInspection], known: Mapping[UUID, str]) -> list[SentInspection]:
    """Keep the forms not known yet, each once; refuse one that came with other content.

    `known` are the digests of those known, by form.
    """
    digests = dict(known)
    fresh = []
    for it in sent:
        digest = digests.get(it.form.instance_id)
        if digest is None:
            digests[it.form.instance_id] = it.digest
            fresh.append(it)
        elif digest != it.digest:
            raise Problem(
                409,
                "conflict",
                f"{it.pointer}/instance_id: {OTHER_CONTENT}",
                errors=[FieldError(pointer=f"{it.pointer}/instance_id", detail=OTHER_CONTENT)],
            )
    return fresh


async def _rulebook(
    session: AsyncSession, recorder: Recorder, sent: Sequence[SentInspection]
) -> Rulebook:
    grids = await _checklists(session, recorder, sent)
    return Rulebook(grids, await deadlines.chosen(session))


async def _checklists(
    session: AsyncSession, recorder: Recorder, sent: Sequence[SentInspection]
) -> dict[tuple[str, int], Checklist]:
    found: dict[tuple[str, int], Checklist] = {}
    for it in sent:
        code, version = it.form.checklist, it.form.checklist_version
        if (code, version) in found:
            continue
        found[code, version] = await _checklist(session, recorder, it)
    return found


async def _checklist(session: AsyncSession, recorder: Recorder, it: SentInspection) -> Checklist:
    """Find the checklist of a form; a retired one takes what was filled in before."""
    code, version = it.form.checklist, it.form.checklist_version
    row = await checklists.find(session, recorder.organisation, code, version)
    if row is not None and (row.retired_at is None or it.form.occurred_at <= row.retired_at):
        return checklists.checklist_of(row)
    usable = ", ".join(map(str, await checklists.in_use(session, code))) or "none"
    state = "is not published" if row is None else "was retired before this was filled in"
    raise invalid(
        f"{it.pointer}/checklist_version",
        f"version {version} of checklist {code!r} {state}; versions in use: {usable}",
    )


async def _places(
    session: AsyncSession, recorder: Recorder, sent: Sequence[SentInspection]
) -> dict[UUID, StandingPlace]:
    """Find the places that forms name, by the id named and by that of the place that stands."""
    ids = [it.form.accommodation_id for it in sent]
    found = await accommodations.standing(session, ids, recorder.territories)
    return found | {it.id: it for it in found.values()}


async def _known(
    session: AsyncSession,
    sent: Sequence[SentInspection],
    places: Mapping[UUID, StandingPlace],
    *,
    planned: Mapping[UUID, VisitRow] | None,
) -> list[Known]:
    """Find what the forms refer to; `planned` are their visits, None when they get new ones."""
    draws = await room_draws.of_visits(session, planned or ())
    known = []
    for it in sent:
        place = places.get(it.form.accommodation_id)
        if place is None:
            raise invalid(f"{it.pointer}/accommodation_id", "there is no such accommodation")
        visit = None if planned is None else _visit_of(it, planned)
        draw = draws.get(it.form.visit_id or it.form.instance_id)
        known.append(Known(place.rooms, place.territory, visit, draw))
    return known


def _visit_of(it: SentInspection, planned: Mapping[UUID, VisitRow]) -> VisitRow | None:
    if it.form.visit_id is None:
        return None
    visit = planned.get(it.form.visit_id)
    if visit is None or visit.accommodation_id != it.form.accommodation_id:
        raise invalid(f"{it.pointer}/visit_id", "there is no such visit of this accommodation")
    return visit
