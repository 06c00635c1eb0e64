"""What the gateway itself says and takes: weekly plans, and who is asking."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.inspections.briefs import BriefAnomaly
from shared.contracts.inspections.inspection import BatchReport
from shared.contracts.inspections.visits import VisitKind
from shared.contracts.message import Day, Input, JobState, Label, Output
from shared.contracts.routing.forecasts import Coverage
from shared.contracts.routing.plans import Crew, Pause, Plan, PlanCreated, Team, VisitLock


class WeeklyPlanRequest(Input):
    """Plan some days with these teams; places, priorities and roads are the services' affair."""

    starts_on: Day
    days: int = Field(default=5, ge=1, le=10)
    teams: list[Team] = Field(default_factory=list, max_length=100)
    crews: list[Crew] = Field(
        default_factory=list,
        max_length=100,
        description="Teams out of routing's register.",
    )
    locks: list[VisitLock] = Field(default_factory=list, max_length=1000)
    minutes_per_point: float = Field(default=1.0, gt=0, le=60)
    minutes_per_uneven_hour: float = Field(default=0.0, ge=0, le=60)
    time_limit_s: float = Field(default=10.0, ge=0.5, le=600)
    seed: int = Field(default=1, ge=0, le=2**31)


class Notice(Output):
    """What an answer lacks, or rests on, because a service was away."""

    code: str = Field(description="stale_scores or no_scores.")
    text: Label


class WeeklyPlanCreated(PlanCreated):
    """A weekly plan has been asked for; its id is the routing plan's.

    `candidates` is null while the places are still being gathered: read the plan later.
    """

    candidates: int | None
    unplaced: list[UUID]
    notices: list[Notice] = Field(default_factory=list)


class WeeklyPlanSummary(Output):
    """A weekly plan in a list, and what the gateway adds to routing's plan."""

    id: UUID
    starts_on: date
    days: int
    created_by: str
    created_at: datetime
    step: str = Field(
        description="gathering, refused, asked, accepting, accepted, withdrawing or withdrawn."
    )
    candidates: int | None
    unplaced: list[UUID]
    notices: list[Notice]
    withdrawn_because: str | None = Field(description="Why an acceptance had to be undone.")


class WeeklyPlan(Plan):
    """A plan of a week: routing's, and what the gateway knows of its making and acceptance."""

    step: str = Field(description="As in the list of weekly plans.")
    candidates: int | None
    unplaced: list[UUID]
    notices: list[Notice]
    withdrawn_because: str | None
    allowed_actions: list[str] = Field(description="What the caller may do now: accept, cancel.")


class WeeklyPlanAccepted(Output):
    """Data of the event `weekly_plan.accepted`; its subject is the plan."""

    starts_on: date
    days: int
    visits: int
    revision: int = Field(default=0, description="0 for the plan as it was solved.")


class WeeklyPlanWithdrawn(Output):
    """Data of the event `weekly_plan.withdrawn`: an acceptance was undone, its visits cancelled."""

    starts_on: date
    days: int


class Acceptance(BatchReport):
    """The visits an accepted plan made; accepting again makes no more."""

    plan_id: UUID
    revision: int = Field(default=0, description="0 for the plan as it was solved.")


class AcceptanceUnderway(Output):
    """An acceptance that goes on in the background; read the plan to see its end."""

    plan_id: UUID
    job: JobState


class Me(Output):
    """Who is asking, as every service sees it."""

    subject: str
    organisation: UUID
    organisations: list[UUID]
    territories: list[str]
    roles: list[str]
    scopes: list[str] | None = Field(
        default=None, description="What a key is narrowed to; null when the token is not."
    )
    expires_at: datetime | None = Field(default=None, description="When the token does.")
    allowed_actions: list[str] = Field(default=[], description="What screens may offer.")


class Overview(Output):
    """What awaits a coordinator; a part whose service is away is null and named in `missing`."""

    places_due: int | None = Field(description="Candidates of the next seven days that are due.")
    must_visits: int | None = Field(description="Of these, those that may not be left out.")
    visits_ahead: int | None = Field(description="Visits planned in the next seven days.")
    highest_priority: float | None = Field(description="0 to 100.")
    scores_told_at: datetime | None = Field(description="Of earlier, when scoring is away.")
    latest_weeks: list[WeeklyPlanSummary]
    missing: list[str] = Field(description="Services that did not answer.")


class OutlookRequest(Input):
    """Foresee the weeks to come at a staffing; places and intervals are the record's affair."""

    starts_on: Day
    weeks: int = Field(default=26, ge=1, le=104)
    minutes_by_weekday: list[Annotated[int, Field(ge=0, le=1_000_000)]] = Field(
        min_length=7, max_length=7, description="What all teams work, from Monday on."
    )
    days_off: list[Day] = Field(default_factory=list, max_length=400)
    team_size: int = Field(default=2, ge=1, le=10, description="People who visit together.")
    way_min: int = Field(default=20, ge=0, le=240, description="A team's minutes on the way.")


class Outlook(Coverage):
    """The weeks to come; what has no position yet is not in them."""

    unplaced: list[UUID]


class SearchKind(StrEnum):
    """What was found."""

    accommodation = "accommodation"
    finding = "finding"
    complaint = "complaint"
    weekly_plan = "weekly_plan"


class SearchHit(Output):
    """Something found; `href` is where it is read."""

    kind: SearchKind
    id: UUID
    title: str
    told: str | None = Field(description="The note of a finding, the text of a complaint.")
    href: str


class SearchPage(Output):
    """What was found in all services that answered."""

    items: list[SearchHit]
    missing: list[str] = Field(description="Services that did not answer.")


class SheetStop(Output):
    """A visit on the sheet of a round: where, when, what stands, and the way to its form."""

    stop_id: UUID
    sequence: int
    accommodation_id: UUID
    name: str
    starts_at: datetime
    ends_at: datetime
    visit_kind: VisitKind
    address: str
    postcode: str
    city: str
    reception_phone: str
    is_address_hidden: bool = Field(description="It is confidential, and not the caller's to see.")
    standing: list[BriefAnomaly] = Field(description="The worst first.")
    way: list[Label] = Field(
        description="By public transport: how one comes there, leg by leg; none from a home."
    )
    form_url: str = Field(description="The form of the visit at the console.")
    form_qr_svg: str = Field(description="That address as a QR code (SVG).")


class RoundSheet(Output):
    """What a team takes along: no score, no reason why a place was chosen, nobody's name."""

    plan_id: UUID
    round_id: str
    revision: int
    team_name: str
    day: date
    timezone: str
    leaves_at: datetime
    returns_at: datetime
    travel_s: int
    lunch: Pause | None
    stops: list[SheetStop]
    way_back: list[Label] = Field(description="By public transport; none to a home.")
    attribution: str
    made_at: datetime
