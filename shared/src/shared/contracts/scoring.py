"""What the scoring service says and takes: risk, priority and the models behind them."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.inspections.register import AccommodationKind
from shared.contracts.inspections.visits import ScoreSnapshot, VisitKind
from shared.contracts.message import Day, Input, Label, Moment, Output, Territory, Text

Method = Literal["rule", "model", "heuristic"]


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
    low: float | None = Field(default=None, description="Lower end of its 90 % interval.")
    high: float | None = Field(default=None, description="Upper end of its 90 % interval.")
    rank: int | None = Field(
        description="1 is the riskiest; of a past score, what it was when it was computed."
    )
    visits_known: int
    reasons: list[Reason]


class PriorityParts(Output):
    """All that makes a priority; `raw` is the product of probability, weight and factors."""

    probability: float
    worst_severity: int = Field(default=0, description="Of what the last visit saw, 0 to 4.")
    severity_weight: float = 1.0
    people_exposed: int
    exposure_factor: float
    days_overdue: int
    overdue_factor: float
    steering_level: int = Field(default=2, description="1 later, 2 as usual, 3 sooner, 4 first.")
    steering_factor: float = 1.0
    steered_by: list[str] = Field(
        default_factory=list, description="What the steering of that level is called."
    )
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
    policy_version: int = Field(default=0, description="Of the priority policy that weighed them.")


class TrainRequest(Input):
    """Ask for a model to be trained and compared with the rule; it is used only if it wins."""

    as_of: Day | None = Field(
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
    policy_version: int | None = Field(
        default=None, description="Version of the scoring policy that it was trained by."
    )
    windows: list[WindowReport]
    auc: dict[str, Interval]
    verdict: Label


class AblationReport(Output):
    """What a group of features adds: the figure with it minus without it."""

    group: str
    auc: Interval
    auc_within_inspector: Interval | None


class FairnessReport(Output):
    """How a group of places fares when the tenth with the highest scores is visited."""

    group: str
    visits: int
    positives: int
    selected: float | None = Field(description="Share of the group among that tenth.")
    found: float | None = Field(description="Share of the group's dangers that are found.")
    enough_data: bool = Field(description="False under ten positives: no share is told.")


class SecondaryReport(Output):
    """How well a secondary target is foretold, by a model of its own and by other orders.

    Targets are `severity_points`, what a visit finds in all, and `left_open`, whether something
    serious is not in order some weeks later.
    """

    target: str
    windows: int
    visits: int
    total: float = Field(description="Points found, or visits that left something open.")
    figures: dict[str, dict[str, Interval]] = Field(
        description="By method, then by measure; `own` learned the target itself."
    )
    gain: dict[str, Interval] = Field(
        description="`own` minus each method: in AUC, of points in the share that the first half "
        "of the visits finds."
    )


class ModelCard(Output):
    """All that is known of a model, for whoever must trust it."""

    model_id: str
    purpose: Label
    not_for: Label
    never_used: Label
    method: Label
    label: Label
    data_cutoff: date
    gap_days: int
    visits: int
    positives: int
    features: list[str]
    windows: list[WindowReport]
    figures: dict[str, dict[str, Interval]] = Field(description="By method, then by measure.")
    gain: dict[str, Interval] = Field(description="AUC of the model minus that of each method.")
    gain_within_inspector: dict[str, Interval]
    ablations: list[AblationReport]
    fairness: list[FairnessReport]
    secondary: list[SecondaryReport] = Field(default_factory=list)
    limits: list[Label]
    verdict: Label


class EvaluatedVisit(Input):
    """What was predicted of a visit, and what it found."""

    place: Text = Field(description="Any name; visits of one place are resampled together.")
    probability: float = Field(ge=0, le=1)
    positive: bool = Field(description="Whether the visit found what was predicted.")
    inspector: Text | None = Field(
        default=None, description="Any name; only visits that have one are compared within it."
    )


class EvaluationRequest(Input):
    """Predictions with their outcomes."""

    visits: list[EvaluatedVisit] = Field(min_length=1, max_length=10_000)


class Evaluation(Output):
    """What predictions were worth; a figure that cannot be measured on them is left out."""

    visits: int
    positives: int
    places: int
    figures: dict[str, Interval] = Field(description="By measure, with intervals over places.")


SeriesName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
        description="Small letters, digits and underscores; the values of one are comparable.",
        examples=["humidity", "cold_alert"],
    ),
]


class SignalInput(Input):
    """A value from outside: of a place, of a territory, or, where neither is named, everywhere."""

    series: SeriesName
    accommodation_id: UUID | None = None
    territory: Territory | None = None
    occurred_at: Moment = Field(description="When it holds from.")
    known_at: Moment = Field(
        description="When it could be known: of a published index, the day it came out."
    )
    value: float

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        if self.accommodation_id is not None and self.territory is not None:
            raise ValueError("name an accommodation or a territory, not both")
        return self


class SignalImport(Input):
    """Values to keep."""

    values: list[SignalInput] = Field(min_length=1, max_length=10_000)


class SignalReceipt(Output):
    """What came of an import."""

    values: int
    places_to_score: int = Field(description="Of which the model that serves hears something new.")


class Signal(Output):
    """A value from outside as it is kept."""

    series: str
    accommodation_id: UUID | None
    territory: str | None
    occurred_at: datetime
    known_at: datetime
    value: float


class PolicyLabel(Input):
    """Which outcome of a visit is foreseen: that one of its findings is any of these."""

    kinds: list[VisitKind] = Field(
        min_length=1, description="Kinds of visits that are asked about."
    )
    critical: bool = Field(description="A finding that the record calls critical.")
    items: list[Text] = Field(max_length=200, description="A finding of one of these items.")
    least_severity: int | None = Field(
        ge=1, le=4, description="A finding of this severity or more."
    )
    open_after_days: int = Field(
        default=30,
        ge=1,
        le=365,
        description="Secondary target: something serious is not in order so many days later.",
    )
    fr: Text
    en: Text

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.critical and not self.items and self.least_severity is None:
            raise ValueError("name critical findings, items or a severity: nothing is positive yet")
        return self


Weight = Annotated[float, Field(ge=0, le=5)]


class PolicyWeights(Input):
    """How much each part of the rule counts; 0 leaves it out. What is not named is as it comes."""

    points: Weight = 1.0
    danger: Weight = 0.25
    kind: Weight = 1.0
    operator: Weight = 1.0
    neighbourhood: Weight = 0.25
    complaints: Weight = 0.7
    contacts: Weight = 0.2


class PolicyChange(Input):
    """Another version of the policy, and why."""

    label: PolicyLabel
    cohort_kinds: list[AccommodationKind] = Field(
        max_length=20, description="Kinds of places that models are for and judged on; all if none."
    )
    weights: PolicyWeights
    reason: Text


class ScoringPolicy(Output):
    """What is learned, of which places, and how the rule weighs; version 0 is as it comes."""

    version: int
    label: PolicyLabel
    cohort_kinds: list[AccommodationKind]
    weights: PolicyWeights
    author: str | None
    reason: str | None
    created_at: datetime | None


class UsedData(Output):
    """One group of data that scores are computed from."""

    group: str
    text: Label


class Transparency(Output):
    """How scores come about, for anybody who asks."""

    purpose: Label
    label: Label = Field(description="What counts as positive.")
    used: list[UsedData]
    never_used: Label
    methods: dict[Method, Label]
    gate: Label
    explained: Label
    who_decides: Label
    not_for: Label
