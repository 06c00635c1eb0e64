"""The opening hours as each vehicle sees them, ready for arrays and for plain loops."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from routing.domain.problem import BoolArray, IntArray, Problem

# Later than any time of a plan, and earlier than any: what an impossible start looks like.
NEVER = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Board:
    """A problem with, for each vehicle, when each candidate may start there.

    Parameters
    ----------
    opens, closes : shape (vehicles, slots, n), earliest and latest **start** of a visit;
        an unused slot opens at `NEVER` and closes at `-NEVER`
    allowed : shape (n, vehicles), skill and sector fit
    takers : per vehicle, the candidates with at least one slot
    travel_to, travel_from : shape (nodes, n), driving from each node to each candidate, and back;
        rows in one piece of memory, which halves the time of an insertion test
    """

    problem: Problem
    opens: IntArray
    closes: IntArray
    allowed: BoolArray
    takers: tuple[IntArray, ...]
    travel_to: NDArray[np.int32]
    travel_from: NDArray[np.int32]
    _known: dict[tuple[int, int], list[tuple[int, int]]] = field(default_factory=dict)

    def earliest_start(self, vehicle: int, candidate: int, arrival_s: int) -> int:
        """Say when a visit can start after arriving, or `NEVER`."""
        best = NEVER
        for open_s, close_s in self._slots(vehicle, candidate):
            start = max(arrival_s, open_s)
            if start <= close_s:
                best = min(best, start)
        return best

    def latest_start(self, vehicle: int, candidate: int, limit_s: int) -> int:
        """Say the latest start at or before `limit_s`, or `-NEVER`."""
        best = -NEVER
        for open_s, close_s in self._slots(vehicle, candidate):
            start = min(limit_s, close_s)
            if start >= open_s:
                best = max(best, start)
        return best

    def _slots(self, vehicle: int, candidate: int) -> list[tuple[int, int]]:
        """List the slots as plain numbers, on which the loops over one round are faster."""
        known = self._known.get((vehicle, candidate))
        if known is None:
            opens = self.opens[vehicle, :, candidate].tolist()
            closes = self.closes[vehicle, :, candidate].tolist()
            known = [(a, b) for a, b in zip(opens, closes, strict=True) if a < NEVER]
            self._known[vehicle, candidate] = known
        return known


def make_board(problem: Problem) -> Board:
    """Cut the windows by shift, due date and service time, for every vehicle."""
    allowed = problem.skilled & problem.in_sector
    owner = np.array(
        [number for number, windows in enumerate(problem.windows) for _ in windows], dtype=np.int64
    )
    bounds = np.array(
        [window for windows in problem.windows for window in windows], dtype=np.int64
    ).reshape(-1, 2)
    close = np.minimum(bounds[:, 1], problem.due_s[owner])
    slots = [
        _slots_of(problem, vehicle, (owner, bounds[:, 0], close), allowed[:, vehicle])
        for vehicle in range(len(problem.vehicles))
    ]
    width = max([1, *(int(rank.max(initial=-1)) + 1 for _, rank, _, _ in slots)])
    shape = (len(problem.vehicles), width, problem.size)
    opens, closes = np.full(shape, NEVER), np.full(shape, -NEVER)
    for vehicle, (places, rank, first, last) in enumerate(slots):
        opens[vehicle, rank, places] = first
        closes[vehicle, rank, places] = last
    takers = tuple(np.flatnonzero((opens[v] < NEVER).any(axis=0)) for v in range(len(slots)))
    travel = problem.travel_s.astype(np.int32)
    to = np.ascontiguousarray(travel[:, problem.node])
    back = np.ascontiguousarray(travel[problem.node].T)
    return Board(problem, opens, closes, allowed, takers, to, back)


def without_lunch(board: Board) -> Board:
    """Shorten every shift by its lunch instead of placing it: what engines without breaks see."""
    vehicles = tuple(
        replace(van, lunch=None, end_s=max(van.start_s, van.end_s - van.lunch.duration_s))
        if van.lunch
        else van
        for van in board.problem.vehicles
    )
    return make_board(replace(board.problem, vehicles=vehicles))


def _slots_of(
    problem: Problem,
    vehicle: int,
    windows: tuple[IntArray, IntArray, IntArray],
    allowed: BoolArray,
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    owner, open_s, close_s = windows
    van = problem.vehicles[vehicle]
    first = np.maximum(open_s, van.start_s)
    last = np.minimum(close_s, van.end_s) - problem.service_s[owner, vehicle]
    kept = (first <= last) & allowed[owner]
    owner = owner[kept]
    # The rank of a window among those kept of its place; windows come grouped by place.
    begins = np.searchsorted(owner, owner)
    return owner, np.arange(len(owner)) - begins, first[kept], last[kept]
