"""The history of places as it was known on a day: by visit and category, by month, by peers."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.contracts.inspections.anomalies import AnomalyState
from shared.contracts.inspections.inspection import Responsibility
from shared.contracts.message import Output


class CellState(StrEnum):
    """What an inspection says of a category; where it says nothing there is no cell."""

    finding = "finding"
    clean = "clean"
    not_seen = "not_seen"


class MatrixVisit(Output):
    """A column of the matrix: one inspection."""

    inspection_id: UUID
    visit_id: UUID
    kind: str
    outcome: str
    occurred_at: datetime
    grade: str | None
    insalubrity_index: float | None


class MatrixCell(Output):
    """What one inspection says of one category."""

    visit: int = Field(description="Index into `visits`.")
    category: int = Field(description="Index into `categories`.")
    state: CellState = Field(
        description="`clean`: all that was seen of it was good; `not_seen`: asked, but not seen."
    )
    severity: int = Field(description="The worst, 1 to 4; 0 where nothing was found.")
    findings: int
    critical: int
    seen: int = Field(description="Answers that saw something, good or not.")


class PlaceMatrix(Output):
    """Visits by categories, sparse; visits oldest first, categories as the checklist has them."""

    accommodation_id: UUID
    as_of: date
    visits: list[MatrixVisit]
    categories: list[str]
    cells: list[MatrixCell]


class Grouping(StrEnum):
    """What findings may be counted by."""

    category = "category"
    severity = "severity"
    territory = "territory"
    operator = "operator"


class MonthCount(Output):
    """The findings of a month and a group, beside the inspections that could have found them."""

    month: date = Field(description="Its first day, local time.")
    group: str = Field(description="Value of what is counted by; empty where a place has none.")
    findings: int
    critical: int
    repeats: int
    places: int = Field(description="Places with at least one of these findings.")


class MonthVisits(Output):
    """The inspections of a month that saw something: what findings are to be divided by."""

    month: date
    inspections: int
    places: int


class MonthlyFindings(Output):
    """Findings by month and group, oldest month first."""

    as_of: date
    by: Grouping
    months: list[MonthVisits]
    counts: list[MonthCount]


class PeerMeasure(Output):
    """Findings per inspection of a place among comparable places."""

    accommodation_id: UUID
    as_of: date
    inspections: int = Field(description="Of the last 24 months, that saw something.")
    findings_per_inspection: float | None = Field(description="Null without inspections.")
    peers: int = Field(description="Places inspected of the same territory and size band.")
    size_band: str = Field(examples=["20-49 rooms"])
    p10: float | None
    median: float | None
    p90: float | None
    share_below: float | None = Field(description="Share of the peers with fewer findings.")


class AreaKind(StrEnum):
    """What figures may be told of."""

    territory = "territory"
    operator = "operator"


class AreaFigures(Output):
    """How a territory or an operator stands; a null count was withheld because it is small."""

    area: str = Field(description="Code of the territory, or name of the operator.")
    places: int | None
    places_visited: int | None = Field(description="In the 12 months before.")
    coverage: float | None = Field(description="Share of the places visited in those months.")
    inspections: int | None = Field(description="In those months, that saw something.")
    standing: int | None = Field(description="Anomalies nobody has seen to be right.")
    overdue: int | None
    anomalies: int | None = Field(description="First seen in those months.")
    repeats: int | None = Field(description="Of these, that had been put right within a year.")
    recurrence: float | None = Field(description="Their share.")
    fixed: int | None = Field(description="Anomalies seen to be right in those months.")
    median_days_to_fix: float | None = Field(description="Of these, from first seen.")


class AreaReport(Output):
    """Figures of all areas in which there are places, by name."""

    as_of: date
    by: AreaKind
    since: date = Field(description="The first day that counts.")
    small_counts_withheld: bool
    items: list[AreaFigures]


class FindingColumnValues(Output):
    """A value per finding in each; the findings come in no order."""

    accommodation: list[int] = Field(description="Index into `accommodations`.")
    item: list[int] = Field(description="Index into `items` and `categories`.")
    day: list[int] = Field(description="Local day of the visit, counted from 2000-01-01.")
    severity: list[int]
    critical: list[int] = Field(description="1 or 0, as `repeat`.")
    repeat: list[int]


class FindingColumns(Output):
    """All findings at once, for who filters and draws them: a few bytes for each."""

    count: int
    accommodations: list[UUID]
    items: list[str]
    categories: list[str] = Field(description="Of each of `items`.")
    columns: FindingColumnValues


class StandingAnomaly(Output):
    """An anomaly that was not put right yet, as it stood on a day as far as was known."""

    id: UUID
    item: str
    category: str
    room: str | None
    state: AnomalyState
    state_since: datetime
    severity: int
    critical: bool
    first_seen_at: datetime
    due_at: datetime
    overdue: bool
    responsibility: Responsibility
    repeat_of: UUID | None


class StandingAnomalies(Output):
    """What stood at a place on a day, the worst first."""

    accommodation_id: UUID
    as_of: date
    items: list[StandingAnomaly]


class NearbyPlace(Output):
    """A place near another, and what stood at it on a day as far as was known."""

    accommodation_id: UUID
    name: str
    distance_m: float = Field(description="As the crow flies.")
    standing: int
    critical: int
    shared_items: list[str] = Field(description="Items wrong at both places.")
    last_seen_at: datetime | None = Field(description="Of the last inspection that saw something.")


class NearbyPlaces(Output):
    """The places around a place, nearest first."""

    accommodation_id: UUID
    as_of: date
    radius_m: int
    items: list[NearbyPlace]


class PlaceEventKind(StrEnum):
    """What may have happened at a place."""

    inspection = "inspection"
    complaint = "complaint"
    anomaly = "anomaly"
    notice = "notice"
    alert = "alert"
    sanction_proposed = "sanction_proposed"
    sanction_decided = "sanction_decided"
    sanction_dropped = "sanction_dropped"


class PlaceEvent(Output):
    """One thing that happened at a place; `id` is that of what `kind` names."""

    kind: PlaceEventKind
    id: UUID
    occurred_at: datetime
    known_at: datetime
    state: str | None = Field(
        description="Outcome of an inspection, verdict on a complaint, what became of an anomaly, "
        "step of a sanction."
    )
    grade: str | None = Field(description="Of an inspection.")
    severity: int | None = Field(description="Of a complaint or an anomaly, 0 to 4.")
    item: str | None
    room: str | None
