"""A solution as the plan people read, and as shapes for a map."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal
from uuid import UUID, uuid5

from pydantic import BaseModel

from routing.domain.checker import RULES
from routing.domain.lateness import tour_late_s
from routing.domain.solution import LeftOut, Tour, Violation, Visit, Yardstick
from routing.use_cases.hide_homes import rounded_s, rounded_totals, without_home
from routing.use_cases.plan_figures import churn_of, uneven_work_s, work_of_teams
from routing.use_cases.plan_ways import Network
from routing.use_cases.solved_plan import Solved
from routing.use_cases.tour_journeys import RULE, RULE_TEXT, TourWays, ways_of
from shared.contracts.message import Label, Position
from shared.contracts.routing.plan_figures import Baseline, Totals
from shared.contracts.routing.plans import (
    Certificate,
    Engagement,
    Pause,
    PlanCandidate,
    Round,
    Stop,
    Unvisited,
)
from shared.contracts.routing.transit import JourneyLeg

ATTRIBUTION = "© OpenStreetMap contributors"
Point = tuple[float, float]
# Draws the way between two points, degrees.
Polyline = Callable[[Point, Point], list[Point]]


class PlanAnswer(BaseModel):
    """What solving adds to a plan; stored as it is."""

    engine: str
    rounds: list[Round]
    unvisited: list[Unvisited]
    totals: Totals
    baselines: list[Baseline]
    certificate: Certificate
    attribution: str


def stop_id(plan_id: UUID, accommodation_id: UUID) -> UUID:
    """Name a stop so that solving or accepting twice names it alike."""
    return uuid5(plan_id, str(accommodation_id))


def describe(solved: Solved) -> PlanAnswer:
    """Say a solution in messages."""
    solution = solved.solution
    ways = {tour: ways_of(solved, tour) for tour in solution.tours}
    return PlanAnswer(
        engine=solution.engine,
        rounds=[_round(solved, tour, ways[tour]) for tour in _in_order(solved, solution.tours)],
        unvisited=_unvisited(solved),
        totals=_totals(solved, {tour: it.lengths_m for tour, it in ways.items()}),
        baselines=[_baseline(solved, yardstick) for yardstick in solution.yardsticks],
        certificate=_certificate(solved, [it for way in ways.values() for it in way.violations]),
        attribution=ATTRIBUTION if solved.method == "roads" else "",
    )


def _certificate(solved: Solved, missing: Sequence[Violation]) -> Certificate:
    """Say what the checker found, and which ways the timetable has not."""
    broken = [*solved.solution.violations, *missing]
    rules = RULES | {RULE: RULE_TEXT}
    return Certificate(
        accepted=not broken,
        rules=[f"{rule}: {text}" for rule, text in rules.items()],
        violations=[f"{it.rule}: {it.text}" for it in broken],
        checked_at=datetime.now(UTC),
    )


def draw(rounds: list[Round], network: Network) -> dict[str, object]:
    """Make a GeoJSON FeatureCollection: the ways of each round between its stops, and those.

    Vehicles of public transport are drawn straight from stop to stop.

    The ways from and to the base are left out: a base may be a home, and every reader may look.
    """
    features: list[dict[str, object]] = []
    for round_ in rounds:
        if not round_.stops:
            continue
        about = {"round_id": round_.round_id, "team_name": round_.team_name, "day": str(round_.day)}
        polyline = network.streets(round_.profile).polyline
        features.append(_line(_joined(round_.stops, polyline), about, round_))
        features.extend(_point(stop, about) for stop in round_.stops)
    return {"type": "FeatureCollection", "features": features}


def _in_order(solved: Solved, tours: Iterable[Tour]) -> list[Tour]:
    vans = solved.problem.vehicles
    return sorted(tours, key=lambda tour: (vans[tour.vehicle].day, vans[tour.vehicle].team))


def _round(solved: Solved, tour: Tour, ways: TourWays) -> Round:
    horizon, van = solved.horizon, solved.problem.vehicles[tour.vehicle]
    team = solved.request.teams[van.team]
    day = horizon.date_of(van.day)
    lunch = ways.lunch_s
    told = Round(
        round_id=f"{day:%Y%m%d}-{team.id}",
        team_id=team.id,
        team_name=team.name,
        inspector_ids=team.inspector_ids,
        day=day,
        leaves_at=horizon.moment(tour.leave_s),
        returns_at=horizon.moment(tour.return_s),
        lunch=None
        if lunch is None
        else Pause(starts_at=horizon.moment(lunch[0]), ends_at=horizon.moment(lunch[1])),
        stops=_stops(solved, tour, ways),
        profile=team.profile,
        legs_back=ways.legs[-1],
        engagements=[
            _engagement(solved, visit) for visit in tour.visits if visit.candidate >= solved.many
        ],
        travel_s=tour.travel_s,
        service_s=sum(visit.end_s - visit.start_s for visit in solved.visits(tour)),
        points=_points(solved, [tour]),
    )
    return without_home(told, team)


def _engagement(solved: Solved, visit: Visit) -> Engagement:
    _, team, at, _ = solved.ground.places.appointments[visit.candidate - solved.many]
    it = solved.request.teams[team].appointments[at]
    return Engagement(
        title=it.title,
        starts_at=solved.horizon.moment(visit.start_s),
        ends_at=solved.horizon.moment(visit.end_s),
        position=it.position or solved.request.teams[team].start,
    )


def _stops(solved: Solved, tour: Tour, ways: TourWays) -> list[Stop]:
    late = dict(zip(tour.visits, tour_late_s(solved.problem, tour), strict=True))
    way = dict(zip(tour.visits, zip(ways.lengths_m, ways.legs, strict=True), strict=False))
    return [
        _stop(solved, visit, number, late_s=late[visit], way=way[visit])
        for number, visit in enumerate(solved.visits(tour), 1)
    ]


def _stop(
    solved: Solved, visit: Visit, sequence: int, *, late_s: int, way: tuple[int, list[JourneyLeg]]
) -> Stop:
    travel_m, legs = way
    horizon, candidate = solved.horizon, solved.candidate(visit.candidate)
    return Stop(
        stop_id=stop_id(solved.plan_id, candidate.accommodation_id),
        sequence=sequence,
        accommodation_id=candidate.accommodation_id,
        name=candidate.name,
        position=candidate.position,
        arrives_at=horizon.moment(visit.arrive_s),
        starts_at=horizon.moment(visit.start_s),
        ends_at=horizon.moment(visit.end_s),
        travel_s=visit.travel_s,
        travel_m=travel_m,
        legs=legs,
        wait_s=visit.start_s - visit.arrive_s,
        late_s=late_s,
        priority_points=candidate.priority_points,
        must_visit=candidate.must_visit,
        visit_kind=candidate.visit_kind,
        origin=candidate.origin,
        score_snapshot=candidate.score_snapshot,
        why=candidate.why,
        announced=candidate.announced or candidate.announced_for is not None,
    )


def _unvisited(solved: Solved) -> list[Unvisited]:
    left_out = [left for left in solved.solution.left_out if left.candidate < solved.many]
    found = [_left_out(solved, left) for left in left_out]
    for number, (fr, en) in solved.ground.refused.items():
        candidate = solved.request.candidates[number]
        found.append(
            Unvisited(
                accommodation_id=candidate.accommodation_id,
                name=candidate.name,
                priority_points=candidate.priority_points,
                must_visit=candidate.must_visit,
                code="NO_POSITION",
                text=Label(fr=fr, en=en),
            )
        )
    return sorted(found, key=lambda left: (not left.must_visit, -left.priority_points))


def _left_out(solved: Solved, left: LeftOut) -> Unvisited:
    candidate = solved.candidate(left.candidate)
    displaced = left.displaced if (left.displaced or 0) < solved.many else None
    other = None if displaced is None else solved.candidate(displaced)
    skills = {word for team in solved.request.teams for word in (*team.skills, *team.languages)}
    wanted = sorted({*candidate.skills, *candidate.languages} - skills)
    return Unvisited.model_validate(
        {
            "accommodation_id": candidate.accommodation_id,
            "name": candidate.name,
            "priority_points": candidate.priority_points,
            "must_visit": candidate.must_visit,
            "code": left.code,
            "text": Label(fr=left.fr, en=left.en),
            "extra_travel_s": left.extra_travel_s,
            "points_needed": left.points_needed,
            "missing_min": left.missing_min,
            "displaced_accommodation_id": None if other is None else other.accommodation_id,
            "missing_skills": wanted if left.code == "NO_SKILL" else [],
        }
    )


def _totals(solved: Solved, lengths_m: Mapping[Tour, Sequence[int]]) -> Totals:
    tours = solved.solution.tours
    modes = [solved.ground.travel.ways[it.profile].mode for it in solved.problem.vehicles]
    driven_m = sum(sum(lengths_m[tour]) for tour in tours if modes[tour.vehicle] == "drive")
    told = Totals(
        visits=len(_visited(solved, tours)),
        must_visits=_must_visits(solved, tours),
        points=_points(solved, tours),
        points_available=round(sum(c.priority_points for c in solved.request.candidates), 3),
        expected_critical=_expected_critical(solved, tours),
        expected_critical_per_hour=_per_hour(solved, tours),
        travel_s=sum(tour.travel_s for tour in tours),
        driven_m=driven_m,
        service_s=_service_s(solved, tours),
        distance_method=solved.method,
        objective_s=solved.solution.objective_s,
        bound_s=solved.solution.bound_s,
        late_s=sum(sum(tour_late_s(solved.problem, tour)) for tour in tours),
        work=work_of_teams(solved),
        uneven_s=uneven_work_s(solved),
        churn=churn_of(solved),
        missed_engagements=_missed(solved),
    )
    return rounded_totals(told) if _at_home(solved) else told


def _at_home(solved: Solved) -> bool:
    return any(team.at_home for team in solved.request.teams)


def _baseline(solved: Solved, yardstick: Yardstick) -> Baseline:
    names: dict[str, Literal["score_order", "nearest_first"]] = {
        "score_order": "score_order",
        "nearest_first": "nearest_first",
    }
    tours, at_home = yardstick.tours, _at_home(solved)
    travel_s = sum(tour.travel_s for tour in tours)
    return Baseline(
        name=names[yardstick.name],
        visits=len(_visited(solved, tours)),
        points=_points(solved, tours),
        travel_s=rounded_s(travel_s) if at_home else travel_s,
        expected_critical=_expected_critical(solved, tours),
        expected_critical_per_hour=None if at_home else _per_hour(solved, tours),
        must_visits=_must_visits(solved, tours),
    )


def _visited(solved: Solved, tours: Iterable[Tour]) -> list[PlanCandidate]:
    return [solved.candidate(visit.candidate) for tour in tours for visit in solved.visits(tour)]


def _points(solved: Solved, tours: Iterable[Tour]) -> float:
    return round(sum(candidate.priority_points for candidate in _visited(solved, tours)), 3)


def _must_visits(solved: Solved, tours: Iterable[Tour]) -> int:
    return sum(candidate.must_visit for candidate in _visited(solved, tours))


def _expected_critical(solved: Solved, tours: Iterable[Tour]) -> float | None:
    """Sum the probabilities of the places visited; unknown when no candidate has a score."""
    if all(candidate.score_snapshot is None for candidate in solved.request.candidates):
        return None
    snapshots = [candidate.score_snapshot for candidate in _visited(solved, tours)]
    return round(sum(snapshot.probability for snapshot in snapshots if snapshot is not None), 3)


def _service_s(solved: Solved, tours: Iterable[Tour]) -> int:
    return sum(it.end_s - it.start_s for tour in tours for it in solved.visits(tour))


def _per_hour(solved: Solved, tours: Sequence[Tour]) -> float | None:
    """Divide what a plan is expected to find by its hours of travel and visits."""
    expected = _expected_critical(solved, tours)
    busy_s = sum(tour.travel_s for tour in tours) + _service_s(solved, tours)
    return None if expected is None or busy_s == 0 else round(expected / busy_s * 3600, 4)


def _missed(solved: Solved) -> list[str]:
    """Name the appointments that no round keeps."""
    missed = [left.candidate - solved.many for left in solved.solution.left_out]
    found = []
    for at in (at for at in missed if at >= 0):
        _, team, number, _ = solved.ground.places.appointments[at]
        asked = solved.request.teams[team]
        found.append(f"{asked.name}: {asked.appointments[number].title}")
    return found


def _joined(stops: Sequence[Stop], polyline: Polyline) -> list[Point]:
    # A line has two points at least, be they one place.
    line = [_place(stops[0].position)] * (2 if len(stops) == 1 else 1)
    for before, stop in pairwise(stops):
        ends = [_place(it.position) for it in (before, stop)]
        drawn = _ridden(stop.legs, polyline) if stop.legs else polyline(ends[0], ends[1])
        line.extend(drawn[1:] if line[-1] == drawn[0] else drawn)
    return line


def _ridden(legs: Sequence[JourneyLeg], polyline: Polyline) -> list[Point]:
    points: list[Point] = []
    for leg in legs:
        ends = [_place(it) for it in leg.positions]
        points += polyline(ends[0], ends[1]) if leg.kind == "walk" else ends
    return points


def _place(position: Position) -> Point:
    return position.lon, position.lat


def _line(points: list[Point], about: dict[str, str], round_: Round) -> dict[str, object]:
    return {
        "type": "Feature",
        "id": round_.round_id,
        "geometry": {
            "type": "LineString",
            "coordinates": [[round(lon, 6), round(lat, 6)] for lon, lat in points],
        },
        "properties": {
            **about,
            "kind": "round",
            "visits": len(round_.stops),
            "travel_s": round_.travel_s,
            "points": round_.points,
        },
    }


def _point(stop: Stop, about: dict[str, str]) -> dict[str, object]:
    return {
        "type": "Feature",
        "id": str(stop.stop_id),
        "geometry": {"type": "Point", "coordinates": [stop.position.lon, stop.position.lat]},
        "properties": {
            **about,
            "kind": "stop",
            "sequence": stop.sequence,
            "accommodation_id": str(stop.accommodation_id),
            "name": stop.name,
            "starts_at": stop.starts_at.isoformat(),
            "ends_at": stop.ends_at.isoformat(),
            "priority_points": stop.priority_points,
            "must_visit": stop.must_visit,
        },
    }
