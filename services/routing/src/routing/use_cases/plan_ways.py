"""How teams travel between the points of a plan, and how long it takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from routing.domain.problem import UNREACHABLE_S, IntArray
from routing.domain.profiles import Profile, TravelMode
from routing.domain.road_network import Int32
from routing.domain.roads import Roads
from routing.domain.snapping import Point, Snaps
from routing.domain.timetable import Timetable
from routing.domain.transit_hours import Hours
from routing.domain.transit_journeys import Leg
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_stints import Stint
from shared.child import JobFailed
from shared.contracts.message import Position
from shared.contracts.routing.plans import PlanRequest

# Nobody goes from a visit to the next by public transport for longer.
LONGEST_S = 7_200


@dataclass(frozen=True, slots=True)
class Network:
    """What teams travel on: roads by profile; those walked on and the timetable for the others.

    Times by the timetable are measured by so many threads.
    """

    roads: Mapping[Profile, Roads]
    timetable: Timetable | None = None
    threads: int = 1

    def streets(self, mode: TravelMode) -> Roads:
        """Give what a team meets at the door: by public transport it comes on foot."""
        return self.roads["walk" if mode == "transit" else mode]


@dataclass(frozen=True, slots=True)
class Ways:
    """One way of travelling between all points: seconds, and where the points meet its roads.

    A matrix by public transport holds all through the hours in which its teams are under way.
    """

    mode: TravelMode
    travel_s: IntArray
    roads: Roads
    snaps: Snaps
    points: tuple[Point, ...]
    timetable: Timetable | None = None

    def lengths_m(self, nodes: Sequence[int]) -> list[int]:
        """Give the metres from each node to the next along the fastest road; 0 within a node."""
        rows = [self.snaps.take(slice(node, node + 1)) for node in nodes]
        return [
            0 if one == two else round(float(self.roads.length_m(start, end)[0, 0]))
            for (one, start), (two, end) in pairwise(zip(nodes, rows, strict=True))
        ]

    def soonest(self, start: int, end: int, day: date, depart_s: int) -> tuple[Leg, ...] | None:
        """Find how one is at another point first, leaving at a second of the day's timetable."""
        if self.timetable is None:
            return None
        ends = self.points[start], self.points[end]
        return self.timetable.soonest(*ends, day, depart_s, most_s=LONGEST_S)


@dataclass(frozen=True, slots=True)
class Travel:
    """The ways of travelling of a plan, and the number of each stint's among them."""

    ways: tuple[Ways, ...]
    way_of: tuple[int, ...]


# A way of travelling, and by public transport what runs on the day.
_Kind = tuple[TravelMode, bytes]


def measure_travel(
    request: PlanRequest, stints: Sequence[Stint], network: Network, points: Sequence[Position]
) -> Travel:
    """Measure the travel between points for every way of travelling of the stints.

    Raises
    ------
    JobFailed : a team goes by public transport, and there is no timetable
    """
    measuring = _Measuring(request, network, points)
    kinds = [measuring.kind(stint) for stint in stints]
    # A plan in which nobody works any more still says so of its places.
    distinct = list(dict.fromkeys(kinds)) or [(request.teams[0].profile, b"")]
    alike = {
        kind: [it for it, own in zip(stints, kinds, strict=True) if own == kind]
        for kind in distinct
    }
    ways = tuple(measuring.ways(mode, alike[mode, service]) for mode, service in distinct)
    return Travel(ways, tuple(distinct.index(kind) for kind in kinds))


class _Measuring:
    def __init__(self, request: PlanRequest, network: Network, points: Sequence[Position]) -> None:
        self._request, self._network = request, network
        self._horizon = Horizon.of(request)
        self._lon = np.array([it.lon for it in points], dtype=np.float64)
        self._lat = np.array([it.lat for it in points], dtype=np.float64)
        self._points = tuple((it.lon, it.lat) for it in points)

    def kind(self, stint: Stint) -> _Kind:
        mode = self._request.teams[stint.team].profile
        if mode != "transit":
            return mode, b""
        return mode, self._timetable().service(self._horizon.date_of(stint.day))

    def ways(self, mode: TravelMode, stints: Sequence[Stint]) -> Ways:
        """Measure one way of travelling."""
        roads = self._network.streets(mode)
        if mode != "transit" or not stints:
            travel, snaps = roads.matrix(self._lon, self._lat)
            return Ways(mode, _priced(travel), roads, snaps, self._points)
        day, hours, most_s = self._hours(stints)
        timetable = self._timetable()
        travel = timetable.times_within(
            self._lon, self._lat, day, hours, most_s=most_s, threads=self._network.threads
        )
        snaps = roads.snap(self._lon, self._lat)
        return Ways(mode, _priced(travel), roads, snaps, self._points, timetable)

    def _hours(self, stints: Sequence[Stint]) -> tuple[date, Hours, int]:
        """Give a day that stands for those of the stints, when they are under way, and how long.

        Who eats on the way rides on at no hour one can be sure of. So no way takes longer than
        lunch may begin later: then it is eaten before or after it.
        """
        froms, untils, most_s = [], [], LONGEST_S
        for stint in stints:
            day, moments = self._horizon.date_of(stint.day), (stint.start_s, stint.end_s)
            seconds = [self._timetable().second(self._horizon.moment(it), day) for it in moments]
            froms.append(seconds[0])
            untils.append(seconds[1])
            if stint.lunch is not None and stint.lunch.earliest_s > stint.start_s:
                most_s = min(most_s, stint.lunch.latest_s - stint.lunch.earliest_s)
        day = self._horizon.date_of(stints[0].day)
        return day, Hours(min(froms), max(untils)), most_s

    def _timetable(self) -> Timetable:
        if self._network.timetable is None:
            raise JobFailed("A team goes by public transport, and there is no timetable.")
        return self._network.timetable


def _priced(travel: Int32) -> IntArray:
    travel_s = np.where(travel < 0, UNREACHABLE_S, travel).astype(np.int64)
    np.fill_diagonal(travel_s, 0)
    return travel_s
