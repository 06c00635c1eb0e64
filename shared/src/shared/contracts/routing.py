"""What the routing service says and takes: road graphs, travel times and plans."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.inspections import ScoreSnapshot, VisitKind, VisitOrigin
from shared.contracts.message import Input, JobState, Label, Output, Position, Text, Window

ReasonCode = Literal[
    "NO_POSITION",
    "NO_SKILL",
    "CLOSED_OR_DEADLINE",
    "TOO_FAR_OR_WINDOW",
    "NO_TIME_LEFT",
    "DETOUR_NOT_WORTH",
    "LOCKED_OUT",
]
TravelMethod = Literal["roads", "crow_fly"]


class GraphRequest(Input):
    """Build a road graph from a file the service can read."""

    path: str = Field(description="An OSM file (.osm.pbf or .osm) inside the import folder.")
    name: Text = "roads"
    replace: bool = Field(
        default=False, description="Serve it even if much smaller than the graph it replaces."
    )


class Graph(Output):
    """A version of the road graph; one is active at a time."""

    id: UUID
    name: str
    state: Literal["active", "retired"]
    created_at: datetime
    source_sha256: str
    nodes: int
    arcs: int
    length_km: float
    component_share: float = Field(description="Share of the drivable nodes kept, 0 to 1.")
    missing_nodes: int = Field(description="Way nodes the extract left out; ways are cut there.")
    bbox: tuple[float, float, float, float] = Field(description="West, south, east, north.")
    attribution: str


class Snap(Output):
    """Where a point meets the road."""

    position: Position
    distance_m: float
    state: Literal["exact", "approximate", "refused"]


class MatrixRequest(Input):
    """Ask for travel times between points."""

    sources: list[Position] = Field(max_length=2000)
    targets: list[Position] = Field(max_length=2000)


class Matrix(Output):
    """Seconds of travel, `travel_s[from_source][to_target]`; null where no road leads."""

    travel_s: list[list[float | None]]
    sources: list[Snap]
    targets: list[Snap]
    method: TravelMethod
    graph_id: UUID | None


class RouteRequest(Input):
    """Ask for the way through points, in the order given."""

    positions: list[Position] = Field(min_length=2, max_length=200)


class LineString(Output):
    """A line on the ground, as GeoJSON."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]] = Field(description="Longitude, latitude.")


class RouteLeg(Output):
    """From one point to the next."""

    travel_s: int
    length_m: float
    geometry: LineString


class Route(Output):
    """The way through points, one leg less than there are points."""

    travel_s: int
    length_m: float
    legs: list[RouteLeg]
    snaps: list[Snap]
    method: TravelMethod
    graph_id: UUID | None
    attribution: str


class Lodging(Output):
    """A hotel or hostel the map knows: its place and kind, never its name."""

    position: Position
    kind: Literal["hotel", "hostel", "guest_house", "apartment"]
    rooms: int | None


class Lunch(Input):
    """A pause inside the shift, minutes after local midnight."""

    earliest_min: int = Field(default=690, ge=0, le=1440)
    latest_min: int = Field(default=840, ge=0, le=1440, description="Latest start.")
    duration_min: int = Field(default=45, ge=0, le=180)


class Shift(Input):
    """Working time of a team on one day."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime


class Team(Input):
    """People who visit together."""

    id: Text
    name: Text
    size: int = Field(default=2, ge=1, le=10)
    inspector_ids: list[UUID] = Field(default_factory=list, max_length=10)
    skills: list[Text] = Field(default_factory=list, max_length=20)
    sectors: list[Text] = Field(default_factory=list, description="Empty: everywhere.")
    start: Position
    end: Position | None = Field(default=None, description="Default: where it starts.")
    shifts: list[Shift] = Field(min_length=1, max_length=14)
    lunch: Lunch | None = Lunch()
    max_travel_min: int | None = Field(default=None, ge=0, le=1440, description="A day's driving.")


class PlanCandidate(Input):
    """A place to choose or leave, with what a visit is worth and what it takes."""

    accommodation_id: UUID
    name: str = ""
    territory: str = ""
    sector: str = ""
    position: Position
    priority_points: float = Field(ge=0, le=100)
    rooms_to_see: int = Field(default=0, ge=0)
    fixed_min: float = Field(ge=0, le=600)
    person_min: float = Field(ge=0, le=6000)
    windows: list[Window] = Field(max_length=60)
    visit_kind: VisitKind = VisitKind.routine
    due_on: date | None = None
    must_visit: bool = False
    must_reason: Label | None = None
    skills: list[str] = Field(default_factory=list)
    announced: bool = False
    origin: VisitOrigin = VisitOrigin.targeted
    score_snapshot: ScoreSnapshot | None = None
    why: list[Label] = Field(default_factory=list, max_length=5)


class PlanRequest(Input):
    """Choose and route visits over some days. One point is worth `minutes_per_point` of driving."""

    starts_on: date
    days: int = Field(ge=1, le=10)
    timezone: str = "Europe/Paris"
    candidates: list[PlanCandidate] = Field(max_length=5000)
    teams: list[Team] = Field(min_length=1, max_length=100)
    minutes_per_point: float = Field(default=1.0, gt=0, le=60)
    time_limit_s: float = Field(default=10.0, ge=0.5, le=600)
    seed: int = Field(default=1, ge=0, le=2**31)
    request_digest: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of what this was composed from. A repeat of the Idempotency-Key must "
        "agree in it; default: in the whole of this message.",
    )


class Stop(Output):
    """One visit of a round."""

    stop_id: UUID
    sequence: int
    accommodation_id: UUID
    name: str
    position: Position
    arrives_at: datetime
    starts_at: datetime
    ends_at: datetime
    travel_s: int = Field(description="Driving from the stop before.")
    wait_s: int
    priority_points: float
    must_visit: bool
    visit_kind: VisitKind
    origin: VisitOrigin
    score_snapshot: ScoreSnapshot | None
    why: list[Label]


class Pause(Output):
    """The lunch of a round."""

    starts_at: datetime
    ends_at: datetime


class Round(Output):
    """What one team does on one day, in order."""

    round_id: str
    team_id: str
    team_name: str
    inspector_ids: list[UUID]
    day: date
    leaves_at: datetime
    returns_at: datetime
    lunch: Pause | None
    stops: list[Stop]
    travel_s: int
    service_s: int
    points: float


class Unvisited(Output):
    """A place left out, and the proof why."""

    accommodation_id: UUID
    name: str
    priority_points: float
    must_visit: bool
    code: ReasonCode
    text: Label
    extra_travel_s: int | None = None
    points_needed: float | None = None
    missing_min: float | None = None
    displaced_accommodation_id: UUID | None = None


class Totals(Output):
    """A plan in figures."""

    visits: int
    must_visits: int
    points: float
    points_available: float
    expected_critical: float | None
    travel_s: int
    service_s: int
    distance_method: TravelMethod
    objective_s: float


class Baseline(Output):
    """What a simpler way of choosing would have reached in the same hours."""

    name: Literal["score_order", "nearest_first"]
    visits: int
    points: float
    travel_s: int
    expected_critical: float | None
    must_visits: int


class Certificate(Output):
    """The word of the independent checker."""

    accepted: bool
    rules: list[str]
    violations: list[str]
    checked_at: datetime


class Plan(Output):
    """A plan of visits; rounds are there once `state` is `done`."""

    id: UUID
    state: str
    starts_on: date
    days: int
    job: JobState
    graph_id: UUID | None
    engine: str | None
    rounds: list[Round]
    unvisited: list[Unvisited]
    totals: Totals | None
    baselines: list[Baseline]
    certificate: Certificate | None
    accepted_at: datetime | None
    created_at: datetime
    attribution: str


class PlanCreated(Output):
    """A plan has been asked for; follow `/v1/plans/{id}`."""

    id: UUID
    job: JobState


class PlanOutcome(Output):
    """What the feed tells of an accepted plan: the places it visits, and why it leaves others."""

    plan_id: UUID
    starts_on: date
    days: int
    visited: list[UUID]
    left_out: dict[str, ReasonCode] = Field(description="By accommodation.")
