"""The life of an anomaly: what is wrong with one item of one room, from first seen to put right."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from inspections.domain.calendar import local_day

# Anything from here on is put right only in the eyes of an inspector, never by a paper.
SEVERITY_TO_SEE_AGAIN = 3
LONGEST_ACCEPTANCE = timedelta(days=366)


class AnomalyState(StrEnum):
    """How far putting an anomaly right is; only `verified` ends it."""

    open = "open"
    notified = "notified"
    claimed_fixed = "claimed_fixed"
    reopened = "reopened"
    accepted_risk = "accepted_risk"
    verified = "verified"


class Responsibility(StrEnum):
    """Who has to put an anomaly right; only the operator's may grade, or be notified to, him."""

    operator = "operator"
    organisation = "organisation"
    household = "household"
    unknown = "unknown"


class Move(StrEnum):
    """What may happen to an anomaly."""

    notify = "notify"
    claim_fixed = "claim_fixed"
    verify = "verify"
    reopen = "reopen"
    accept_risk = "accept_risk"


_STATES = AnomalyState
_UNDONE = (_STATES.open, _STATES.notified, _STATES.reopened)
# To which state each move leads, and from which it may be made.
MOVES = MappingProxyType(
    {
        Move.notify: (_STATES.notified, frozenset(_UNDONE)),
        Move.claim_fixed: (_STATES.claimed_fixed, frozenset(_UNDONE)),
        Move.verify: (_STATES.verified, frozenset(_STATES) - {_STATES.verified}),
        Move.reopen: (
            _STATES.reopened,
            frozenset({_STATES.claimed_fixed, _STATES.accepted_risk}),
        ),
        Move.accept_risk: (
            _STATES.accepted_risk,
            frozenset({*_UNDONE, _STATES.claimed_fixed}),
        ),
    }
)
# States in which the deadline runs against whoever is responsible.
UNDONE = frozenset(_UNDONE)
ACTIVE = frozenset(_STATES) - {_STATES.verified}


class MoveRefused(ValueError):  # noqa: N818 - the field's own word for it
    """A move that an anomaly does not allow now; the message says what is allowed instead."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Course:
    """Where an anomaly stands.

    `severity` and `critical` are as last seen, `due_at` is the moment by which it must be put
    right. `false_claims` counts how often it was said to be fixed and seen not to be.
    `review_on` is the day on which an accepted risk is looked at again.
    """

    state: AnomalyState
    state_since: datetime
    severity: int
    critical: bool
    first_seen_at: datetime
    last_seen_at: datetime
    due_at: datetime
    sightings: int = 1
    false_claims: int = 0
    review_on: date | None = None

    @property
    def allowed(self) -> tuple[Move, ...]:
        """The moves a person may make now, in the order of `Move`."""
        return allowed_from(self.state)

    @property
    def must_be_seen(self) -> bool:
        """Tell whether only an inspection may say that it is put right."""
        return self.critical or self.severity >= SEVERITY_TO_SEE_AGAIN

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether the deadline has passed and nobody says that it is put right."""
        return self.state in UNDONE and self.due_at < now


def allowed_from(state: str) -> tuple[Move, ...]:
    """Give the moves a person may make from a state, in the order of `Move`."""
    return tuple(move for move in Move if state in MOVES[move][1])


@dataclass(frozen=True, slots=True)
class Asked:
    """A move as a person asks for it; `seen` when an inspector saw it on the spot."""

    move: Move
    at: datetime
    reason: str = ""
    proofs: int = 0
    review_on: date | None = None
    seen: bool = False


def make_move(course: Course, asked: Asked) -> Course:
    """Move an anomaly to its next state.

    Raises
    ------
    MoveRefused : the state, the time or what comes with the move does not allow it
    """
    target, sources = MOVES[asked.move]
    if course.state not in sources:
        allowed = ", ".join(course.allowed) or "none, it is over"
        raise MoveRefused(
            "move", f"{asked.move} is no move of an anomaly that is {course.state}: {allowed}"
        )
    if asked.at < course.state_since:
        raise MoveRefused("at", f"must not be before {course.state_since.isoformat()}, its state's")
    _check_grounds(course, asked)
    return replace(
        course,
        state=target,
        state_since=asked.at,
        review_on=asked.review_on if asked.move == Move.accept_risk else None,
        false_claims=course.false_claims + (_belies_claim(course, asked.move)),
    )


def _belies_claim(course: Course, move: Move) -> bool:
    return move == Move.reopen and course.state == AnomalyState.claimed_fixed


def _check_grounds(course: Course, asked: Asked) -> None:
    if asked.move == Move.verify and not asked.seen:
        if course.must_be_seen:
            raise MoveRefused("move", "this is serious: only an inspection may verify it")
        if asked.proofs == 0 and not asked.reason:
            raise MoveRefused("proofs", "give a proof, or the reason why none is needed")
    if asked.move == Move.accept_risk:
        _check_acceptance(course, asked)
    if asked.move == Move.reopen and not asked.reason and not asked.seen:
        raise MoveRefused("reason", "say why it is open again")


def _check_acceptance(course: Course, asked: Asked) -> None:
    if course.critical:
        raise MoveRefused("move", "a danger is never accepted as a risk")
    if not asked.reason:
        raise MoveRefused("reason", "say why the risk is accepted, and by whom")
    today = local_day(asked.at)
    if asked.review_on is None or not today < asked.review_on <= today + LONGEST_ACCEPTANCE:
        raise MoveRefused("review_on", "give the day to look again, within a year")
