"""Sanctions on places: proposed by one person, answered by the operator, decided by another."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.sanction import (
    BOOKINGS,
    BookingStatus,
    Proposal,
    SanctionRefused,
    SanctionState,
    SanctionStep,
    Standing,
    check_decision,
    check_proposal,
    needs_reply,
)
from inspections.store import accommodations, anomalies, sanctions
from inspections.store.listed import one
from inspections.store.tables import NoticeRow, SanctionRow
from inspections.use_cases.messages import accommodation_changed
from inspections.use_cases.move_anomalies import Mover
from shared import feed
from shared.contracts.inspections.register import ContractState
from shared.contracts.inspections.sanctions import (
    BookingStatusChanged,
    DecisionInput,
    ReplyInput,
    SanctionChanged,
    SanctionInput,
)
from shared.feed import NewEvent
from shared.problems import Problem, conflict, invalid, not_found

TIME_TO_REPLY = timedelta(days=8)
# What the register says of a place whose bookings stand so.
CONTRACTS = {
    BookingStatus.open: ContractState.active,
    BookingStatus.suspended: ContractState.suspended,
    BookingStatus.relocating: ContractState.suspended,
    BookingStatus.closed: ContractState.withdrawn,
}


async def propose_sanction(
    session: AsyncSession, mover: Mover, asked: SanctionInput, *, key: str | None
) -> tuple[SanctionRow, bool]:
    """Propose a step; a reminder is decided at once. Return it, and whether it is new.

    Raises
    ------
    Problem : 404 no such place; 409 the ladder does not allow it; 422 what it names is elsewhere
    """
    known = None if key is None else await sanctions.by_sent_as(session, key)
    if known is not None:
        return _same(known, asked), False
    if await accommodations.by_id(session, asked.accommodation_id, mover.territories) is None:
        raise not_found("accommodation")
    await anomalies.lock_places(session, [asked.accommodation_id])
    await _check_grounds(session, asked)
    if await sanctions.proposed(session, asked.accommodation_id, asked.step) is not None:
        raise conflict(f"A {asked.step} of this place is proposed already; decide on that one.")
    step = SanctionStep(asked.step.value)
    reply_by = (asked.reply_by or mover.now + TIME_TO_REPLY) if needs_reply(step) else None
    standing = await sanctions.standing(session, asked.accommodation_id, mover.now)
    _checked(Proposal(step, mover.subject, mover.now, reply_by), standing)
    id = uuid4()
    await sanctions.insert_new(session, _new(mover, id, asked, reply_by=reply_by, key=key))
    row = await _locked(session, mover, id)
    await feed.append(session, mover.organisation, [_event(row.state, row, mover)])
    return row, True


async def record_reply(
    session: AsyncSession, mover: Mover, id: UUID, reply: ReplyInput
) -> SanctionRow:
    """Keep what the operator replied; once, the same again changes nothing.

    Raises
    ------
    Problem : 404 unknown; 409 decided, or replied to otherwise; 422 at an impossible time
    """
    row = await _locked(session, mover, id)
    if (row.replied_at, row.reply) == (reply.replied_at, reply.text):
        return row
    if row.state != SanctionState.proposed or row.reply is not None:
        raise conflict("The step is decided, or the operator's reply is kept; it stands.")
    if not row.proposed_at <= reply.replied_at <= mover.now:
        raise invalid("/replied_at", "must lie between the proposal and now")
    row.replied_at, row.reply, row.reply_recorded_by = reply.replied_at, reply.text, mover.subject
    await feed.append(session, mover.organisation, [_event("replied", row, mover)])
    return row


async def decide_sanction(
    session: AsyncSession, mover: Mover, id: UUID, decision: DecisionInput
) -> SanctionRow:
    """Decide on a proposed step, or drop it; what it does to bookings is told.

    Raises
    ------
    Problem : 404 unknown; 409 decided before, by one person alone, or the operator not heard
    """
    row = await _locked(session, mover, id)
    if decision.state.value == SanctionState.proposed.value:
        raise invalid("/state", "decide it or drop it: send decided or dropped")
    if row.state != SanctionState.proposed:
        raise conflict(f"The step is {row.state} already.")
    await anomalies.lock_places(session, [row.accommodation_id])
    events = []
    if decision.state.value == SanctionState.decided.value:
        await _check_decision(session, mover, row)
        events = await _set_bookings(session, mover, row)
    row.state, row.decision = decision.state, decision.reason
    row.decided_by, row.decided_at = mover.subject, mover.now
    await feed.append(session, mover.organisation, [*events, _event(row.state, row, mover)])
    return row


def _new(
    mover: Mover, id: UUID, asked: SanctionInput, *, reply_by: datetime | None, key: str | None
) -> dict[str, object]:
    """Write a step as its table keeps it; a reminder is decided by who proposes it."""
    at_once = asked.step.value == SanctionStep.reminder.value
    return {
        "organisation": str(mover.organisation),
        "id": str(id),
        "accommodation_id": str(asked.accommodation_id),
        "step": asked.step,
        "state": SanctionState.decided if at_once else SanctionState.proposed,
        "grounds": asked.grounds,
        "anomaly_ids": [str(it) for it in asked.anomaly_ids],
        "notice_id": asked.notice_id and str(asked.notice_id),
        "proposed_by": mover.subject,
        "proposed_at": mover.now.isoformat(),
        "reply_by": reply_by and reply_by.isoformat(),
        "decided_by": mover.subject if at_once else None,
        "decided_at": mover.now.isoformat() if at_once else None,
        "decision": asked.grounds if at_once else None,
        "sent_as": key,
    }


def _same(known: SanctionRow, asked: SanctionInput) -> SanctionRow:
    same = ("accommodation_id", "step", "grounds", "anomaly_ids", "notice_id")
    if any(getattr(known, name) != getattr(asked, name) for name in same):
        raise Problem(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key came before with another sanction; send the same again, or a "
            "new key.",
        )
    return known


async def _check_grounds(session: AsyncSession, asked: SanctionInput) -> None:
    rows = await anomalies.by_ids(session, asked.anomaly_ids)
    here = {it.id for it in rows if it.accommodation_id == asked.accommodation_id}
    for number, id in enumerate(asked.anomaly_ids):
        if id not in here:
            raise invalid(
                f"/anomaly_ids/{number}", "there is no such anomaly of this accommodation"
            )
    if asked.notice_id is not None:
        notice = await one(session, NoticeRow, asked.notice_id, ())
        if notice is None or notice.accommodation_id != asked.accommodation_id:
            raise invalid("/notice_id", "there is no such notice to this accommodation")


def _checked(proposal: Proposal, standing: Standing) -> None:
    try:
        check_proposal(proposal, standing)
    except SanctionRefused as error:
        if error.field == "reply_by":
            raise invalid("/reply_by", error.reason) from error
        raise conflict(f"/{error.field}: {error.reason}") from error


async def _check_decision(session: AsyncSession, mover: Mover, row: SanctionRow) -> None:
    proposal = Proposal(
        SanctionStep(row.step), row.proposed_by, row.proposed_at, row.reply_by, row.replied_at
    )
    standing = await sanctions.standing(session, row.accommodation_id, mover.now)
    try:
        check_decision(proposal, standing, decided_by=mover.subject, decided_at=mover.now)
    except SanctionRefused as error:
        raise conflict(f"/{error.field}: {error.reason}") from error


async def _set_bookings(session: AsyncSession, mover: Mover, row: SanctionRow) -> list[NewEvent]:
    """Let bookings of the place stand as the step says; return the events to append."""
    status = BOOKINGS.get(SanctionStep(row.step))
    if status is None:
        return []
    place = await accommodations.by_id(session, row.accommodation_id, (), lock=True)
    assert place is not None  # noqa: S101 - a foreign key says so
    if place.contract_state != CONTRACTS[status]:
        place.contract_state = CONTRACTS[status]
        place.revision += 1
        place.updated_at = mover.now
    data = BookingStatusChanged.model_validate(
        {
            "external_id": place.external_id,
            "status": status,
            "sanction_id": row.id,
            "since": mover.now,
        }
    )
    told = NewEvent("booking_status.changed", place.id, mover.now, data)
    return [accommodation_changed(place), told]


async def _locked(session: AsyncSession, mover: Mover, id: UUID) -> SanctionRow:
    row = await one(session, SanctionRow, id, mover.territories, lock=True)
    if row is None:
        raise not_found("sanction")
    return row


def _event(what: str, row: SanctionRow, mover: Mover) -> NewEvent:
    data = SanctionChanged.model_validate(
        {"accommodation_id": row.accommodation_id, "step": row.step, "state": row.state}
    )
    return NewEvent(f"sanction.{what}", row.id, mover.now, data)
