"""The points of a request on the roads: places, bases, appointments, where teams are by now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from routing.domain.problem import UNREACHABLE_S, BoolArray, IntArray
from routing.domain.profiles import Profile
from routing.domain.roads import Roads
from routing.domain.sentences import no_position_sentence
from routing.domain.snapping import Snaps
from routing.use_cases.plan_stints import Stint
from shared.child import JobFailed
from shared.contracts.message import Position
from shared.contracts.routing.plans import PlanRequest


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are in the travel matrices.

    Parameters
    ----------
    candidates : numbers, in the request, of the candidates to plan: not done, on the roads
    node : node of each of those
    start_node, end_node : per stint
    appointments : per appointment still to keep: its stint, its team, its number there, its node
    """

    candidates: tuple[int, ...]
    node: IntArray
    start_node: tuple[int, ...]
    end_node: tuple[int, ...]
    appointments: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """The roads for one way of travelling, and where the points meet them."""

    roads: Roads
    snaps: Snaps

    def lengths_m(self, nodes: Sequence[int]) -> list[int]:
        """Give the metres from each node to the next along the fastest way; 0 within a node."""
        rows = [self.snaps.take(slice(node, node + 1)) for node in nodes]
        return [
            0 if one == two else round(float(self.roads.length_m(start, end)[0, 0]))
            for (one, start), (two, end) in pairwise(zip(nodes, rows, strict=True))
        ]


@dataclass(frozen=True, slots=True)
class Ground:
    """Travel times by profile, the places in them, and what lies off the roads.

    Parameters
    ----------
    profiles, ways : of each matrix; the number of a vehicle's profile is its place here
    refused : candidates of the request without a position on the roads, with their sentences
    """

    travel_s: tuple[IntArray, ...]
    profiles: tuple[Profile, ...]
    ways: tuple[Ways, ...]
    places: Places
    refused: dict[int, tuple[str, str]]


def measure_ground(
    request: PlanRequest, stints: Sequence[Stint], roads: Mapping[Profile, Roads]
) -> Ground:
    """Measure the travel between all points of a request, for every way of travelling used.

    Raises
    ------
    JobFailed : a team starts, ends or is off the roads of its way of travelling.
    """
    points = [candidate.position for candidate in request.candidates]
    places, owners = _placed(request, stints, points)
    lon = np.array([point.lon for point in points], dtype=np.float64)
    lat = np.array([point.lat for point in points], dtype=np.float64)
    profiles = profiles_of(request)
    matrices, reached, ways = [], [], []
    for profile in profiles:
        travel, snaps = roads[profile].matrix(lon, lat)
        travel_s = np.where(travel < 0, UNREACHABLE_S, travel).astype(np.int64)
        np.fill_diagonal(travel_s, 0)
        matrices.append(travel_s)
        reached.append(np.array([state != "refused" for state in snaps.states()], dtype=np.bool_))
        ways.append(Ways(roads[profile], snaps))
    for profile, known in zip(profiles, reached, strict=True):
        _refuse_lost_teams(request, owners, known, profile)
    anywhere: BoolArray = np.logical_or.reduce(reached)[: len(request.candidates)]
    done = {visit.accommodation_id for visit in request.done}
    kept = tuple(
        number
        for number in np.flatnonzero(anywhere).tolist()
        if request.candidates[number].accommodation_id not in done
    )
    refused = {
        number: no_position_sentence(float(min(it.snaps.distance_m[number] for it in ways)))
        for number in np.flatnonzero(~anywhere).tolist()
    }
    node = np.array(kept, dtype=np.int64)
    places = Places(kept, node, places.start_node, places.end_node, places.appointments)
    return Ground(tuple(matrices), profiles, tuple(ways), places, refused)


def profiles_of(request: PlanRequest) -> tuple[Profile, ...]:
    """Name the ways of travelling of the teams, the first team's first."""
    return tuple(dict.fromkeys(team.profile for team in request.teams))


def _placed(
    request: PlanRequest, stints: Sequence[Stint], points: list[Position]
) -> tuple[Places, dict[int, int]]:
    """Add the points of the teams, and say which team each is of."""
    owners: dict[int, int] = {}
    known: dict[tuple[int, float, float], int] = {}

    def node_of(team: int, position: Position) -> int:
        key = (team, position.lon, position.lat)
        if key not in known:
            known[key] = len(points)
            owners[len(points)] = team
            points.append(position)
        return known[key]

    starts, ends, appointments = [], [], []
    for number, stint in enumerate(stints):
        team = request.teams[stint.team]
        starts.append(node_of(stint.team, stint.here or team.start))
        ends.append(node_of(stint.team, team.end or team.start))
        for at in stint.appointments:
            position = team.appointments[at].position or team.start
            appointments.append((number, stint.team, at, node_of(stint.team, position)))
    nowhere = np.zeros(0, dtype=np.int64)
    return Places((), nowhere, tuple(starts), tuple(ends), tuple(appointments)), owners


def _refuse_lost_teams(
    request: PlanRequest, owners: dict[int, int], reached: BoolArray, profile: Profile
) -> None:
    for point, number in owners.items():
        team = request.teams[number]
        if team.profile == profile and not reached[point]:
            raise JobFailed(
                f"Team {team.name} starts, ends or has an appointment more than 500 m from any "
                "road; move it, or import roads that reach it."
            )
