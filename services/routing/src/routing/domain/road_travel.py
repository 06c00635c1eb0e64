"""Travel over a road network, from and to the exact place of each point along its road."""

from datetime import datetime
from threading import Lock
from zoneinfo import ZoneInfo

import numpy as np

from routing.domain.directions import Directions
from routing.domain.matrix_cache import MatrixCache
from routing.domain.periods import Period, period_at, slowed_ms
from routing.domain.profiles import Profile
from routing.domain.road_network import Float64, Int32, RoadNetwork
from routing.domain.road_texts import RoadTexts
from routing.domain.roads import Roads, Route, TravelMethod
from routing.domain.snapping import Point, Snapper, Snaps
from routing.domain.timed_network import TimedNetwork, Way
from routing.domain.travel_engine import UNREACHABLE, EngineName
from routing.domain.travel_times import travel_times

LOCAL_TIME = ZoneInfo("Europe/Paris")

_MOST_TABLES = 4
"""Of 16 MB each at most."""


class NetworkRoads(Roads):
    """Travel over a road network; its index and engine are built once.

    The metres between a point and its road are told (`Snaps.distance_m`), not added to the time.
    """

    method: TravelMethod = "roads"

    def __init__(
        self,
        network: RoadNetwork,
        engine: EngineName | None = None,
        *,
        texts: RoadTexts | None = None,
        profile: Profile = "drive",
        threads: int = 1,
    ) -> None:
        self.profile: Profile = profile
        self._network = network
        arcs, self._arc_edge, self._arc_runs_back = network.arcs()
        order = network.order if len(network.order) else None
        times = travel_times(arcs, order, engine=engine, threads=threads)
        free = TimedNetwork(network, times, network.edge_forward_ms, network.edge_backward_ms)
        self._timed: dict[Period | None, TimedNetwork] = {None: free}
        self._known = _Known()
        self._weighing = Lock()
        self._snapper = Snapper(network)
        self._directions = Directions(network, texts or RoadTexts.of([]), self._snapper)

    def snap(self, lon: Float64, lat: Float64) -> Snaps:
        """Bring points, in degrees, to where they meet the road."""
        return self._snapper.snap(lon, lat)

    def period(self, departs_at: datetime | None) -> Period | None:
        """Name the period whose times answer a departure; None for free roads."""
        if departs_at is None:
            return None
        return period_at(departs_at.astimezone(LOCAL_TIME), self.profile)

    def travel_s(self, sources: Snaps, targets: Snaps, departs_at: datetime | None = None) -> Int32:
        """Give seconds `[source, target]`, rounded up; `UNREACHABLE` where no road leads.

        Rounding up keeps the triangle inequality the times in milliseconds have.
        """
        travel_ms = self._travel_ms(sources, targets, self.period(departs_at))
        seconds: Int32 = np.where(travel_ms < 0, UNREACHABLE, -(-travel_ms // 1000))
        return seconds.astype(np.int32)

    def length_m(
        self, sources: Snaps, targets: Snaps, departs_at: datetime | None = None
    ) -> Float64:
        """Give metres `[source, target]` along the fastest ways; `UNREACHABLE` without a road."""
        period = self.period(departs_at)
        timed = self._timed_for(period)

        def measure(some_sources: Snaps, some_targets: Snaps) -> Int32:
            travel_ms = self._travel_ms(some_sources, some_targets, period)
            return timed.length_dm(some_sources, some_targets, travel_ms)

        length_dm = self._known.length_dm(period)(sources, targets, measure)
        return np.where(length_dm < 0, float(UNREACHABLE), length_dm / 10)

    def route(self, start: Point, end: Point, departs_at: datetime | None = None) -> Route | None:
        """Find the way from a point to another; None where no road leads."""
        lon, lat = np.array([start, end]).T
        snaps = self.snap(lon, lat)
        timed = self._timed_for(self.period(departs_at))
        way = timed.way(snaps.take(slice(0, 1)), snaps.take(slice(1, 2)))
        return None if way is None else self._drawn(way)

    def _drawn(self, way: Way) -> Route:
        points: list[Point] = []
        for piece in way.pieces:
            if piece.entered != piece.left or not points:
                drawn = self._snapper.along(piece.edge, piece.entered, piece.left)
                points += drawn[1:] if points else drawn
        return Route(
            travel_s=-(-way.travel_ms // 1000),
            length_m=way.length_dm / 10,
            points=points,
            steps=self._directions.steps(way.pieces),
        )

    def _travel_ms(self, sources: Snaps, targets: Snaps, period: Period | None) -> Int32:
        timed = self._timed_for(period)
        return self._known.travel_ms(period)(sources, targets, timed.travel_ms)

    def _timed_for(self, period: Period | None) -> TimedNetwork:
        """Give the network under the times of a period, weighed at its first use."""
        with self._weighing:
            if period is not None and period not in self._timed:
                self._timed[period] = self._weighed(period)
            return self._timed[period]

    def _weighed(self, period: Period) -> TimedNetwork:
        network = self._network
        forward_ms = slowed_ms(network.edge_forward_ms, network.edge_class, period)
        backward_ms = slowed_ms(network.edge_backward_ms, network.edge_class, period)
        driven_ms = np.where(
            self._arc_runs_back, backward_ms[self._arc_edge], forward_ms[self._arc_edge]
        )
        weight_ms = np.where(self._arc_edge < 0, 0, driven_ms).astype(np.int32)
        times = self._timed[None].times.reweighted(weight_ms)
        return TimedNetwork(network, times, forward_ms, backward_ms)


class _Known:
    """The tables of travel met before, of the periods asked for last."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, Period | None], MatrixCache] = {}
        self._looking = Lock()

    def travel_ms(self, period: Period | None) -> MatrixCache:
        return self._table("travel_ms", period)

    def length_dm(self, period: Period | None) -> MatrixCache:
        return self._table("length_dm", period)

    def _table(self, figure: str, period: Period | None) -> MatrixCache:
        with self._looking:
            # Taken out and put in last: the first is the one not asked for the longest.
            table = self._tables.pop((figure, period), None) or MatrixCache()
            self._tables[figure, period] = table
            if len(self._tables) > _MOST_TABLES:
                self._tables.pop(next(iter(self._tables)))
            return table
