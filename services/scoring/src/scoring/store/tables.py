"""The tables of scoring. Every row carries its organisation, and the database enforces it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Where the tables of this service, and of no other, are known."""


def _moment() -> "Column[datetime]":
    return Column(TIMESTAMP(timezone=True), nullable=False)


def _json() -> "Column[object]":
    return Column(JSONB, nullable=False)


class AccommodationRow(Table, table=True):
    """A place as the feed told it last, at `position`; `stale` until it is scored again.

    `merged_into` is the place that took its history over; it has no score of its own any more.
    """

    __tablename__ = "accommodation"
    __table_args__ = (Index("accommodation_stale", "organisation", postgresql_where=text("stale")),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    kind: str
    territory: str
    sector: str
    lon: float | None
    lat: float | None
    rooms: int
    capacity: int | None
    operator: str
    contract_state: str
    opened_on: date | None
    position: int = Field(sa_type=BigInteger)
    stale: bool
    merged_into: UUID | None = None


class VisitRow(Table, table=True):
    """A visit that took place or failed; `observed` when its inspection saw enough for a grade."""

    __tablename__ = "visit"
    __table_args__ = (Index("visit_by_place", "organisation", "accommodation_id", "occurred_at"),)

    organisation: UUID = Field(primary_key=True)
    inspection_id: UUID = Field(primary_key=True)
    accommodation_id: UUID
    kind: str
    outcome: str
    observed: bool
    origin: str | None
    occurred_at: datetime = Field(sa_column=_moment())
    known_at: datetime = Field(sa_column=_moment())
    inspector_ids: list[UUID] = Field(
        sa_column=Column(ARRAY(UUID_TYPE(as_uuid=True)), nullable=False)
    )
    next_due_on: date | None


class FindingRow(Table, table=True):
    """Something wrong that a visit saw."""

    __tablename__ = "finding"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "inspection_id"], ["visit.organisation", "visit.inspection_id"]
        ),
    )

    organisation: UUID = Field(primary_key=True)
    inspection_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    item: str
    category: str
    severity: int
    critical: bool


class ComplaintRow(Table, table=True):
    """One telling of a complaint: as it came in, or as somebody verified it."""

    __tablename__ = "complaint"

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    verified: bool = Field(primary_key=True)
    accommodation_id: UUID
    source: str
    severity: int
    occurred_at: datetime = Field(sa_column=_moment())
    known_at: datetime = Field(sa_column=_moment())


class SignalRow(Table, table=True):
    """A value of a series from outside; `subject` is a place, a territory or empty for all."""

    __tablename__ = "signal"
    __table_args__ = (
        Index("signal_newest", "organisation", "known_at", "series", "subject", "occurred_at"),
    )

    organisation: UUID = Field(primary_key=True)
    series: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    occurred_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True), primary_key=True, nullable=False)
    )
    known_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True), primary_key=True, nullable=False)
    )
    value: float
    recorded_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())
    )
    recorded_by: str


class PolicyRow(Table, table=True):
    """A version of the scoring policy; never changed."""

    __tablename__ = "scoring_policy"

    organisation: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    label: dict[str, object] = Field(sa_column=_json())
    weights: dict[str, float] = Field(sa_column=_json())
    cohort_kinds: list[str] = Field(sa_column=Column(ARRAY(VARCHAR), nullable=False))
    author: str
    reason: str
    created_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())
    )


class PriorityPolicyRow(Table, table=True):
    """A version of the priority policy; never changed."""

    __tablename__ = "priority_policy"

    organisation: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    weights: dict[str, object] = Field(sa_column=_json())
    author: str
    reason: str
    created_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())
    )


class AuditDrawRow(Table, table=True):
    """The draw of a territory's week, which begins on a Monday; never changed."""

    __tablename__ = "audit_draw"

    organisation: UUID = Field(primary_key=True)
    territory: str = Field(primary_key=True)
    week: date = Field(primary_key=True)
    places: int
    expected: float
    seed: int = Field(sa_type=BigInteger)
    policy_version: int
    drawn_by: str
    drawn_at: datetime = Field(sa_column=_moment())


class AuditPickRow(Table, table=True):
    """A place that was drawn, how likely it was to be, and what was believed of it that day.

    `targeted` when its priority would have sent somebody anyway.
    """

    __tablename__ = "audit_pick"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "territory", "week"],
            ["audit_draw.organisation", "audit_draw.territory", "audit_draw.week"],
        ),
    )

    organisation: UUID = Field(primary_key=True)
    territory: str = Field(primary_key=True)
    week: date = Field(primary_key=True)
    accommodation_id: UUID = Field(primary_key=True)
    stratum: str
    propensity: float
    score_id: UUID
    probability: float
    priority_points: float
    targeted: bool


class WatchReportRow(Table, table=True):
    """What a week's look at scores saw; never changed.

    `told` is the report as it is sent, `profiles` what later looks are held against, `inspectors`
    numbers in an order drawn for this report alone.
    """

    __tablename__ = "watch_report"

    organisation: UUID = Field(primary_key=True)
    week: date = Field(primary_key=True)
    id: UUID
    method: str
    model_id: str | None
    told: dict[str, object] = Field(sa_column=_json())
    inspectors: list[dict[str, object]] = Field(sa_column=_json())
    profiles: dict[str, dict[str, object]] = Field(sa_column=_json())


class OutbreakLookRow(Table, table=True):
    """A look at a week, which begins on a Monday; how long each territory is known by then."""

    __tablename__ = "outbreak_look"

    organisation: UUID = Field(primary_key=True)
    week: date = Field(primary_key=True)
    series: int
    weeks_known: dict[str, int] = Field(sa_column=_json())
    looked_at: datetime = Field(sa_column=_moment())


class OutbreakAlertRow(Table, table=True):
    """What visits found too often in a territory by some week; never changed."""

    __tablename__ = "outbreak_alert"
    __table_args__ = (
        UniqueConstraint("organisation", "week", "territory", "category"),
        ForeignKeyConstraint(
            ["organisation", "week"], ["outbreak_look.organisation", "outbreak_look.week"]
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    week: date
    territory: str
    category: str
    began_in: date
    weeks: int
    visits: int
    found: int
    expected: float
    chance: float
    adjusted_chance: float
    neighbours: bool
    looked_at: datetime = Field(sa_column=_moment())


class PlanOverrideRow(Table, table=True):
    """A visit that people took out of a plan or put in; `accepted` with the plan as it is then."""

    __tablename__ = "plan_override"

    organisation: UUID = Field(primary_key=True)
    plan_id: UUID = Field(primary_key=True)
    accommodation_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    change: str
    occurred_at: datetime = Field(sa_column=_moment())
    accepted: bool


class ScoreRow(Table, table=True):
    """A score as it was computed; never changed."""

    __tablename__ = "score"
    __table_args__ = (
        Index("score_by_place", "organisation", "accommodation_id", "computed_at", "id"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    accommodation_id: UUID
    as_of: datetime = Field(sa_column=_moment())
    computed_at: datetime = Field(sa_column=_moment())
    method: str
    model_id: str | None
    probability: float
    average_rate: float
    visits_known: int
    low: float | None
    high: float | None
    rank_when_computed: int | None
    reasons: list[dict[str, object]] = Field(sa_column=_json())


class LatestScoreRow(Table, table=True):
    """Which score of a place is the newest."""

    __tablename__ = "latest_score"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "score_id"], ["score.organisation", "score.id"]),
    )

    organisation: UUID = Field(primary_key=True)
    accommodation_id: UUID = Field(primary_key=True)
    score_id: UUID
    computed_at: datetime = Field(sa_column=_moment())


class ModelRow(Table, table=True):
    """A trained model; its text is the blob of the same name."""

    __tablename__ = "model"
    __table_args__ = (
        Index(
            "model_active", "organisation", unique=True, postgresql_where=text("state = 'active'")
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: str = Field(primary_key=True)
    created_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())
    )
    state: str
    data_cutoff: date
    visits: int
    positives: int
    seed: int
    features: list[str] = Field(sa_column=Column(ARRAY(VARCHAR), nullable=False))
    feature_schema: str
    windows: list[dict[str, object]] = Field(sa_column=_json())
    auc: dict[str, dict[str, float]] = Field(sa_column=_json())
    verdict: dict[str, str] = Field(sa_column=_json())
    policy_version: int | None = None
    card: dict[str, object] | None = Field(default=None, sa_column=Column(JSONB))
