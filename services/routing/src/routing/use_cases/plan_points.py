"""The points of a request on the roads: places, bases, appointments, where teams are by now."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.domain.problem import BoolArray, IntArray
from routing.domain.profiles import TravelMode
from routing.domain.sentences import no_position_sentence
from routing.use_cases.plan_stints import Stint
from routing.use_cases.plan_ways import Network, Travel, measure_travel
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
class Ground:
    """The ways of travelling between the points of a plan, the places, and what lies off the roads.

    Parameters
    ----------
    refused : candidates of the request without a position on the roads, with their sentences
    """

    travel: Travel
    places: Places
    refused: dict[int, tuple[str, str]]

    @property
    def travel_s(self) -> tuple[IntArray, ...]:
        """Travel times of each way of travelling."""
        return tuple(it.travel_s for it in self.travel.ways)


def measure_ground(request: PlanRequest, stints: Sequence[Stint], network: Network) -> Ground:
    """Measure the travel between all points of a request, for every way of travelling used.

    Raises
    ------
    JobFailed : a team starts, ends or is off the roads of its way of travelling.
    """
    points = [candidate.position for candidate in request.candidates]
    places, owners = _placed(request, stints, points)
    travel = measure_travel(request, stints, network, points)
    reached = [
        np.array([state != "refused" for state in it.snaps.states()], dtype=np.bool_)
        for it in travel.ways
    ]
    for ways, known in zip(travel.ways, reached, strict=True):
        _refuse_lost_teams(request, owners, known, ways.mode)
    anywhere: BoolArray = np.logical_or.reduce(reached)[: len(request.candidates)]
    done = {visit.accommodation_id for visit in request.done}
    kept = tuple(
        number
        for number in np.flatnonzero(anywhere).tolist()
        if request.candidates[number].accommodation_id not in done
    )
    refused = {
        number: no_position_sentence(float(min(it.snaps.distance_m[number] for it in travel.ways)))
        for number in np.flatnonzero(~anywhere).tolist()
    }
    node = np.array(kept, dtype=np.int64)
    places = Places(kept, node, places.start_node, places.end_node, places.appointments)
    return Ground(travel, places, refused)


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
    request: PlanRequest, owners: dict[int, int], reached: BoolArray, mode: TravelMode
) -> None:
    for point, number in owners.items():
        team = request.teams[number]
        if team.profile == mode and not reached[point]:
            raise JobFailed(
                f"Team {team.name} starts, ends or has an appointment more than 500 m from any "
                "road; move it, or import roads that reach it."
            )
