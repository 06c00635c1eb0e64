"""A first plan in well under two seconds: insert what is worth most for the time it takes."""

import math
import time

import numpy as np

from routing.domain.board import Board
from routing.domain.insertion import IMPOSSIBLE, cheapest_insertion
from routing.domain.problem import (
    MUST_PENALTY_S,
    BoolArray,
    FloatArray,
    IntArray,
    Routes,
    objective_s,
    route_travel_s,
)

# Places times rounds above which one plan to start from has to do.
MANY = 100_000


class Insertions:
    """The cheapest insertion of every candidate in every round, kept up to date.

    Only the column of a round that changed is computed again: about half a millisecond for a
    thousand candidates, where trying every round anew takes fifty times as long. The best round
    of each candidate is kept too; looking for it among hundreds of rounds took longer than that.
    """

    def __init__(self, board: Board, routes: Routes) -> None:
        self.board = board
        self.routes = [list(route) for route in routes]
        shape = (board.problem.size, len(self.routes))
        self.cost: IntArray = np.full(shape, IMPOSSIBLE)
        self.position: IntArray = np.zeros(shape, dtype=np.int64)
        self.absent: BoolArray = np.ones(board.problem.size, dtype=np.bool_)
        self.travel_s = [0] * len(self.routes)
        self.best_cost: IntArray = np.full(board.problem.size, IMPOSSIBLE)
        self.best_vehicle: IntArray = np.zeros(board.problem.size, dtype=np.int64)
        self._saved: dict[int, tuple[list[int], int, IntArray, IntArray]] = {}
        self._saved_best = (self.best_cost, self.best_vehicle)
        for vehicle, route in enumerate(self.routes):
            self.absent[route] = False
            self._refresh(vehicle)

    def insert(self, candidate: int, vehicle: int) -> None:
        """Put a candidate at its cheapest place of a round."""
        self._save(vehicle)
        self.routes[vehicle].insert(int(self.position[candidate, vehicle]), candidate)
        self.absent[candidate] = False
        self._refresh(vehicle)

    def replace(self, vehicle: int, route: list[int]) -> None:
        """Give a round other visits; those it loses are absent."""
        self._save(vehicle)
        self.absent[self.routes[vehicle]] = True
        self.routes[vehicle] = route
        self.absent[route] = False
        self._refresh(vehicle)

    @property
    def changed(self) -> list[int]:
        """Rounds touched since the last `keep` or `undo`."""
        return list(self._saved)

    def cost_s(self) -> int:
        """Price the plan as it stands."""
        return sum(self.travel_s) + int(self.board.problem.penalty_s[self.absent].sum())

    def tempered_cost_s(self) -> int:
        """Price the plan as it stands, each must-visit left out at no more than the usual."""
        problem = self.board.problem
        usual = np.where(problem.must, MUST_PENALTY_S, problem.penalty_s)
        return sum(self.travel_s) + int(usual[self.absent].sum())

    def keep(self) -> None:
        """Make the changes since the last `keep` or `undo` final."""
        self._saved.clear()

    def undo(self) -> None:
        """Take the changes since the last `keep` or `undo` back."""
        for vehicle in self._saved:
            self.absent[self.routes[vehicle]] = True
        for vehicle, (route, travel_s, cost, position) in self._saved.items():
            self.routes[vehicle], self.travel_s[vehicle] = route, travel_s
            self.cost[:, vehicle], self.position[:, vehicle] = cost, position
            self.absent[route] = False
        if self._saved:
            self.best_cost, self.best_vehicle = self._saved_best
        self._saved.clear()

    def _save(self, vehicle: int) -> None:
        if not self._saved:
            self._saved_best = (self.best_cost.copy(), self.best_vehicle.copy())
        if vehicle not in self._saved:
            self._saved[vehicle] = (
                list(self.routes[vehicle]),
                self.travel_s[vehicle],
                self.cost[:, vehicle].copy(),
                self.position[:, vehicle].copy(),
            )

    def _refresh(self, vehicle: int) -> None:
        cost, position = cheapest_insertion(self.board, vehicle, self.routes[vehicle])
        self.cost[:, vehicle], self.position[:, vehicle] = cost, position
        route = self.routes[vehicle]
        self.travel_s[vehicle] = route_travel_s(self.board.problem, vehicle, route)
        self._choose_again(vehicle, cost)

    def _choose_again(self, vehicle: int, cost: IntArray) -> None:
        """Keep each candidate's best round, the first of equals, after one round has changed."""
        lost = np.flatnonzero((self.best_vehicle == vehicle) & (cost > self.best_cost))
        earlier = (cost == self.best_cost) & (vehicle < self.best_vehicle)
        better = (cost < self.best_cost) | earlier
        self.best_cost[better], self.best_vehicle[better] = cost[better], vehicle
        if lost.size:
            rows = self.cost[lost]
            self.best_vehicle[lost] = rows.argmin(axis=1)
            self.best_cost[lost] = rows.min(axis=1)


def fill(
    insertions: Insertions,
    rank: FloatArray | None = None,
    optimism: float = 1.0,
    *,
    deadline: float = math.inf,
) -> None:
    """Insert absent candidates while one is worth its detour, the best gain first.

    Parameters
    ----------
    rank : shape (n,), multiplies the gain of each candidate when choosing who goes next
    optimism : multiplies every penalty: above one, a first visit may open a round that only
        the second makes worth while
    deadline : moment of `time.monotonic()` after which nothing more is inserted
    """
    penalty = insertions.board.problem.penalty_s * optimism
    weight = np.ones(len(penalty)) if rank is None else rank
    while insertions.routes and insertions.absent.any() and time.monotonic() < deadline:
        absent = np.flatnonzero(insertions.absent)
        gain = penalty[absent] - insertions.best_cost[absent]
        best = int(np.where(gain > 0, gain * weight[absent], -np.inf).argmax())
        if gain[best] <= 0:
            return
        chosen = int(absent[best])
        insertions.insert(chosen, int(insertions.best_vehicle[chosen]))


def greedy(board: Board, deadline: float = math.inf) -> Routes:
    """Build a plan from nothing: gain per hour, and gain for its own sake; the better one.

    Above `MANY` places times rounds only the first is tried, so that time is left to search. Past
    the deadline the plan is given as far as it is.
    """
    problem = board.problem
    if not problem.vehicles:
        return []
    empty: Routes = [[] for _ in problem.vehicles]
    hours = 1.0 / (problem.service_s.min(axis=1) + 900.0)
    plans = []
    many = problem.size * len(problem.vehicles) > MANY
    for rank in (hours,) if many else (None, hours):
        insertions = Insertions(board, empty)
        fill(insertions, rank, deadline=deadline)
        plans.append(insertions.routes)
    return min(plans, key=lambda routes: objective_s(problem, routes))
