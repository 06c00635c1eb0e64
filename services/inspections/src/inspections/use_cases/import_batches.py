"""Take the records of a table into the record, some hundreds at once, each once."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import local_day
from inspections.domain.import_fields import Kind
from inspections.domain.import_records import Batch, Record
from inspections.domain.import_rows import CellProblem
from inspections.domain.registry_file import COLUMNS, read_register
from inspections.domain.visit_course import AHEAD
from inspections.store import visits
from inspections.store.accommodations import StandingPlace
from inspections.store.imports import BatchCounts
from inspections.use_cases import messages
from inspections.use_cases.count_occupancy import count_occupancy
from inspections.use_cases.edit_checklists import Named
from inspections.use_cases.import_accommodations import take_register
from inspections.use_cases.import_checklists import import_checklist
from inspections.use_cases.import_inspections import import_inspections
from inspections.use_cases.imported import (
    Fate,
    Importer,
    Outcome,
    Outcomes,
    Take,
    at_places,
    leaving_out,
    refusal,
    rejected,
)
from inspections.use_cases.receive_complaints import (
    Arrival,
    ContactRule,
    receive_complaint,
)
from shared import feed
from shared.contracts.inspections.checklists import ItemLabel
from shared.contracts.inspections.complaints import ComplaintInput
from shared.contracts.inspections.places import OccupancyInput
from shared.contracts.inspections.visits import VisitInput
from shared.problems import Problem

# An imported complaint has no author, so there is nobody to be known for some days.
NOBODY = ContactRule(open_days=1, closed_days=0)
TO_COME = "lies in the future; a snapshot counts who is there"
OTHER_VISIT = "is another visit in the record; give it another key"


async def take_batch(session: AsyncSession, importer: Importer, batch: Batch) -> BatchCounts:
    """Take the records of a batch; a dry run does all of it and takes it back.

    Returns
    -------
    What became of its rows, doubles counted as unchanged.
    """
    outcomes: Outcomes = {}
    if batch.records and not (importer.mapping.kind == Kind.checklist and batch.rejected):
        async with session.begin_nested() as attempt:
            outcomes = await TAKERS[importer.mapping.kind](session, importer, batch.records)
            if importer.dry_run:
                await attempt.rollback()
    return _counts(batch, outcomes)


def _counts(batch: Batch, outcomes: Outcomes) -> BatchCounts:
    rows = dict.fromkeys(Fate, 0)
    problems = list(batch.problems)
    for it in batch.records:
        # A checklist is taken whole or not at all: what is wrong is told of other lines.
        outcome = outcomes.get(it.identity) or Outcome(Fate.rejected)
        rows[outcome.fate] += len(it.lines)
        problems += outcome.problems
    return BatchCounts(
        created=rows[Fate.created],
        updated=rows[Fate.updated],
        unchanged=rows[Fate.unchanged] + batch.doubles,
        rejected=rows[Fate.rejected] + batch.rejected,
        noticed=batch.noticed,
        examples=batch.examples,
        problems=problems,
    )


async def _accommodations(
    session: AsyncSession, importer: Importer, records: Sequence[Record]
) -> Outcomes:
    rows = [
        (it.lines[0], [str(it.values.get(column.field, "")) for column in COLUMNS])
        for it in records
    ]
    register = read_register(COLUMNS, rows)
    told = set(importer.mapping.columns) | set(importer.mapping.constants)
    report = await take_register(
        session,
        importer.recorder.organisation,
        importer.recorder.territories,
        replace(register, fields=frozenset(told)),
        dry_run=False,
        keeper=importer.keeper,
    )
    wrong: dict[int, list[CellProblem]] = {}
    for it in report.errors:
        problem = CellProblem(it.line, it.column, it.value, "not_taken", it.reason)
        wrong.setdefault(it.line, []).append(problem)
    outcomes = {
        it.identity: Outcome(Fate.rejected, tuple(wrong[it.lines[0]]))
        for it in records
        if it.lines[0] in wrong
    }
    good = [it.identity for it in records if it.identity not in outcomes]
    return outcomes | _as_counted(
        good, {Fate.created: report.created, Fate.updated: report.updated}
    )


def _as_counted(identities: Sequence[str], counts: Mapping[str, int]) -> Outcomes:
    """Say of so many that they were created or updated; which ones does not matter to a count."""
    created, updated = counts.get(Fate.created, 0), counts.get(Fate.updated, 0)
    fates = [Fate.created] * created + [Fate.updated] * updated
    fates += [Fate.unchanged] * (len(identities) - len(fates))
    return {it: Outcome(fate) for it, fate in zip(identities, fates, strict=True)}


async def _occupancy(
    session: AsyncSession, importer: Importer, records: Sequence[Record]
) -> Outcomes:
    outcomes: Outcomes = {}
    by_identity = {it.identity: it for it in records}
    tomorrow = local_day(importer.recorder.clock.now) + timedelta(days=1)
    sent: dict[str, OccupancyInput] = {}
    for it, place in await at_places(session, importer, records, outcomes):
        try:
            sent[it.identity] = _snapshot(it, place, tomorrow)
        except (ValidationError, Problem) as error:
            outcomes[it.identity] = refusal(it, error)

    async def take(some: Sequence[OccupancyInput]) -> Mapping[str, int]:
        report = await count_occupancy(
            session,
            importer.recorder.organisation,
            importer.recorder.territories,
            some,
            now=importer.recorder.clock.now,
        )
        return report.model_dump()

    def refuse(identity: str, error: Problem) -> None:
        outcomes[identity] = refusal(by_identity[identity], error)

    counts = await leaving_out(session, sent, take, refuse)
    return outcomes | _as_counted([it for it in sent if it not in outcomes], counts)


def _snapshot(it: Record, place: StandingPlace, tomorrow: date) -> OccupancyInput:
    """Read a snapshot.

    Raises
    ------
    ValidationError, Problem : for what cannot be
    """
    names = ("day", "rooms_booked", "people", "children_under_three")
    told = {name: it.values[name] for name in names}
    snapshot = OccupancyInput.model_validate(told | {"accommodation_id": place.id})
    if snapshot.day > tomorrow:
        raise Problem(422, "invalid-request", TO_COME)
    if snapshot.rooms_booked > place.rooms:
        raise Problem(
            422, "invalid-request", f"rooms_booked is more than the {place.rooms} rooms it has"
        )
    return snapshot


async def _complaints(
    session: AsyncSession, importer: Importer, records: Sequence[Record]
) -> Outcomes:
    outcomes: Outcomes = {}
    recorder = importer.recorder
    for it, place in await at_places(session, importer, records, outcomes):
        try:
            async with session.begin_nested():
                received = await receive_complaint(
                    session,
                    recorder.organisation,
                    _complaint(importer, it, place),
                    key=None,
                    rule=NOBODY,
                    arrival=Arrival(recorder.clock.now, _known_at(it, importer)),
                )
        except (ValidationError, Problem) as error:
            outcomes[it.identity] = refusal(it, error)
        else:
            outcomes[it.identity] = Outcome(Fate.created if received.created else Fate.unchanged)
    return outcomes


def _complaint(importer: Importer, it: Record, place: StandingPlace) -> ComplaintInput:
    names = ("source", "severity", "category", "item", "room", "text", "occurred_at")
    told = {name: it.values[name] for name in names if it.values[name] is not None}
    key = importer.source.id_of(Kind.complaints, it.identity)
    return ComplaintInput.model_validate(
        told | {"accommodation_id": place.id, "external_id": f"import:{key}"}
    )


def _known_at(it: Record, importer: Importer) -> datetime:
    """Tell when a complaint could be known: as stated, else as for inspections."""
    stated = it.values.get("known_at")
    occurred_at = datetime.fromisoformat(str(it.values["occurred_at"]))
    clock = importer.recorder.clock
    if stated is not None:
        return max(datetime.fromisoformat(str(stated)), occurred_at)
    return max(occurred_at, min(clock.now, occurred_at + clock.entry_delay))


async def _visits(session: AsyncSession, importer: Importer, records: Sequence[Record]) -> Outcomes:
    outcomes: Outcomes = {}
    placed = await at_places(session, importer, records, outcomes)
    names = {it.identity: _sent_as(importer, it) for it, _ in placed}
    known = await visits.by_sent_as(session, names.values())
    rows: list[dict[str, object]] = []
    announced = []
    for it, place in placed:
        row = known.get(names[it.identity])
        if row is not None:
            outcomes[it.identity] = _as_known(it, row.accommodation_id == place.id)
            continue
        try:
            visit = _visit(it, place)
        except ValidationError as error:
            outcomes[it.identity] = refusal(it, error)
            continue
        rows.append(_visit_row(importer, it, visit, names[it.identity]))
        outcomes[it.identity] = Outcome(Fate.created)
        if visit.announced and rows[-1]["state"] in AHEAD:
            announced.append(messages.visit_told("announced", UUID(str(rows[-1]["id"])), visit))
    await visits.insert_new(session, sorted(rows, key=lambda row: str(row["sent_as"])))
    await feed.append(session, importer.recorder.organisation, announced)
    return outcomes


def _as_known(it: Record, same: bool) -> Outcome:  # noqa: FBT001 - a comparison's result
    if same:
        return Outcome(Fate.unchanged)
    return rejected(it, "key", it.values["key"], OTHER_VISIT)


def _sent_as(importer: Importer, it: Record) -> str:
    key = it.values["key"]
    own = importer.source.id_of(Kind.visits, it.identity)
    return f"external:{key}" if key else f"key:import:{own}"


def _visit(it: Record, place: StandingPlace) -> VisitInput:
    told = it.values
    return VisitInput.model_validate(
        {
            "accommodation_id": place.id,
            "kind": told["kind"],
            "scheduled_at": told["scheduled_at"],
            "announced": told["announced"],
            "external_id": told["key"] or None,
        }
    )


def _visit_row(
    importer: Importer, it: Record, visit: VisitInput, sent_as: str
) -> dict[str, object]:
    past = visit.scheduled_at <= importer.recorder.clock.now
    state = str(it.values["state"] or ("done" if past else "planned"))
    return visit.model_dump(mode="json", exclude={"origin"}) | {
        "organisation": str(importer.recorder.organisation),
        "id": str(importer.source.id_of(Kind.visits, it.identity)),
        "state": state,
        "origin": None,
        "sent_as": sent_as,
        "rooms_seen": it.values["rooms_seen"] if state == "done" else None,
        "reason": it.values["reason"],
    }


async def _checklist(
    session: AsyncSession, importer: Importer, records: Sequence[Record]
) -> Outcomes:
    """Make rows the draft of a checklist, whole or not at all."""
    first = records[0].values
    columns = [it for it in first if it not in {"checklist", "title"}]
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, delimiter=";")
    writer.writerow(columns)
    writer.writerows([it.values[name] for name in columns] for it in records)
    code = str(first["checklist"])
    title = str(first["title"] or code)
    try:
        await import_checklist(
            session,
            Named(importer.recorder.organisation, code, 0),
            sheet.getvalue().encode(),
            title=ItemLabel(fr=title, en=title),
            revision=None,
            dry_run=False,
        )
    except Problem as error:
        return {it.identity: rejected(it, "", "", error.detail) for it in records}
    return {it.identity: Outcome(Fate.created) for it in records}


TAKERS: Mapping[Kind, Take] = MappingProxyType(
    {
        Kind.accommodations: _accommodations,
        Kind.visits: _visits,
        Kind.inspections: import_inspections,
        Kind.findings: import_inspections,
        Kind.complaints: _complaints,
        Kind.occupancy: _occupancy,
        Kind.checklist: _checklist,
    }
)
