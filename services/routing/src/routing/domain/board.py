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
    allowed : shape (n, vehicles), skill, sector and lock fit
    moved_s : shape (n, vehicles), what a visit in that round costs beside the travel
    order : shape (n,), the locked order within a round, 0 for none
    takers : per vehicle, the candidates with at least one slot
    travel_to, travel_from : per profile, shape (nodes, n): travel from each node to each
        candidate, and back; rows in one piece of memory, which halves the time of an insertion test
    late_after : like `opens`, the start from which a visit in the slot is late
    """

    problem: Problem
    opens: IntArray
    closes: IntArray
    allowed: BoolArray
    moved_s: IntArray
    order: IntArray
    takers: tuple[IntArray, ...]
    travel_to: tuple[NDArray[np.int32], ...]
    travel_from: tuple[NDArray[np.int32], ...]
    late_after: IntArray | None = None
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
    order = np.zeros(problem.size, dtype=np.int64)
    start_s = np.full(problem.size, -1)
    for lock in problem.locks:
        elsewhere = [v for v in range(len(problem.vehicles)) if v not in lock.vehicles]
        allowed[lock.candidate, elsewhere] = False
        order[lock.candidate] = lock.order
        start_s[lock.candidate] = -1 if lock.start_s is None else lock.start_s
    owner = np.array(
        [number for number, windows in enumerate(problem.windows) for _ in windows], dtype=np.int64
    )
    bounds = np.array(
        [window for windows in problem.windows for window in windows], dtype=np.int64
    ).reshape(-1, 2)
    close = np.minimum(bounds[:, 1], problem.due_s[owner])
    slots = [
        _slots_of(problem, vehicle, (owner, bounds[:, 0], close), (allowed[:, vehicle], start_s))
        for vehicle in range(len(problem.vehicles))
    ]
    width = max([1, *(int(rank.max(initial=-1)) + 1 for _, rank, _, _ in slots)])
    shape = (len(problem.vehicles), width, problem.size)
    opens, closes = np.full(shape, NEVER), np.full(shape, -NEVER)
    late_after = None if problem.late_after_s is None else np.full(shape, NEVER)
    late = np.array([moment for it in problem.late_after_s or () for moment in it], dtype=np.int64)
    for vehicle, (places, rank, hours, kept) in enumerate(slots):
        opens[vehicle, rank, places], closes[vehicle, rank, places] = hours
        if late_after is not None:
            late_after[vehicle, rank, places] = late[kept]
    takers = tuple(np.flatnonzero((opens[v] < NEVER).any(axis=0)) for v in range(len(slots)))
    ways = [travel.astype(np.int32) for travel in (problem.travel_s, *problem.other_travel_s)]
    to = tuple(np.ascontiguousarray(travel[:, problem.node]) for travel in ways)
    back = tuple(np.ascontiguousarray(travel[problem.node].T) for travel in ways)
    moved_s = np.zeros_like(problem.service_s) if problem.moved_s is None else problem.moved_s
    return Board(problem, opens, closes, allowed, moved_s, order, takers, to, back, late_after)


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
    locks: tuple[BoolArray, IntArray],
) -> tuple[IntArray, IntArray, tuple[IntArray, IntArray], BoolArray]:
    """Give the places, the ranks and the hours of the windows kept, and which those are."""
    owner, open_s, close_s = windows
    allowed, start_s = locks
    van = problem.vehicles[vehicle]
    first = np.maximum(open_s, van.start_s)
    last = np.minimum(close_s, van.end_s) - problem.service_s[owner, vehicle]
    fixed = start_s[owner]
    first = np.where(fixed < 0, first, np.maximum(first, fixed))
    last = np.where(fixed < 0, last, np.minimum(last, fixed))
    kept = (first <= last) & allowed[owner]
    owner = owner[kept]
    # The rank of a window among those kept of its place; windows come grouped by place.
    begins = np.searchsorted(owner, owner)
    return owner, np.arange(len(owner)) - begins, (first[kept], last[kept]), kept
