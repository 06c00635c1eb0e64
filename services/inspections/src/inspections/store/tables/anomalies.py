"""The tables of anomalies: what is wrong across visits, and what happened to it."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, moment


class AnomalyRow(Table, table=True):
    """What is wrong with an item of a room of a place, as it stands; findings continue it.

    While it is not verified it is the only one of its place, item and room. `revision` grows
    with every move of a person; `overdue_told_at` is when its missed deadline was told. It is known
    from `known_from` on that it stands so; how it stood before is in `AnomalyPastRow`.
    """

    __tablename__ = "anomaly"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        Index("anomaly_by_place", "organisation", "accommodation_id", "item", "room"),
        Index(
            "anomaly_active",
            "organisation",
            "accommodation_id",
            "item",
            "room",
            unique=True,
            postgresql_where=text("state <> 'verified'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("anomaly_by_time", "organisation", "last_seen_at", "id"),
        Index(
            "anomaly_by_deadline",
            "organisation",
            "due_at",
            "id",
            postgresql_where=text("state in ('open', 'notified', 'reopened')"),
        ),
        Index(
            "anomaly_overdue_untold",
            "organisation",
            "due_at",
            postgresql_where=text(
                "state in ('open', 'notified', 'reopened') and overdue_told_at is null"
            ),
        ),
        Index(
            "anomaly_to_review",
            "organisation",
            "review_on",
            postgresql_where=text("state = 'accepted_risk'"),
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    item: str
    room: str | None
    category: str
    scope: str
    responsibility: str
    state: str
    state_since: datetime = Field(sa_column=moment())
    severity: int
    critical: bool
    first_seen_at: datetime = Field(sa_column=moment())
    last_seen_at: datetime = Field(sa_column=moment())
    known_at: datetime = Field(sa_column=moment())
    known_from: datetime = Field(sa_column=clock())
    sightings: int
    due_at: datetime = Field(sa_column=moment())
    deadline_policy: str
    false_claims: int
    review_on: date | None
    repeat_of: UUID | None
    repeats: int
    overdue_told_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    revision: int
    created_at: datetime = Field(sa_column=clock())
    updated_at: datetime = Field(sa_column=clock())


class AnomalyPastRow(Table, table=True):
    """How an anomaly stood as far as was known from one moment until another; never changed."""

    __tablename__ = "anomaly_past"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "anomaly_id"], ["anomaly.organisation", "anomaly.id"]
        ),
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        Index("anomaly_past_by_time", "organisation", "known_until"),
        Index("anomaly_past_by_place", "organisation", "accommodation_id"),
    )

    organisation: UUID = Field(primary_key=True)
    anomaly_id: UUID = Field(primary_key=True)
    known_from: datetime = Field(sa_column=moment(primary_key=True))
    known_until: datetime = Field(sa_column=moment())
    accommodation_id: UUID
    state: str
    state_since: datetime = Field(sa_column=moment())
    severity: int
    critical: bool
    first_seen_at: datetime = Field(sa_column=moment())
    due_at: datetime = Field(sa_column=moment())
    responsibility: str
    repeat_of: UUID | None


class AnomalyStepRow(Table, table=True):
    """One thing that happened to an anomaly; never changed. What was seen is in its findings.

    `known_at` is from when on it was known, `severity` that of the anomaly from then on.
    `responsibility` is who answered for it from then on; empty in steps of before it was kept.
    """

    __tablename__ = "anomaly_step"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "anomaly_id"], ["anomaly.organisation", "anomaly.id"]
        ),
        UniqueConstraint("organisation", "anomaly_id", "sent_as", name="anomaly_step_sent_as"),
        Index("anomaly_step_by_anomaly", "organisation", "anomaly_id", "recorded_at"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    anomaly_id: UUID
    kind: str
    occurred_at: datetime = Field(sa_column=moment())
    known_at: datetime = Field(sa_column=clock())
    recorded_at: datetime = Field(sa_column=clock())
    severity: int | None
    done_by: str | None
    inspection_id: UUID | None
    notice_id: UUID | None
    reason: str | None
    responsibility: str | None = None
    proofs: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    sent_as: str | None


class DeadlineChoiceRow(Table, table=True):
    """Which policy an organisation chose for its deadlines, since when; never changed."""

    __tablename__ = "deadline_choice"
    __table_args__ = (Index("deadline_choice_by_time", "organisation", "chosen_at"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    policy: str
    chosen_by: str
    chosen_at: datetime = Field(sa_column=clock())
