"""The ladder of sanctions: who may take which step, when, and what it does to bookings.

No score and no program takes a step. Beyond a reminder, a second person decides, and only once
the operator's reply, or his silence after being asked, is in the record.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class SanctionStep(StrEnum):
    """A step against an operator about one of his places, and the step back."""

    reminder = "reminder"
    formal_notice = "formal_notice"
    suspension = "suspension"
    relocation = "relocation"
    withdrawal = "withdrawal"
    reinstatement = "reinstatement"


class SanctionState(StrEnum):
    """How far a step is."""

    proposed = "proposed"
    decided = "decided"
    dropped = "dropped"


class BookingStatus(StrEnum):
    """Whether households may be booked into a place."""

    open = "open"
    suspended = "suspended"
    relocating = "relocating"
    closed = "closed"


LADDER = (
    SanctionStep.reminder,
    SanctionStep.formal_notice,
    SanctionStep.suspension,
    SanctionStep.relocation,
    SanctionStep.withdrawal,
)
# What a decided step makes of bookings; the others leave them as they are.
BOOKINGS = MappingProxyType(
    {
        SanctionStep.suspension: BookingStatus.suspended,
        SanctionStep.relocation: BookingStatus.relocating,
        SanctionStep.withdrawal: BookingStatus.closed,
        SanctionStep.reinstatement: BookingStatus.open,
    }
)
# States of a contract, as the register has them.
SUSPENDED, WITHDRAWN = "suspended", "withdrawn"
SHORTEST_REPLY = timedelta(days=1)
LONGEST_REPLY = timedelta(days=90)
CLEAN_GRADES = frozenset({"A", "B"})


class SanctionRefused(ValueError):  # noqa: N818 - the field's own word for it
    """A step that may not be taken; the message says what is missing."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a place stands: its highest step in force, and what the record says of it now.

    `graded_at` and `grade` are of the last inspection that was carried out and gave a grade.
    """

    in_force: SanctionStep | None
    since: datetime | None
    open_danger: bool
    overdue: int
    graded_at: datetime | None
    grade: str | None


@dataclass(frozen=True, slots=True)
class Hold:
    """What keeps the register from changing the state of a place's contract.

    `step` is a sanction that is proposed, or in force and bearing on bookings; `unsettled` tells
    that something the operator must put right was not seen to be.
    """

    step: str | None = None
    unsettled: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A step as somebody proposed it; a reply is what the operator said to it, if he did."""

    step: SanctionStep
    proposed_by: str
    proposed_at: datetime
    reply_by: datetime | None
    replied_at: datetime | None = None


def needs_reply(step: SanctionStep) -> bool:
    """Tell whether the operator must be heard: not for a reminder, nor for what favours him."""
    return step not in {SanctionStep.reminder, SanctionStep.reinstatement}


def needs_second_person(step: SanctionStep) -> bool:
    """Tell whether somebody other than the proposer must decide."""
    return step != SanctionStep.reminder


def check_proposal(proposal: Proposal, standing: Standing) -> None:
    """See that a step may be proposed where a place stands.

    Raises
    ------
    SanctionRefused : the ladder, the record or the time to reply does not allow it
    """
    if proposal.step == SanctionStep.reinstatement:
        _check_reinstatement(standing)
    else:
        _check_ladder(proposal.step, standing)
    if not needs_reply(proposal.step):
        return
    if proposal.reply_by is None:
        raise SanctionRefused("reply_by", "say by when the operator may reply")
    if not SHORTEST_REPLY <= proposal.reply_by - proposal.proposed_at <= LONGEST_REPLY:
        raise SanctionRefused("reply_by", "give the operator from one to ninety days to reply")


def check_decision(
    proposal: Proposal, standing: Standing, *, decided_by: str, decided_at: datetime
) -> None:
    """See that a step may be decided now, by this person.

    Raises
    ------
    SanctionRefused : one person alone, an operator not heard, or a place that has moved on
    """
    if needs_second_person(proposal.step) and decided_by == proposal.proposed_by:
        raise SanctionRefused("decided_by", "who proposed it may not decide it; ask somebody else")
    if needs_reply(proposal.step) and not _heard(proposal, decided_at):
        raise SanctionRefused(
            "reply", "record the operator's reply, or wait until his time to reply is over"
        )
    if proposal.step == SanctionStep.reinstatement:
        _check_reinstatement(standing)
    else:
        _check_ladder(proposal.step, standing)


def check_contract(wanted: str, hold: Hold) -> None:
    """See that the register may give a place's contract another state, past the ladder.

    What is entered as suspended may become active, and a contract that simply ends is withdrawn.

    Raises
    ------
    SanctionRefused : it takes a sanction
    """
    if hold.step is not None:
        raise SanctionRefused(
            "contract_state",
            f"a {hold.step} is proposed or in force; go on with POST /v1/sanctions",
        )
    if wanted == SUSPENDED:
        raise SanctionRefused(
            "contract_state", "a place is suspended by a sanction only; send POST /v1/sanctions"
        )
    if wanted == WITHDRAWN and hold.unsettled:
        raise SanctionRefused(
            "contract_state",
            "the operator has something to put right, so withdrawing the place takes a sanction; "
            "send POST /v1/sanctions, or see it put right first",
        )


def _heard(proposal: Proposal, now: datetime) -> bool:
    return proposal.replied_at is not None or (
        proposal.reply_by is not None and proposal.reply_by < now
    )


def _check_ladder(step: SanctionStep, standing: Standing) -> None:
    rung = LADDER.index(step)
    below = LADDER.index(standing.in_force) if standing.in_force is not None else -1
    if rung <= below and rung > 0:
        raise SanctionRefused("step", f"{standing.in_force} is in force already; go on from there")
    # The first two may be taken at once; further up every rung counts, but for a danger.
    if rung > max(below, 0) + 1 and not standing.open_danger:
        raise SanctionRefused("step", f"take {LADDER[rung - 1]} first, unless people are in danger")


def _check_reinstatement(standing: Standing) -> None:
    if standing.in_force not in BOOKINGS or standing.since is None:
        raise SanctionRefused("step", "bookings are open; there is nothing to reinstate")
    seen_since = standing.graded_at is not None and standing.graded_at > standing.since
    if not seen_since or standing.grade not in CLEAN_GRADES:
        raise SanctionRefused(
            "step", "an inspection since then must have given the place the grade A or B"
        )
    if standing.open_danger or standing.overdue:
        raise SanctionRefused("step", "a danger is open, or something is past its deadline")
