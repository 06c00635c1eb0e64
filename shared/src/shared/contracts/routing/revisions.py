"""Revisions of a plan: what people changed by hand, why, and what came of it."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from shared.contracts.inspections.visits import ScoreSnapshot, VisitOrigin
from shared.contracts.message import KEPT, Input, JobState, Output, Text
from shared.contracts.routing.day import DayReport
from shared.contracts.routing.plan_figures import Baseline, Totals
from shared.contracts.routing.plans import Certificate, PlanCandidate, Round, Unvisited

Reason = Annotated[str, Field(min_length=1, max_length=1000, pattern=KEPT)]
Change = Literal["dropped", "added", "moved", "reordered"]
Place = Annotated[
    int | None,
    Field(ge=1, le=100, description="Its place among the visits of the round; default: cheapest."),
]


class PinVisit(Input):
    """Keep a visit in its round, and at an hour if one is given, whatever is planned again."""

    kind: Literal["pin"]
    accommodation_id: UUID
    starts_at: AwareDatetime | None = None


class UnpinVisit(Input):
    """Let planning decide about a place again."""

    kind: Literal["unpin"]
    accommodation_id: UUID


class DropVisit(Input):
    """Take a visit out; planning leaves the place out until it is added again."""

    kind: Literal["drop"]
    accommodation_id: UUID


class AddVisit(Input):
    """Visit a place that is left out, or a new one; it is a must-visit from then on."""

    kind: Literal["add"]
    accommodation_id: UUID
    candidate: PlanCandidate | None = Field(
        default=None, description="A place the plan was not asked about, with the same id."
    )
    team_id: Text | None = Field(default=None, description="Default: whichever goes cheapest.")
    day: date | None = None
    sequence: Place = None


class MoveVisit(Input):
    """Take a visit to another round, or to another place in its own."""

    kind: Literal["move"]
    accommodation_id: UUID
    team_id: Text | None = Field(default=None, description="Default: the team it has.")
    day: date | None = Field(default=None, description="Default: the day it has.")
    sequence: Place = None


class Reoptimise(Input):
    """Search for a better plan from this one; pinned and added visits stay, dropped ones too."""

    kind: Literal["reoptimise"]
    time_limit_s: float = Field(default=2.0, ge=0.1, le=30)
    iteration_limit: int | None = Field(default=None, ge=1, le=10_000_000)
    seed: int = Field(default=1, ge=0, le=2**31)


class RestoreRevision(Input):
    """Go back to an earlier revision, as a new one; the only edit of its revision."""

    kind: Literal["restore"]
    revision: int = Field(ge=0)


PlanEdit = Annotated[
    PinVisit | UnpinVisit | DropVisit | AddVisit | MoveVisit | Reoptimise | RestoreRevision,
    Field(discriminator="kind"),
]


class RevisionRequest(Input):
    """Edits of a plan, applied in order, checked once at the end: all of them or none."""

    based_on: int = Field(ge=0, description="The revision that was looked at; 0 as it was solved.")
    reason: Reason
    edits: list[PlanEdit] = Field(default_factory=list, max_length=100)
    day: DayReport | None = Field(
        default=None,
        description="What has happened: what is done and pinned stays, the rest is planned again "
        "around it; `edits` then add urgent visits, or pin.",
    )

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if not self.edits and self.day is None:
            raise ValueError("Send `edits`, or what happened in the `day`.")
        return self


class VisitPlace(Output):
    """Where a visit is in a plan."""

    team_id: str
    day: date
    sequence: int
    starts_at: datetime


class VisitChange(Output):
    """What became of a visit from one plan to another."""

    accommodation_id: UUID
    name: str
    before: VisitPlace | None
    after: VisitPlace | None


class PlanDiff(Output):
    """What the second of two plans has that the first has not; figures are second less first."""

    moved: list[VisitChange] = Field(description="To another day or team.")
    reordered: list[VisitChange] = Field(
        description="In the same round, in another order among the visits that stay in it."
    )
    gained: list[VisitChange]
    lost: list[VisitChange]
    visits: int
    points: float
    travel_s: int
    service_s: int
    expected_critical: float | None


class PlanRevisionSummary(Output):
    """Who changed a plan, why, and what it came to."""

    number: int
    based_on: int | None = Field(description="None for the plan as it was solved.")
    author: str
    reason: str
    edits: list[PlanEdit]
    day: DayReport | None = None
    accepted: bool
    created_at: datetime
    totals: Totals


class PlanRevision(PlanRevisionSummary):
    """A revision of a plan, verified by the checker."""

    plan_id: UUID
    rounds: list[Round]
    unvisited: list[Unvisited]
    certificate: Certificate
    pinned: list[UUID]
    done: list[UUID] = Field(description="Places whose visit is made or under way.")
    diff: PlanDiff | None = Field(description="From the revision it is based on.")
    fell_out: list[Unvisited] = Field(description="What the revision loses, and why.")


class RevisionPending(Output):
    """A revision that is still worked on; ask again with the same Idempotency-Key."""

    id: UUID
    job: JobState


class BaselineDifference(Output):
    """A simpler way of choosing, and what the plan reaches beyond it."""

    baseline: Baseline
    visits: int
    points: float
    travel_s: int
    expected_critical: float | None


class PlanComparison(Output):
    """A plan beside the simpler ways of choosing, and beside another plan."""

    revision: int
    baselines: list[BaselineDifference]
    other: PlanDiff | None = Field(default=None, description="From the other plan to this one.")


class PlanOverride(Output):
    """What the feed tells of a change by hand; who made it is in the revision."""

    plan_id: UUID
    revision: int
    accommodation_id: UUID
    change: Change
    reason: str
    before: VisitPlace | None
    after: VisitPlace | None
    priority_points: float
    origin: VisitOrigin
    score_snapshot: ScoreSnapshot | None
