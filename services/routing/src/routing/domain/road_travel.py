"""Travel over a road network, from and to the exact place of each point along its road."""

from typing import TypeVar

import numpy as np

from routing.domain.road_network import CLOSED, Float64, Int32, RoadNetwork
from routing.domain.roads import Point, Roads, Route, TravelMethod
from routing.domain.snapping import Snapper, Snaps
from routing.domain.travel_times import UNREACHABLE, Engine, EngineError, travel_times

_NEVER = np.iinfo(np.int32).max
"""More than any travel time: the place of a minimum not found yet."""

IntOrArray = TypeVar("IntOrArray", int, Int32)


class NetworkRoads(Roads):
    """Travel over a road network; its index and engine are built once.

    The metres between a point and its road are told (`Snaps.distance_m`), not added to the time.
    """

    method: TravelMethod = "roads"

    def __init__(self, network: RoadNetwork, engine: Engine | None = None) -> None:
        self._network = network
        arcs, self._arc_edge, self._arc_runs_back = network.arcs()
        order = network.order if len(network.order) else None
        self._times = travel_times(arcs, order, engine=engine)
        self._snapper = Snapper(network)

    def snap(self, lon: Float64, lat: Float64) -> Snaps:
        """Bring points, in degrees, to where they meet the road."""
        return self._snapper.snap(lon, lat)

    def travel_s(self, sources: Snaps, targets: Snaps) -> Int32:
        """Give seconds `[source, target]`, rounded up; `UNREACHABLE` where no road leads.

        Rounding up keeps the triangle inequality the times in milliseconds have.
        """
        travel_ms = self._travel_ms(sources, targets)
        seconds: Int32 = np.where(travel_ms < 0, UNREACHABLE, _seconds_up(travel_ms))
        return seconds.astype(np.int32)

    def _travel_ms(self, sources: Snaps, targets: Snaps) -> Int32:
        """Join exit, network and entry; a refused point has no exit and no entry."""
        exits, exit_ms = self._exits(sources)
        entries, entry_ms = self._entries(targets)
        best = self._along_one_edge(sources, targets)
        # One search per source finds both nodes through which each target may be reached.
        reached = self._times.from_seeds(exits, exit_ms, entries.T.ravel())
        for between, left_ms in zip(np.split(reached, 2, axis=1), entry_ms.T, strict=True):
            through = np.where((between < 0) | (left_ms < 0), _NEVER, between + left_ms)
            best = np.minimum(best, through)
        return np.where(best == _NEVER, UNREACHABLE, best).astype(np.int32)

    def _exits(self, snaps: Snaps) -> tuple[Int32, Int32]:
        """Give the two nodes each point may leave its edge by, and the ms until there."""
        edge = snaps.edge
        forward_ms, backward_ms, done_ms, back_done_ms = self._split(snaps)
        nodes = np.column_stack([self._network.edge_to[edge], self._network.edge_from[edge]])
        return nodes, np.column_stack(
            [_if_open(forward_ms, forward_ms - done_ms), _if_open(backward_ms, back_done_ms)]
        )

    def _entries(self, snaps: Snaps) -> tuple[Int32, Int32]:
        """Give the two nodes each point may be reached through, and the ms from there."""
        edge = snaps.edge
        forward_ms, backward_ms, done_ms, back_done_ms = self._split(snaps)
        nodes = np.column_stack([self._network.edge_from[edge], self._network.edge_to[edge]])
        return nodes, np.column_stack(
            [_if_open(forward_ms, done_ms), _if_open(backward_ms, backward_ms - back_done_ms)]
        )

    def _split(self, snaps: Snaps) -> tuple[Int32, Int32, Int32, Int32]:
        """Give the ms of each direction of the points' edges, whole and up to the point.

        The part up to the point is counted from the edge's start in both directions.
        """
        refused = snaps.edge < 0
        forward_ms = np.where(refused, CLOSED, self._network.edge_forward_ms[snaps.edge])
        backward_ms = np.where(refused, CLOSED, self._network.edge_backward_ms[snaps.edge])
        done_ms = np.rint(snaps.fraction * forward_ms).astype(np.int32)
        back_done_ms = np.rint(snaps.fraction * backward_ms).astype(np.int32)
        return forward_ms, backward_ms, done_ms, back_done_ms

    def _along_one_edge(self, sources: Snaps, targets: Snaps) -> Int32:
        """Give the ms between points of one edge without leaving it; `_NEVER` for the others."""
        direct = np.full((len(sources), len(targets)), _NEVER, dtype=np.int32)
        row, column = np.nonzero(
            (sources.edge[:, None] == targets.edge) & (sources.edge[:, None] >= 0)
        )
        forward_ms, backward_ms, start_ms, back_start_ms = self._split(sources)
        _, _, end_ms, back_end_ms = self._split(targets)
        ahead = targets.fraction[column] >= sources.fraction[row]
        behind = targets.fraction[column] <= sources.fraction[row]
        for allowed, spent in (
            (ahead & (forward_ms[row] >= 0), end_ms[column] - start_ms[row]),
            (behind & (backward_ms[row] >= 0), back_start_ms[row] - back_end_ms[column]),
        ):
            cells = row[allowed], column[allowed]
            direct[cells] = np.minimum(direct[cells], spent[allowed])
        return direct

    def route(self, start: Point, end: Point) -> Route | None:
        """Find the way from a point to another; None where no road leads."""
        lon, lat = np.array([start, end]).T
        snaps = self.snap(lon, lat)
        leaving, arriving = _one(snaps, 0), _one(snaps, 1)
        total_ms = int(self._travel_ms(leaving, arriving)[0, 0])
        if total_ms < 0:
            return None
        first, last = float(snaps.fraction[0]), float(snaps.fraction[1])
        if int(self._along_one_edge(leaving, arriving)[0, 0]) == total_ms:
            pieces = [(int(snaps.edge[0]), first, last)]
        else:
            pieces = self._pieces(leaving, arriving)
        return self._drawn(total_ms, pieces)

    def _pieces(self, leaving: Snaps, arriving: Snaps) -> list[tuple[int, float, float]]:
        """List the edges of the way, each with the fractions at which it is entered and left."""
        exits, exit_ms = self._exits(leaving)
        entries, entry_ms = self._entries(arriving)
        seeds = list(zip(exits[0].tolist(), exit_ms[0].tolist(), strict=True))
        goals = list(zip(entries[0].tolist(), entry_ms[0].tolist(), strict=True))
        path = self._times.path(seeds, goals)
        if path is None:
            raise EngineError("the path search finds no way where the matrix has one")
        # Exits are listed end first (fraction 1), entries start first (fraction 0).
        outward = 1 - _chosen(seeds, path.nodes[0])
        inward = _chosen(goals, path.nodes[-1])
        pieces = [(int(leaving.edge[0]), float(leaving.fraction[0]), float(outward))]
        for arc in path.arcs:
            back = bool(self._arc_runs_back[arc])
            pieces.append((int(self._arc_edge[arc]), float(back), float(not back)))
        pieces.append((int(arriving.edge[0]), float(inward), float(arriving.fraction[0])))
        return pieces

    def _drawn(self, total_ms: int, pieces: list[tuple[int, float, float]]) -> Route:
        points: list[Point] = []
        length_m = 0.0
        for edge, entered, left in pieces:
            if entered != left or not points:
                drawn = self._snapper.along(edge, entered, left)
                points += drawn[1:] if points else drawn
            length_m += abs(left - entered) * float(self._network.edge_length_dm[edge]) / 10
        return Route(_seconds_up(total_ms), length_m, points)


def _one(snaps: Snaps, row: int) -> Snaps:
    only = slice(row, row + 1)
    return Snaps(
        snaps.edge[only],
        snaps.fraction[only],
        snaps.lon[only],
        snaps.lat[only],
        snaps.distance_m[only],
    )


def _if_open(direction_ms: Int32, spent_ms: Int32) -> Int32:
    return np.where(direction_ms < 0, CLOSED, spent_ms).astype(np.int32)


def _seconds_up(travel_ms: IntOrArray) -> IntOrArray:
    return -(-travel_ms // 1000)


def _chosen(ends: list[tuple[int, int]], node: int) -> int:
    """Tell which of the ends a shortest path took: the fastest open one at its node."""
    open_ends = [(ms, option) for option, (at, ms) in enumerate(ends) if at == node and ms >= 0]
    return min(open_ends)[1]
