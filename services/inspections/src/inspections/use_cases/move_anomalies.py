"""Move an anomaly: what a person says was done, or decides, about what is wrong."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.anomaly import Asked, Move, MoveRefused, make_move
from inspections.store import anomalies
from inspections.store.tables import AnomalyRow
from inspections.use_cases.anomaly_messages import change, changed_event
from inspections.use_cases.watch_deadlines import propose_reinspection
from shared import feed
from shared.contracts.inspections.anomalies import AnomalyMove, MoveInput, StepKind
from shared.problems import Problem, conflict, invalid, not_found

MOVE = "move"
# Where the message says what the domain calls otherwise.
POINTERS = {"at": "occurred_at"}


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves an anomaly, and when; no territories means all."""

    organisation: UUID
    subject: str
    territories: tuple[str, ...]
    now: datetime


async def move_anomaly(
    session: AsyncSession, mover: Mover, id: UUID, asked: MoveInput, *, key: str | None = None
) -> AnomalyRow:
    """Make a move; the same key again changes nothing.

    Raises
    ------
    Problem : 404 unknown; 409 not from its state, or not now; 422 in the future, or a key that
        came with another move
    """
    row = await anomalies.by_id(session, id, mover.territories, lock=True)
    if row is None:
        raise not_found("anomaly")
    if key is not None and await _came_before(session, id, key, asked):
        return row
    at = asked.occurred_at or mover.now
    if at > mover.now:
        raise invalid("/occurred_at", "lies in the future; leave it out for now")
    anomalies.keep_past(session, row, mover.now)
    kind = _assign(row, asked) if asked.move == AnomalyMove.assign else _move(row, asked, at)
    row.revision += 1
    row.updated_at = mover.now
    step = {
        "organisation": str(mover.organisation),
        "id": str(uuid4()),
        "anomaly_id": str(id),
        "kind": kind,
        "occurred_at": at.isoformat(),
        "known_at": row.known_from.isoformat(),
        "severity": row.severity,
        "done_by": mover.subject,
        "reason": asked.reason or None,
        "responsibility": row.responsibility,
        "proofs": [it.model_dump(mode="json") for it in asked.proofs],
        "sent_as": key,
    }
    await anomalies.insert_steps(session, [step])
    events = [changed_event(row.accommodation_id, MOVE, [change(row)], at)]
    if kind == StepKind.claimed_fixed and anomalies.course_of(row).must_be_seen:
        events.append(await propose_reinspection(session, [row], StepKind.claimed_fixed, mover.now))
    await feed.append(session, mover.organisation, events)
    return row


async def _came_before(session: AsyncSession, id: UUID, key: str, asked: MoveInput) -> bool:
    step = await anomalies.step_sent_as(session, id, key)
    if step is None:
        return False
    proofs = [it.model_dump(mode="json") for it in asked.proofs]
    same_kind = step.kind == _STEPS[asked.move]
    if not same_kind or (step.reason or "") != asked.reason or step.proofs != proofs:
        raise Problem(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key came before with another move; send the same again, or a new "
            "key.",
        )
    return True


_STEPS = {
    AnomalyMove.claim_fixed: StepKind.claimed_fixed,
    AnomalyMove.verify: StepKind.verified,
    AnomalyMove.reopen: StepKind.reopened,
    AnomalyMove.accept_risk: StepKind.accepted_risk,
    AnomalyMove.assign: StepKind.assigned,
}


def _assign(row: AnomalyRow, asked: MoveInput) -> str:
    if not anomalies.course_of(row).allowed:
        raise conflict("The anomaly is over; a new one will have a responsibility of its own.")
    row.responsibility = str(asked.responsibility)
    return StepKind.assigned


def _move(row: AnomalyRow, asked: MoveInput, at: datetime) -> str:
    wanted = Asked(
        move=Move(asked.move.value),
        at=at,
        reason=asked.reason,
        proofs=len(asked.proofs),
        review_on=asked.review_on,
    )
    try:
        course = make_move(anomalies.course_of(row), wanted)
    except MoveRefused as error:
        if error.field == "move":
            raise conflict(f"/move: {error.reason}") from error
        raise invalid(f"/{POINTERS.get(error.field, error.field)}", error.reason) from error
    anomalies.set_course(row, course)
    return course.state
