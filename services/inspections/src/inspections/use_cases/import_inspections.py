"""Take inspections and findings of people's own tables into the record."""

import asyncio
from collections.abc import Mapping, Sequence

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.import_fields import Kind
from inspections.domain.import_records import Record
from inspections.store import checklists, deadlines, inspections, reviews, visits
from inspections.store.accommodations import StandingPlace
from inspections.store.tables import VisitRow
from inspections.use_cases.grade_inspections import Known, Rulebook, grade_all
from inspections.use_cases.imported import (
    Fate,
    Importer,
    Outcome,
    Outcomes,
    at_places,
    refusal,
    rejected,
)
from inspections.use_cases.record_inspections import FUTURE_ALLOWED, keep_graded
from inspections.use_cases.sent_inspections import SentInspection
from shared import feed
from shared.contracts.inspections.inspection import InspectionInput
from shared.problems import Problem, invalid

OTHER = (
    "was imported before with other content; what is recorded stands: send a correction of it, "
    "or import it as another source"
)
SEEN_ALREADY = "has an inspection in the record already; correct that one instead"
NO_VISIT = "is no visit of this accommodation; import the visits first, or leave the column out"


async def import_inspections(
    session: AsyncSession, importer: Importer, records: Sequence[Record]
) -> Outcomes:
    """Record inspections with what they found; those known already stay as they are."""
    outcomes: Outcomes = {}
    placed = await at_places(session, importer, records, outcomes)
    forms = _forms(importer, placed, outcomes)
    await reviews.see_voided(session, seen=True)
    known = await inspections.by_instances(session, [it.form.instance_id for it in forms.values()])
    await reviews.see_voided(session, seen=False)
    fresh = {}
    for identity, sent in forms.items():
        row = known.get(sent.form.instance_id)
        if row is None:
            fresh[identity] = sent
        elif row.digest == sent.digest:
            outcomes[identity] = Outcome(Fate.unchanged)
    by_identity = {it.identity: (it, place) for it, place in placed}
    for identity in forms.keys() - fresh.keys() - outcomes.keys():
        it, _ = by_identity[identity]
        outcomes[identity] = rejected(it, "occurred_at", it.values["occurred_at"], OTHER)
    placed_fresh = {it: (sent, *by_identity[it]) for it, sent in fresh.items()}
    return outcomes | await _record(session, importer, placed_fresh)


def _forms(
    importer: Importer, placed: Sequence[tuple[Record, StandingPlace]], outcomes: Outcomes
) -> dict[str, SentInspection]:
    forms: dict[str, SentInspection] = {}
    for it, place in placed:
        try:
            form = _form(importer, it, place)
        except (ValidationError, Problem) as error:
            outcomes[it.identity] = refusal(it, error)
        else:
            forms[it.identity] = SentInspection("", form)
    return forms


def _form(importer: Importer, it: Record, place: StandingPlace) -> InspectionInput:
    """Fill in the form that rows tell of.

    Raises
    ------
    ValidationError, Problem : for what no inspection can say
    """
    told = it.values
    extra = {name: told[name] for name in ("visit_kind", "outcome", "rooms_seen") if told.get(name)}
    answers = told.get("answers") or []
    form = InspectionInput.model_validate(
        {
            "instance_id": importer.source.id_of(Kind.inspections, it.identity),
            "accommodation_id": place.id,
            "occurred_at": told["occurred_at"],
            "known_at": told.get("known_at"),
            "checklist": importer.mapping.checklist,
            "checklist_version": importer.checklist_version,
            "answers": answers,
        }
        | extra
    )
    latest = importer.recorder.clock.now + FUTURE_ALLOWED
    if form.occurred_at > latest:
        raise invalid("/occurred_at", "lies in the future; put its day right")
    if form.known_at is not None and not form.occurred_at <= form.known_at <= latest:
        raise invalid("/known_at", "must be between occurred_at and now; leave it out if unsure")
    return form


async def _record(
    session: AsyncSession,
    importer: Importer,
    fresh: Mapping[str, tuple[SentInspection, Record, StandingPlace]],
) -> Outcomes:
    recorder, mapping = importer.recorder, importer.mapping
    booked, outcomes = await _visits(session, [(it, place) for _, it, place in fresh.values()])
    left = {identity: it for identity, it in fresh.items() if identity not in outcomes}
    if not left:
        return outcomes
    row = await checklists.find(
        session, recorder.organisation, mapping.checklist, importer.checklist_version
    )
    if row is None:
        raise invalid("/checklist", f"there is no checklist {mapping.checklist!r}")
    checklist = checklists.checklist_of(row)
    book = Rulebook({(row.code, row.version): checklist}, await deadlines.chosen(session))
    sent = [it for it, _, _ in left.values()]
    known = [
        Known(place.rooms, place.territory, booked.get(identity))
        for identity, (_, _, place) in left.items()
    ]
    graded = await asyncio.to_thread(grade_all, sent, known, book, recorder.clock)
    events = await keep_graded(session, recorder, graded, book)
    await feed.append(session, recorder.organisation, events)
    return outcomes | {identity: Outcome(Fate.created) for identity in left}


async def _visits(
    session: AsyncSession, placed: Sequence[tuple[Record, StandingPlace]]
) -> tuple[dict[str, VisitRow], Outcomes]:
    """Find the visits that rows name, kept from being closed by others; reject rows without."""
    named = {it.identity: str(it.values["visit"]) for it, _ in placed if it.values.get("visit")}
    if not named:
        return {}, {}
    rows = await visits.by_sent_as(session, [f"external:{it}" for it in named.values()])
    locked = await visits.locked(session, [row.id for row in rows.values()])
    inspected = await inspections.of_visits(session, locked, ("visit_id",))
    found: dict[str, VisitRow] = {}
    outcomes: Outcomes = {}
    for it, place in placed:
        if it.identity not in named:
            continue
        row = rows.get(f"external:{named[it.identity]}")
        if row is None or row.accommodation_id != place.id:
            outcomes[it.identity] = rejected(it, "visit", named[it.identity], NO_VISIT)
        elif row.id in inspected:
            outcomes[it.identity] = rejected(it, "visit", named[it.identity], SEEN_ALREADY)
        else:
            found[it.identity] = locked[row.id]
    return found, outcomes
