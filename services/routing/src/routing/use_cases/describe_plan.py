"""A solution as the plan people read, and as shapes for a map."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal
from uuid import UUID, uuid5

from pydantic import BaseModel

from routing.domain.checker import RULES
from routing.domain.problem import Problem
from routing.domain.solution import LeftOut, Solution, Tour, Visit, Yardstick
from routing.use_cases.plan_horizon import Horizon
from shared.contracts.message import Label
from shared.contracts.routing import (
    Baseline,
    Certificate,
    Pause,
    PlanCandidate,
    PlanRequest,
    Round,
    Stop,
    Totals,
    TravelMethod,
    Unvisited,
)

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


@dataclass(frozen=True, slots=True)
class Solved:
    """A solution with the question it answers.

    Parameters
    ----------
    candidates : number in the request of each candidate of the problem
    refused : candidates of the request without a position on the roads, with their sentences
    """

    plan_id: UUID
    request: PlanRequest
    problem: Problem
    solution: Solution
    candidates: tuple[int, ...]
    refused: dict[int, tuple[str, str]]
    method: TravelMethod

    @property
    def horizon(self) -> Horizon:
        """The days of the plan."""
        return Horizon.of(self.request)

    def candidate(self, number: int) -> PlanCandidate:
        """Give the message a candidate of the problem came from."""
        return self.request.candidates[self.candidates[number]]


def stop_id(plan_id: UUID, accommodation_id: UUID) -> UUID:
    """Name a stop so that solving or accepting twice names it alike."""
    return uuid5(plan_id, str(accommodation_id))


def describe(solved: Solved) -> PlanAnswer:
    """Say a solution in messages."""
    solution = solved.solution
    return PlanAnswer(
        engine=solution.engine,
        rounds=[_round(solved, tour) for tour in _in_order(solved, solution.tours)],
        unvisited=_unvisited(solved),
        totals=_totals(solved),
        baselines=[_baseline(solved, yardstick) for yardstick in solution.yardsticks],
        certificate=Certificate(
            accepted=not solution.violations,
            rules=[f"{rule}: {text}" for rule, text in RULES.items()],
            violations=[f"{broken.rule}: {broken.text}" for broken in solution.violations],
            checked_at=datetime.now(UTC),
        ),
        attribution=ATTRIBUTION if solved.method == "roads" else "",
    )


def draw(rounds: list[Round], polyline: Polyline) -> dict[str, object]:
    """Make a GeoJSON FeatureCollection: the streets of each round between its stops, and those.

    The ways from and to the base are left out: a base may be a home, and every reader may look.
    """
    features: list[dict[str, object]] = []
    for round_ in rounds:
        points = [(stop.position.lon, stop.position.lat) for stop in round_.stops]
        about = {"round_id": round_.round_id, "team_name": round_.team_name, "day": str(round_.day)}
        features.append(_line(_joined(points, polyline), about, round_))
        features.extend(_point(stop, about) for stop in round_.stops)
    return {"type": "FeatureCollection", "features": features}


def _in_order(solved: Solved, tours: Iterable[Tour]) -> list[Tour]:
    vans = solved.problem.vehicles
    return sorted(tours, key=lambda tour: (vans[tour.vehicle].day, vans[tour.vehicle].team))


def _round(solved: Solved, tour: Tour) -> Round:
    horizon, van = solved.horizon, solved.problem.vehicles[tour.vehicle]
    team = solved.request.teams[van.team]
    day = horizon.date_of(van.day)
    lunch = tour.lunch_s
    return Round(
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
        stops=[_stop(solved, visit, number) for number, visit in enumerate(tour.visits, 1)],
        travel_s=tour.travel_s,
        service_s=sum(visit.end_s - visit.start_s for visit in tour.visits),
        points=_points(solved, [tour]),
    )


def _stop(solved: Solved, visit: Visit, sequence: int) -> Stop:
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
        wait_s=visit.start_s - visit.arrive_s,
        priority_points=candidate.priority_points,
        must_visit=candidate.must_visit,
        visit_kind=candidate.visit_kind,
        origin=candidate.origin,
        score_snapshot=candidate.score_snapshot,
        why=candidate.why,
    )


def _unvisited(solved: Solved) -> list[Unvisited]:
    found = [_left_out(solved, left) for left in solved.solution.left_out]
    for number, (fr, en) in solved.refused.items():
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
    other = None if left.displaced is None else solved.candidate(left.displaced)
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
        }
    )


def _totals(solved: Solved) -> Totals:
    tours = solved.solution.tours
    return Totals(
        visits=sum(len(tour.visits) for tour in tours),
        must_visits=_must_visits(solved, tours),
        points=_points(solved, tours),
        points_available=round(sum(c.priority_points for c in solved.request.candidates), 3),
        expected_critical=_expected_critical(solved, tours),
        travel_s=sum(tour.travel_s for tour in tours),
        service_s=sum(v.end_s - v.start_s for tour in tours for v in tour.visits),
        distance_method=solved.method,
        objective_s=solved.solution.objective_s,
    )


def _baseline(solved: Solved, yardstick: Yardstick) -> Baseline:
    names: dict[str, Literal["score_order", "nearest_first"]] = {
        "score_order": "score_order",
        "nearest_first": "nearest_first",
    }
    tours = yardstick.tours
    return Baseline(
        name=names[yardstick.name],
        visits=sum(len(tour.visits) for tour in tours),
        points=_points(solved, tours),
        travel_s=sum(tour.travel_s for tour in tours),
        expected_critical=_expected_critical(solved, tours),
        must_visits=_must_visits(solved, tours),
    )


def _visited(solved: Solved, tours: Iterable[Tour]) -> list[PlanCandidate]:
    return [solved.candidate(visit.candidate) for tour in tours for visit in tour.visits]


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


def _joined(points: list[Point], polyline: Polyline) -> list[Point]:
    # A line has two points at least, be they one place.
    line: list[Point] = points * 2 if len(points) == 1 else []
    for start, end in pairwise(points):
        drawn = polyline(start, end)
        line.extend(drawn[1:] if line and line[-1] == drawn[0] else drawn)
    return line


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
