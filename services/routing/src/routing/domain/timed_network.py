"""Travel over a network under one set of times, from and to exact places along its edges."""

from dataclasses import dataclass

import numpy as np

from routing.domain.road_network import CLOSED, NO_EDGE, Float64, Int32, RoadNetwork
from routing.domain.snapping import Snaps
from routing.domain.travel_engine import UNREACHABLE, End, EngineError, Path, TravelTimes

_NEVER = np.iinfo(np.int32).max
"""More than any travel time: the place of a minimum not found yet."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an edge driven along, between two fractions of it, and the milliseconds it took."""

    edge: int
    entered: float
    left: float
    travel_ms: int


@dataclass(frozen=True, slots=True)
class Way:
    """The fastest way between two points, edge by edge."""

    travel_ms: int
    length_dm: int
    pieces: list[Piece]


Place = tuple[int, float]
"""An edge, and how far along it, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class _Ends:
    """The two nodes by which each point is left (or reached), as drawn and against, and the ms."""

    node: Int32
    spent_ms: Int32

    def of(self, row: int) -> list[End]:
        return list(zip(self.node[row].tolist(), self.spent_ms[row].tolist(), strict=True))


class TimedNetwork:
    """Joins the way out of an edge, the network between, and the way into another edge."""

    def __init__(
        self, network: RoadNetwork, times: TravelTimes, forward_ms: Int32, backward_ms: Int32
    ) -> None:
        self.times = times
        self._network = network
        self._forward_ms, self._backward_ms = forward_ms, backward_ms
        _, self._arc_edge, self._arc_runs_back = network.arcs()
        length_dm = network.edge_length_dm[np.maximum(self._arc_edge, 0)]
        self._arc_dm = np.where(self._arc_edge == NO_EDGE, 0, length_dm)

    def travel_ms(self, sources: Snaps, targets: Snaps) -> Int32:
        """Give whole ms `[source, target]`; a refused point has no way out and no way in."""
        exits, entries = self._exits(sources), self._entries(targets)
        best = self._along_one_edge(sources, targets)
        # One search per source finds both nodes through which each target may be reached; a
        # one-way street has one.
        column, side = np.nonzero(entries.spent_ms >= 0)
        left_ms = entries.spent_ms[column, side]
        between = self.times.from_seeds(exits.node, exits.spent_ms, entries.node[column, side])
        through = np.where(between < 0, _NEVER, between + left_ms)
        for number in range(2):
            of_side = side == number
            cells = np.s_[:, column[of_side]]
            best[cells] = np.minimum(best[cells], through[:, of_side])
        return np.where(best == _NEVER, UNREACHABLE, best).astype(np.int32)

    def length_dm(self, sources: Snaps, targets: Snaps, travel_ms: Int32) -> Int32:
        """Give whole decimetres `[source, target]` along the ways that take `travel_ms`."""
        exits, entries = self._exits(sources), self._entries(targets)
        direct = self._along_one_edge(sources, targets) == travel_ms
        lengths = np.full(travel_ms.shape, UNREACHABLE, dtype=np.int32)
        for row, column in np.argwhere(travel_ms >= 0).tolist():
            start, end = _place(sources, row), _place(targets, column)
            if direct[row, column]:
                lengths[row, column] = self._direct_dm(start, end)
            else:
                seeds, goals = exits.of(row), entries.of(column)
                path = self._path(seeds, goals)
                lengths[row, column] = self._path_dm(path, (start, seeds), (end, goals))
        return lengths

    def way(self, leaving: Snaps, arriving: Snaps) -> Way | None:
        """Find the fastest way between two single points; None where no road leads."""
        travel_ms = int(self.travel_ms(leaving, arriving)[0, 0])
        if travel_ms < 0:
            return None
        start, end = _place(leaving, 0), _place(arriving, 0)
        if int(self._along_one_edge(leaving, arriving)[0, 0]) == travel_ms:
            piece = Piece(start[0], start[1], end[1], travel_ms)
            return Way(travel_ms, self._direct_dm(start, end), [piece])
        seeds, goals = self._exits(leaving).of(0), self._entries(arriving).of(0)
        path = self._path(seeds, goals)
        length_dm = self._path_dm(path, (start, seeds), (end, goals))
        return Way(travel_ms, length_dm, self._pieces(path, (start, seeds), (end, goals)))

    def _path(self, seeds: list[End], goals: list[End]) -> Path:
        path = self.times.path(seeds, goals)
        if path is None:
            raise EngineError("the path search finds no way where the matrix has one")
        return path

    def _direct_dm(self, start: Place, end: Place) -> int:
        return round(abs(end[1] - start[1]) * float(self._network.edge_length_dm[start[0]]))

    def _path_dm(
        self, path: Path, leaving: tuple[Place, list[End]], arriving: tuple[Place, list[End]]
    ) -> int:
        (start, seeds), (end, goals) = leaving, arriving
        # Of both ends the first is that of the direction as drawn.
        out, into = 1 - _chosen(seeds, path.nodes[0]), _chosen(goals, path.nodes[-1])
        length_dm = self._network.edge_length_dm
        ends_dm = abs(out - start[1]) * float(length_dm[start[0]])
        ends_dm += abs(into - end[1]) * float(length_dm[end[0]])
        return int(self._arc_dm[path.arcs].sum()) + round(ends_dm)

    def _pieces(
        self, path: Path, leaving: tuple[Place, list[End]], arriving: tuple[Place, list[End]]
    ) -> list[Piece]:
        (start, seeds), (end, goals) = leaving, arriving
        out, into = _chosen(seeds, path.nodes[0]), _chosen(goals, path.nodes[-1])
        pieces = [Piece(start[0], start[1], float(1 - out), seeds[out][1])]
        for arc in path.arcs:
            edge, back = int(self._arc_edge[arc]), bool(self._arc_runs_back[arc])
            if edge != NO_EDGE:
                spent_ms = (self._backward_ms if back else self._forward_ms)[edge]
                pieces.append(Piece(edge, float(back), float(not back), int(spent_ms)))
        pieces.append(Piece(end[0], float(into), end[1], goals[into][1]))
        return pieces

    def _exits(self, snaps: Snaps) -> _Ends:
        forward_ms, backward_ms, done_ms, back_done_ms = self._split(snaps)
        heads = self._network.edge_forward_head, self._network.edge_backward_head
        return _Ends(
            np.column_stack([nodes[snaps.edge] for nodes in heads]),
            np.column_stack(
                [_if_open(forward_ms, forward_ms - done_ms), _if_open(backward_ms, back_done_ms)]
            ),
        )

    def _entries(self, snaps: Snaps) -> _Ends:
        forward_ms, backward_ms, done_ms, back_done_ms = self._split(snaps)
        tails = self._network.edge_forward_tail, self._network.edge_backward_tail
        return _Ends(
            np.column_stack([nodes[snaps.edge] for nodes in tails]),
            np.column_stack(
                [_if_open(forward_ms, done_ms), _if_open(backward_ms, backward_ms - back_done_ms)]
            ),
        )

    def _split(self, snaps: Snaps) -> tuple[Int32, Int32, Int32, Int32]:
        """Give the ms of each direction of the points' edges, whole and up to the point.

        The part up to the point is counted from the edge's start in both directions.
        """
        refused = snaps.edge < 0
        forward_ms = np.where(refused, CLOSED, self._forward_ms[snaps.edge])
        backward_ms = np.where(refused, CLOSED, self._backward_ms[snaps.edge])
        return (
            forward_ms,
            backward_ms,
            _part(snaps.fraction, forward_ms),
            _part(snaps.fraction, backward_ms),
        )

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


def _place(snaps: Snaps, row: int) -> Place:
    return int(snaps.edge[row]), float(snaps.fraction[row])


def _part(fraction: Float64, whole_ms: Int32) -> Int32:
    return np.rint(fraction * whole_ms).astype(np.int32)


def _if_open(direction_ms: Int32, spent_ms: Int32) -> Int32:
    return np.where(direction_ms < 0, CLOSED, spent_ms).astype(np.int32)


def _chosen(ends: list[End], node: int) -> int:
    """Tell which of the ends a shortest path took: the fastest open one at its node."""
    open_ends = [(ms, option) for option, (at, ms) in enumerate(ends) if at == node and ms >= 0]
    return min(open_ends)[1]
