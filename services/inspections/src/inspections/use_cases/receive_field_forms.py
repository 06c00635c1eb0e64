"""Take what field apps send: each filling-in once, and none is ever lost.

What can be recorded becomes the inspection that the REST interface would make of it. What comes
second for its visit is a form conflict. What is neither is kept as it came, for somebody to decide.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5
from xml.etree.ElementTree import Element, ParseError, canonicalize

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.field_answers import FieldForm, FieldRoom, read_form
from inspections.domain.room_visits import Draw
from inspections.store import field_submissions, room_draws, visits
from inspections.store.tables import FieldAttachmentRow, FieldSubmissionRow, VisitRow
from inspections.use_cases.record_inspections import Recorder, record_inspections
from inspections.use_cases.sent_inspections import SentInspection
from shared.contracts.inspections.inspection import (
    Answer,
    InspectionInput,
    RoomOutcome,
    RoomReason,
    RoomVisit,
)
from shared.contracts.inspections.visits import VisitState
from shared.problems import Problem, conflict, invalid

# What the record refuses is kept aside: a device would send it again for ever, and then lose it.
HELD_FOR = frozenset({409, 422})


@dataclass(frozen=True, slots=True)
class ReadForm:
    """A filled-in form as it came, and what it says."""

    xml: str
    form: FieldForm
    digest: str
    instance_id: UUID
    deprecated_id: UUID | None


def read_field_form(xml: bytes) -> ReadForm:
    """Read a filled-in form; the same content has the same digest, however it is written.

    Raises
    ------
    Problem : 422 for what is no filled-in form of ours
    """
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
        form = read_form(root)
        text = xml.decode()
        canonical = canonicalize(text, strip_text=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as error:
        raise invalid("/xml_submission_file", f"is no filled-in form: {error}") from error
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    edited = None if form.deprecated_id is None else _uuid(form.deprecated_id)
    return ReadForm(text, form, digest, _uuid(form.instance_id), edited)


async def receive_field_form(
    session: AsyncSession, recorder: Recorder, sent: ReadForm
) -> FieldSubmissionRow:
    """Take a filled-in form, or find what became of it when it came before.

    Raises
    ------
    Problem : 409 for an edit of what was edited meanwhile
    """
    await field_submissions.lock(session, recorder.organisation, sent.instance_id)
    known = await field_submissions.of_instance(session, sent.instance_id)
    same = next((row for row in known if row.digest == sent.digest), None)
    if same is not None:
        return same
    await _check_edit(session, sent)
    row = FieldSubmissionRow(
        organisation=recorder.organisation,
        id=uuid4(),
        instance_id=sent.instance_id,
        digest=sent.digest,
        deprecated_id=sent.deprecated_id,
        form=f"{sent.form.form_id} {sent.form.version}",
        sent_by=recorder.subject,
        received_at=recorder.clock.now,
    )
    # Another content under a known id is a form of its own: it comes second for its visit.
    instance = uuid5(sent.instance_id, sent.digest) if known else sent.instance_id
    await record_form(session, recorder, row, sent, instance=instance)
    await field_submissions.add(session, row, _attachments(row, sent.form))
    return row


async def record_form(
    session: AsyncSession,
    recorder: Recorder,
    row: FieldSubmissionRow,
    sent: ReadForm,
    *,
    instance: UUID,
    visit_id: UUID | None = None,
) -> None:
    """Record a form and say in `row` what it became, or the `problem` for which it cannot be.

    What cannot be recorded is kept as it came; `visit_id` corrects the visit that the form names.
    """
    problem = None
    try:
        visit = await _visit(session, recorder, visit_id or sent.form.visit)
        row.visit_id, row.accommodation_id = visit.id, visit.accommodation_id
        draw = (await room_draws.of_visits(session, [visit.id])).get(visit.id)
        form = inspection_of(sent.form, visit, draw, instance=instance)
        async with session.begin_nested():
            done = await record_inspections(session, recorder, [SentInspection("", form)])
    except Problem as refusal:
        if refusal.status not in HELD_FOR:
            raise
        problem = refusal.detail
    except ValueError as error:
        problem = _told(error)
    else:
        row.inspection_id = None if done.held else done.ids[0]
        row.conflict_id = done.ids[0] if done.held else None
    row.problem, row.xml = problem, None if problem is None else sent.xml


def inspection_of(
    form: FieldForm, visit: VisitRow, draw: Draw | None, *, instance: UUID
) -> InspectionInput:
    """Make of a filled-in form what the REST interface would be sent.

    Raises
    ------
    ValueError : for what no inspection can say
    """
    code, version = form.checklist
    return InspectionInput(
        instance_id=instance,
        accommodation_id=visit.accommodation_id,
        visit_id=visit.id,
        outcome=VisitState(form.outcome) if form.outcome else VisitState.done,
        checklist=code,
        checklist_version=version,
        occurred_at=datetime.fromisoformat(form.started),
        answers=[
            Answer(item=it.item, value=it.value, room=it.room, note=it.note)  # type: ignore[arg-type] # Pydantic checks it
            for it in form.answers
        ],
        rooms=[_room(it, draw) for it in form.rooms],
    )


def _room(it: FieldRoom, draw: Draw | None) -> RoomVisit:
    """Say why a room was seen that was not drawn, where the team did not."""
    reason = it.reason
    if draw is not None and reason is None and it.label not in list(draw.order)[: draw.size]:
        reason = RoomReason.other.value
    return RoomVisit(
        room=it.label,
        outcome=RoomOutcome(it.outcome),
        reason=None if reason is None else RoomReason(reason),
    )


async def _visit(session: AsyncSession, recorder: Recorder, named: UUID | str) -> VisitRow:
    try:
        id = named if isinstance(named, UUID) else UUID(named)
    except ValueError as error:
        raise invalid("/visit", f"{named!r} is no visit; choose one of the list") from error
    row = await visits.by_id(session, id, recorder.territories)
    if row is None:
        raise invalid("/visit", "there is no such visit, or it is not yours")
    return row


async def _check_edit(session: AsyncSession, sent: ReadForm) -> None:
    if sent.deprecated_id is None:
        return
    if not await field_submissions.of_instance(session, sent.deprecated_id):
        raise conflict("this edits a form that did not come yet; send that one first")
    if await field_submissions.is_edited(session, sent.deprecated_id):
        raise conflict("this edits a form that was edited meanwhile; fetch it and edit it anew")


def _attachments(row: FieldSubmissionRow, form: FieldForm) -> Sequence[FieldAttachmentRow]:
    named = {it.name: it for it in form.photos}
    return [
        FieldAttachmentRow(
            organisation=row.organisation,
            submission_id=row.id,
            name=it.name,
            item=it.item,
            room=it.room,
            state="awaited",
        )
        for it in named.values()
    ]


def _uuid(written: str) -> UUID:
    """Read an id as devices write it; one of another make gives the same id each time."""
    try:
        return UUID(written.removeprefix("uuid:"))
    except ValueError:
        return uuid5(NAMESPACE_URL, written)


def _told(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"/{'/'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
