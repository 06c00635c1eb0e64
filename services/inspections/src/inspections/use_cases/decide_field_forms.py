"""Decide about forms of field apps that could not be recorded as they came."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import field_submissions
from inspections.store.field_submissions import Decision
from inspections.store.tables import FieldAttachmentRow, FieldSubmissionRow
from inspections.use_cases.attach_field_photos import PhotoKeeper, attach_held
from inspections.use_cases.receive_field_forms import read_field_form, record_form
from inspections.use_cases.record_inspections import Recorder
from shared.contracts.inspections.field_submissions import (
    FieldDecision,
    FieldPhotoState,
    FieldResolution,
    FieldSubmission,
    FieldSubmissionDetail,
)
from shared.problems import conflict, invalid, not_found


async def decide_field_form(
    session: AsyncSession,
    recorder: Recorder,
    keeper: PhotoKeeper,
    *,
    id: UUID,
    asked: FieldResolution,
) -> FieldSubmissionRow:
    """Record a form that was held, or give it up; the same decision again changes nothing.

    Raises
    ------
    Problem : 404 unknown, 409 recorded or decided otherwise, 422 it still cannot be recorded
    """
    row = await field_submissions.by_id(session, id, recorder.territories, lock=True)
    if row is None:
        raise not_found("field submission")
    if row.decision == asked.decision:
        return row
    if row.xml is None:
        raise conflict("nothing is left to decide: the form was recorded, or given up")
    decision = Decision(asked.decision, recorder.subject, asked.reason)
    if asked.decision == FieldDecision.dismiss:
        held = await field_submissions.attachments_of(session, row.id, lock=True)
        return await _done(session, keeper, row, decision, files=_files(held))
    sent = read_field_form(row.xml.encode())
    await record_form(
        session, recorder, row, sent, instance=sent.instance_id, visit_id=asked.visit_id
    )
    if row.problem is not None:
        raise invalid("/decision", f"it still cannot be recorded: {row.problem}")
    return await _done(
        session, keeper, row, decision, files=await attach_held(session, keeper, row)
    )


async def _done(
    session: AsyncSession,
    keeper: PhotoKeeper,
    row: FieldSubmissionRow,
    decision: Decision,
    *,
    files: Sequence[str],
) -> FieldSubmissionRow:
    """Write the decision; held files that nobody else waits with are removed."""
    if decision.decision == FieldDecision.dismiss:
        await field_submissions.drop_attachments(session, row.id)
    decided = await field_submissions.decide(session, row, decision)
    for name in files:
        if not await field_submissions.holds_file(session, name):
            await asyncio.to_thread(keeper.held.remove, name)
    return decided


def _files(rows: Sequence[FieldAttachmentRow]) -> list[str]:
    return [it.sha256 for it in rows if it.state == "held" and it.sha256 is not None]


def field_submission(row: FieldSubmissionRow) -> FieldSubmission:
    """Tell what came, and what became of it."""
    return FieldSubmission.model_validate(_told(row))


async def detail(session: AsyncSession, row: FieldSubmissionRow) -> FieldSubmissionDetail:
    """Tell of a form with its photos."""
    photos = await field_submissions.attachments_of(session, row.id)
    return FieldSubmissionDetail.model_validate(
        _told(row)
        | {
            "photos": [FieldPhotoState.model_validate(it, from_attributes=True) for it in photos],
            "xml": row.xml,
        }
    )


def _told(row: FieldSubmissionRow) -> dict[str, object]:
    waits = row.xml is not None
    return row.model_dump(exclude={"xml"}) | {
        "edits": row.deprecated_id,
        "state": _state(row),
        "allowed_actions": list(FieldDecision) if waits else [],
    }


def _state(row: FieldSubmissionRow) -> str:
    if row.inspection_id is not None:
        return "recorded"
    if row.conflict_id is not None:
        return "conflict"
    return "held" if row.decision is None else "dismissed"
