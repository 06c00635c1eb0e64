"""Plans: which places, which day, which team, in which order, and why not the others."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, Field

from shared.contracts.inspections.visits import ScoreSnapshot, VisitKind, VisitOrigin
from shared.contracts.message import Input, JobState, Label, Output, Position, Text, Window
from shared.contracts.routing.emissions import Emissions
from shared.contracts.routing.plan_figures import Baseline, Totals
from shared.contracts.routing.roads import TravelMode
from shared.contracts.routing.transit import JourneyLeg

ReasonCode = Literal[
    "NO_POSITION",
    "NO_SKILL",
    "CLOSED_OR_DEADLINE",
    "TOO_FAR_OR_WINDOW",
    "NO_TIME_LEFT",
    "DETOUR_NOT_WORTH",
    "LOCKED_OUT",
    "WORKLOAD_FULL",
    "DROPPED",
]


def plan_id_of(organisation: UUID, key: str) -> UUID:
    """Give the id of the plan that a request with this `Idempotency-Key` makes."""
    return uuid5(organisation, f"plan {key}")


class Lunch(Input):
    """A pause inside the shift, minutes after local midnight."""

    earliest_min: int = Field(default=690, ge=0, le=1440)
    latest_min: int = Field(default=840, ge=0, le=1440, description="Latest start.")
    duration_min: int = Field(default=45, ge=0, le=180)


class Shift(Input):
    """Working time of a team on one day."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime


class Appointment(Input):
    """Time of a team that is taken: it has to be at a place from a moment to another."""

    title: Text
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    position: Position | None = Field(default=None, description="Default: where the team starts.")


class Team(Input):
    """People who visit together."""

    id: Text
    name: Text
    size: int = Field(default=2, ge=1, le=10)
    inspector_ids: list[UUID] = Field(default_factory=list, max_length=10)
    skills: list[Text] = Field(default_factory=list, max_length=20)
    languages: list[Text] = Field(default_factory=list, max_length=20)
    profile: TravelMode = Field(
        default="drive",
        description="How the team travels; `transit` is by public transport and on foot.",
    )
    sectors: list[Text] = Field(default_factory=list, description="Empty: everywhere.")
    start: Position
    end: Position | None = Field(default=None, description="Default: where it starts.")
    at_home: bool = Field(
        default=False, description="Starts or ends at a home: the ways from and to it are not told."
    )
    shifts: list[Shift] = Field(min_length=1, max_length=14)
    lunch: Lunch | None = Field(default_factory=Lunch, description="As it comes, if left out.")
    lunch_taken: bool = Field(default=False, description="On the day of `now`.")
    max_travel_min: int | None = Field(default=None, ge=0, le=1440, description="A day's travel.")
    max_work_min: int | None = Field(
        default=None, ge=0, le=20_000, description="Travel and visits, all days together."
    )
    appointments: list[Appointment] = Field(default_factory=list, max_length=30)


class Crew(Input):
    """Inspectors of the register who visit together; the first one leads.

    They work when all of them do, from where the first starts to where the first ends.
    """

    id: Text
    name: Text
    inspector_ids: list[UUID] = Field(min_length=1, max_length=10)
    lunch: Lunch | None = Field(default_factory=Lunch, description="As it comes, if left out.")
    max_travel_min: int | None = Field(default=None, ge=0, le=1440, description="A day's travel.")
    max_work_min: int | None = Field(default=None, ge=0, le=20_000)


class Announcement(Input):
    """What people were told of a visit: changing the day or the team has a price."""

    starts_at: AwareDatetime
    team_id: Text | None = None


class OpeningWindow(Window):
    """Hours in which a whole visit lies, and until when it had better start."""

    preferred_until: AwareDatetime | None = Field(
        default=None,
        description="A visit that starts later is late, which costs `minutes_per_late_hour`. "
        "Windows of a place with this do not touch.",
    )


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
    windows: list[OpeningWindow] = Field(max_length=60)
    visit_kind: VisitKind = VisitKind.routine
    due_on: date | None = None
    must_visit: bool = False
    must_reason: Label | None = None
    skills: list[str] = Field(default_factory=list)
    languages: list[str] = Field(default_factory=list)
    announced: bool = False
    announced_for: Announcement | None = None
    origin: VisitOrigin = VisitOrigin.targeted
    score_snapshot: ScoreSnapshot | None = None
    why: list[Label] = Field(default_factory=list, max_length=5)


class VisitLock(Input):
    """A decision about a place that planning has to keep; the place is then a must-visit."""

    accommodation_id: UUID
    team_id: Text | None = None
    day: date | None = None
    starts_at: AwareDatetime | None = None
    order: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Locked visits of one team and day come in rising order; others may come "
        "between. Needs `team_id` and `day`.",
    )


class DoneVisit(Input):
    """A visit that has been made: its team goes on from there."""

    accommodation_id: UUID
    team_id: Text
    position: Position
    ended_at: AwareDatetime
    travel_s: int = Field(default=0, ge=0, description="Travel to it, of the day's limit.")
    service_s: int = Field(default=0, ge=0, description="Its length, of the limit of work.")


class PlanRequest(Input):
    """Choose and route visits over some days. One point is worth `minutes_per_point` of driving."""

    starts_on: date
    days: int = Field(ge=1, le=10)
    timezone: str = "Europe/Paris"
    candidates: list[PlanCandidate] = Field(max_length=5000)
    teams: list[Team] = Field(default_factory=list, max_length=100)
    crews: list[Crew] = Field(
        default_factory=list, max_length=100, description="Teams of inspectors of the register."
    )
    minutes_per_point: float = Field(default=1.0, gt=0, le=60)
    minutes_per_uneven_hour: float = Field(
        default=0.0,
        ge=0,
        le=60,
        description="Minutes of driving that it is worth to spare an hour of work changing hands "
        "for every team to work the same share of its shifts.",
    )
    minutes_per_late_hour: float = Field(
        default=30.0, ge=0, le=600, description="What an hour after `preferred_until` costs."
    )
    locks: list[VisitLock] = Field(default_factory=list, max_length=1000)
    now: AwareDatetime | None = Field(
        default=None, description="Nothing starts before; without it, nothing is under way."
    )
    done: list[DoneVisit] = Field(default_factory=list, max_length=1000)
    time_limit_s: float | None = Field(
        default=None,
        ge=0.5,
        le=600,
        description="Default, by the number of candidates: 5 s up to 100, 15 s up to 400, 30 s up "
        "to 1,000, 60 s beyond.",
    )
    iteration_limit: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="End the search after so many steps: with the same seed, and unless "
        "`time_limit_s` comes first, the same request gives the same plan.",
    )
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
    travel_s: int = Field(description="Travel from the stop before.")
    travel_m: int = Field(default=0, description="Metres from the stop before; 0 from a home.")
    legs: list[JourneyLeg] = Field(
        default_factory=list,
        description="By public transport: how one comes from the stop before; none from a home.",
    )
    wait_s: int
    late_s: int = Field(default=0, description="From `preferred_until` to the start.")
    priority_points: float
    must_visit: bool
    visit_kind: VisitKind
    origin: VisitOrigin
    score_snapshot: ScoreSnapshot | None
    why: list[Label]
    announced: bool = Field(default=False, description="People at the place know of the visit.")
    revised_in: int = Field(
        default=0, description="The revision that last changed its hours or its team."
    )


class Pause(Output):
    """The lunch of a round."""

    starts_at: datetime
    ends_at: datetime


class Engagement(Output):
    """An appointment of the team that a round keeps."""

    title: str
    starts_at: datetime
    ends_at: datetime
    position: Position | None = Field(description="None when it is at a home.")


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
    profile: TravelMode = "drive"
    legs_back: list[JourneyLeg] = Field(
        default_factory=list, description="By public transport: the way back; none to a home."
    )
    engagements: list[Engagement] = Field(default_factory=list)
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
    missing_skills: list[str] = Field(
        default_factory=list, description="Skills and languages that no team has."
    )


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
    timetable_id: UUID | None = Field(
        default=None, description="The timetable of teams that go by public transport."
    )
    engine: str | None
    rounds: list[Round]
    unvisited: list[Unvisited]
    totals: Totals | None
    baselines: list[Baseline]
    certificate: Certificate | None
    accepted_at: datetime | None
    created_at: datetime
    attribution: str
    revision: int = Field(default=0, description="The one shown; 0 for the plan as it was solved.")
    accepted_revision: int | None = None
    emissions: Emissions | None = Field(
        default=None, description="By the factor that routing is set to; none before it is solved."
    )


class PlanCreated(Output):
    """A plan has been asked for; follow `/v1/plans/{id}`."""

    id: UUID
    job: JobState
