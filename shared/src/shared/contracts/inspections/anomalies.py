"""Anomalies: what is wrong with a place across visits, and what is done about it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.inspections.inspection import Finding, Responsibility
from shared.contracts.message import Day, Input, Label, Moment, Note, Output


class AnomalyState(StrEnum):
    """How far putting an anomaly right is; only `verified` ends it."""

    open = "open"
    notified = "notified"
    claimed_fixed = "claimed_fixed"
    reopened = "reopened"
    accepted_risk = "accepted_risk"
    verified = "verified"


class AnomalyMove(StrEnum):
    """What a person may say of an anomaly; being notified comes with a notice."""

    claim_fixed = "claim_fixed"
    verify = "verify"
    reopen = "reopen"
    accept_risk = "accept_risk"
    assign = "assign"


class ProofKind(StrEnum):
    """What shows that something was done."""

    photo = "photo"
    invoice = "invoice"
    report = "report"
    statement = "statement"


class Proof(Input):
    """Something that shows what was done; `sha256` names a file kept elsewhere in the record."""

    kind: ProofKind
    note: str = Field(default="", max_length=500)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class MoveInput(Input):
    """A move of an anomaly; the same `Idempotency-Key` again changes nothing."""

    move: AnomalyMove
    occurred_at: Moment | None = Field(default=None, description="Now, if left out.")
    reason: Note = ""
    proofs: list[Proof] = Field(default=[], max_length=20)
    review_on: Day | None = Field(default=None, description="When an accepted risk is looked at.")
    responsibility: Responsibility | None = Field(default=None, description="With `assign` only.")

    @model_validator(mode="after")
    def _responsibility_is_assigned(self) -> "MoveInput":
        if (self.move == AnomalyMove.assign) != (self.responsibility is not None):
            raise ValueError("responsibility goes with the move assign, and with no other")
        if self.move == AnomalyMove.assign and not self.reason:
            raise ValueError("say in reason why it is theirs to put right")
        return self


class Anomaly(Output):
    """What is wrong with an item of a room, as it stands; without `room`, of the whole place."""

    id: UUID
    accommodation_id: UUID
    item: str
    category: str
    room: str | None
    responsibility: Responsibility
    state: AnomalyState
    state_since: datetime
    severity: int = Field(description="As last seen, 1 to 4.")
    critical: bool
    first_seen_at: datetime
    last_seen_at: datetime
    known_at: datetime
    sightings: int = Field(description="Inspections that saw it.")
    due_at: datetime = Field(description="By when it must be put right.")
    deadline_policy: str
    overdue: bool
    false_claims: int = Field(description="Times it was said to be fixed and seen not to be.")
    review_on: date | None
    repeat_of: UUID | None = Field(description="The anomaly it brings back within 12 months.")
    repeats: int = Field(description="Times it came back so.")
    allowed_moves: list[AnomalyMove]


class StepKind(StrEnum):
    """What happened to an anomaly."""

    open = "open"
    notified = "notified"
    claimed_fixed = "claimed_fixed"
    reopened = "reopened"
    accepted_risk = "accepted_risk"
    verified = "verified"
    assigned = "assigned"
    overdue = "overdue"


class AnomalyStep(Output):
    """One thing that happened to an anomaly; `inspection_id` when an inspection brought it."""

    id: UUID
    kind: StepKind
    occurred_at: datetime
    recorded_at: datetime
    done_by: str | None
    inspection_id: UUID | None
    notice_id: UUID | None
    reason: str | None
    proofs: list[Proof]


class AnomalyAccount(Output):
    """An anomaly with all that was seen of it and happened to it."""

    anomaly: Anomaly
    findings: list[Finding]
    steps: list[AnomalyStep]


class AnomalyChange(Output):
    """How an anomaly stands after a change, inside an event."""

    id: UUID
    item: str
    category: str
    room: str | None
    responsibility: Responsibility
    state: AnomalyState
    severity: int
    critical: bool
    due_at: datetime
    repeat: bool


class AnomaliesChanged(Output):
    """Data of the event `anomalies.changed`; its subject is the accommodation."""

    accommodation_id: UUID
    cause: str = Field(description="inspection, move, notice, deadline or review.")
    anomalies: list[AnomalyChange]


class DeadlineAllowance(Output):
    """How long putting something right may take; `to_working_day` moves a closed last day."""

    case: str = Field(description="danger, else the severity 4 to 1.")
    amount: int
    unit: str = Field(description="hours, days or working_days.")
    to_working_day: bool


class DeadlinePolicy(Output):
    """A named policy of deadlines; `in_use` for the organisation's own."""

    name: str
    label: Label
    source: str
    in_use: bool
    allowances: list[DeadlineAllowance]


class DeadlinePolicies(Output):
    """The policies to choose from."""

    items: list[DeadlinePolicy]


class DeadlineChoice(Input):
    """The policy whose deadlines anomalies opened from now on get."""

    policy: str = Field(max_length=60)
