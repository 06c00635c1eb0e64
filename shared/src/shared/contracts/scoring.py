"""What the scoring service says and takes: risk, priority and the models behind them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.inspections import ScoreSnapshot
from shared.contracts.message import Input, Label, Output

Method = Literal["rule", "model"]


class Reason(Output):
    """One cause of a score, in words, with the visits behind it."""

    group: str
    direction: Literal["up", "down"]
    share: float = Field(description="Part of the score's distance from the average, -1 to 1.")
    text: Label
    inspection_ids: list[UUID] = Field(default_factory=list)


class Score(Output):
    """Probability of a critical finding at the next routine visit of a place."""

    id: UUID
    accommodation_id: UUID
    as_of: datetime
    computed_at: datetime
    method: Method
    model_id: str | None
    probability: float = Field(ge=0, le=1)
    rank: int | None
    visits_known: int
    reasons: list[Reason]


class PriorityParts(Output):
    """All that makes a priority; their product and sum give `priority_points`."""

    probability: float
    people_exposed: int
    exposure_factor: float
    days_overdue: int
    overdue_factor: float
    raw: float


class Priority(Output):
    """How much a visit is worth this week, 0 to 100 on a fixed scale."""

    accommodation_id: UUID
    priority_points: float = Field(ge=0, le=100)
    parts: PriorityParts
    reasons: list[Reason]
    score_snapshot: ScoreSnapshot


class PriorityPage(Output):
    """Priorities of all places asked for; `stale` when the feed is behind."""

    items: list[Priority]
    as_of: datetime
    method: Method
    followed_position: int


class TrainRequest(Input):
    """Ask for a model to be trained and compared with the rule; it is used only if it wins."""

    as_of: date | None = Field(
        default=None,
        description="Learn from what was known before this day. With newer visits known, a model "
        "that wins waits to be activated.",
    )
    # Each part of a model has a seed of its own, from six times this one on; all must fit 32 bits.
    seed: int = Field(default=1, ge=0, le=2**28)
    rounds: int = Field(default=150, ge=10, le=2000)


class Interval(Output):
    """A figure with its 90 % interval."""

    value: float
    low: float
    high: float


class WindowReport(Output):
    """How model and rules did on one stretch of time they had not seen."""

    starts_on: date
    ends_on: date
    visits: int
    positives: int
    auc: dict[str, float] = Field(description="By method: model, rule, and each simple baseline.")


class Model(Output):
    """A trained model and what it is worth."""

    id: str
    created_at: datetime
    state: Literal["candidate", "active", "refused", "retired"]
    data_cutoff: date
    visits: int
    positives: int
    seed: int
    features: list[str]
    feature_schema: str
    windows: list[WindowReport]
    auc: dict[str, Interval]
    verdict: Label
