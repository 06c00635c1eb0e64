"""Ask for a week's plan: join who could be visited with what each visit is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx

from gateway.clients import inspections, routing, scoring
from gateway.clients.services import Services
from shared.contracts.audits import AuditPick
from shared.contracts.gateway import Notice, WeeklyPlanRequest
from shared.contracts.inspections.candidates import Candidate
from shared.contracts.inspections.visits import VisitOrigin
from shared.contracts.message import Label
from shared.contracts.routing.plans import (
    OpeningWindow,
    PlanCandidate,
    PlanCreated,
    PlanRequest,
)
from shared.contracts.scoring import Priority, PriorityPage

MOST_CANDIDATES = 5000
MOST_REASONS = 5
LOCAL = ZoneInfo("Europe/Paris")
NO_SCORES = Notice(
    code="no_scores",
    text=Label(
        fr="Aucun score connu : seules les échéances et les distances ont compté.",
        en="No scores known: only duties and distances counted.",
    ),
)
NO_DRAW = Notice(
    code="no_audit_draw",
    text=Label(
        fr="Aucun lieu tiré au sort : le service des scores ne répond pas.",
        en="No place drawn at random: the scoring service does not answer.",
    ),
)
DRAWN = Label(
    fr="Tiré au sort : mesure ce que le classement ne voit pas.",
    en="Drawn at random: measures what the ranking does not see.",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What scoring told: `told_at` when of an earlier time, `drawn` None when it was not drawn."""

    scores: PriorityPage | None
    told_at: datetime | None = None
    drawn: Sequence[AuditPick] | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a week can be made of, with what it lacks."""

    candidates: list[PlanCandidate]
    unplaced: list[UUID]
    notices: list[Notice]

    @property
    def territories(self) -> list[str]:
        """Where the candidates are."""
        return sorted({it.territory for it in self.candidates})


async def list_week_priorities(
    services: Services, auth: httpx.Auth, wanted: WeeklyPlanRequest
) -> PriorityPage:
    """Ask scoring what each visit is worth, delays counted to the first day of the plan.

    Raises
    ------
    Problem : what scoring refuses, or that it is away
    """
    as_of = datetime.combine(wanted.starts_on, time(), LOCAL)
    return await scoring.list_priorities(services.scoring, auth, as_of=as_of)


async def draw_week(
    services: Services, auth: httpx.Auth, wanted: WeeklyPlanRequest
) -> list[AuditPick]:
    """Have the places of the week drawn for audit, or read what was drawn.

    Raises
    ------
    Problem : what scoring refuses, or that it is away
    """
    draws = await scoring.draw_audits(services.scoring, auth, week=monday_of(wanted.starts_on))
    return [pick for draw in draws.items for pick in draw.picks]


def monday_of(day: date) -> date:
    """Name the week of a day."""
    return day - timedelta(days=day.weekday())


async def gather_week(
    services: Services, auth: httpx.Auth, wanted: WeeklyPlanRequest, known: Known
) -> Gathered:
    """Join who could be visited with what scoring told.

    Raises
    ------
    Problem : what inspections refuses, or that it is away
    """
    page = await inspections.list_candidates(
        services.inspections, auth, starts_on=wanted.starts_on, days=wanted.days
    )
    monday = monday_of(wanted.starts_on)
    fresh = {it.accommodation_id: it.last_visit_on for it in page.items}
    # Who was seen this week already has been audited.
    drawn = [
        it for it in known.drawn or () if (fresh.get(it.accommodation_id) or date.min) < monday
    ]
    scores = [] if known.scores is None else known.scores.items
    return Gathered(join(page.items, scores, drawn), page.unplaced, _notices(known))


def _notices(known: Known) -> list[Notice]:
    if known.scores is None:
        return [NO_SCORES]
    if known.told_at is None:
        return [NO_DRAW] if known.drawn is None else []
    day = known.told_at.astimezone(LOCAL)
    text = Label(
        fr=f"Scores du {day:%d/%m/%Y à %H:%M} : le service des scores ne répond pas.",
        en=f"Scores as of {day:%Y-%m-%d %H:%M}: the scoring service does not answer.",
    )
    return [Notice(code="stale_scores", text=text)]


async def ask_weekly_plan(
    services: Services,
    auth: httpx.Auth,
    wanted: WeeklyPlanRequest,
    gathered: Gathered,
    *,
    key: str,
) -> PlanCreated:
    """Ask routing for a plan of what was gathered; solved in the background.

    The same key and request give the plan first asked for, whatever has changed since.

    Raises
    ------
    Problem : what routing refuses, in its words, or that it is away
    """
    request = PlanRequest(
        **wanted.model_dump(), candidates=gathered.candidates, request_digest=digest_of(wanted)
    )
    return await routing.create_plan(services.routing, auth, request, key=key)


def digest_of(wanted: WeeklyPlanRequest) -> str:
    """Name a request: a repeat finds other places, what the caller said must be the same."""
    return sha256(wanted.model_dump_json().encode()).hexdigest()


def join(
    candidates: Sequence[Candidate],
    priorities: Sequence[Priority],
    drawn: Sequence[AuditPick] = (),
) -> list[PlanCandidate]:
    """Give each candidate its priority; a place scoring does not know yet is worth nothing.

    Places drawn for audit must be visited. When there are more than a plan takes, must-visits
    come first, then the highest priorities.
    """
    by_place = {priority.accommodation_id: priority for priority in priorities}
    propensity = {pick.accommodation_id: pick.propensity for pick in drawn}
    joined = [_joined(it, by_place.get(it.accommodation_id), propensity) for it in candidates]
    if len(joined) > MOST_CANDIDATES:
        joined.sort(key=_least_wanted_last)
    return joined[:MOST_CANDIDATES]


def _least_wanted_last(place: PlanCandidate) -> tuple[bool, float, UUID]:
    return not place.must_visit, -place.priority_points, place.accommodation_id


def _joined(
    place: Candidate, priority: Priority | None, propensity: Mapping[UUID, float]
) -> PlanCandidate:
    drawn = place.accommodation_id in propensity
    snapshot = None if priority is None else priority.score_snapshot
    if snapshot is not None and drawn:
        told = {"propensity": propensity[place.accommodation_id]}
        snapshot = snapshot.model_copy(update=told)
    must_reason = DRAWN if drawn and not place.must_visit else place.must_reason
    return PlanCandidate(
        accommodation_id=place.accommodation_id,
        name=place.name,
        territory=place.territory,
        sector=place.sector,
        position=place.position,
        priority_points=0 if priority is None else priority.priority_points,
        rooms_to_see=place.rooms_to_see,
        fixed_min=place.fixed_min,
        person_min=place.person_min,
        windows=[
            OpeningWindow(opens_at=it.opens_at, closes_at=it.closes_at) for it in place.windows
        ],
        visit_kind=place.visit_kind,
        due_on=place.due_on,
        must_visit=place.must_visit or drawn,
        must_reason=must_reason,
        skills=place.skills,
        announced=place.announced,
        origin=_origin(place, drawn=drawn),
        score_snapshot=snapshot,
        why=_why(must_reason, priority),
    )


def _origin(place: Candidate, *, drawn: bool) -> VisitOrigin:
    if place.must_visit:
        return VisitOrigin.due
    return VisitOrigin.audit if drawn else VisitOrigin.targeted


def _why(must_reason: Label | None, priority: Priority | None) -> list[Label]:
    """Say first why a place must be visited, then what raises its risk, then what lowers it."""
    reasons = [] if priority is None else sorted(priority.reasons, key=lambda it: -it.share)
    must = [] if must_reason is None else [must_reason]
    return [*must, *(reason.text for reason in reasons)][:MOST_REASONS]
