"""A first plan in well under two seconds: insert what is worth most for the time it takes."""

import math
import time

import numpy as np

from routing.domain.board import Board
from routing.domain.insertion import IMPOSSIBLE, cheapest_insertion, detours_s
from routing.domain.lateness import cost_s
from routing.domain.problem import BoolArray, FloatArray, IntArray, Routes, work_of
from routing.domain.workload import Workload, price_of_more

# Places times rounds above which one plan to start from has to do.
MANY = 100_000


class Insertions:
    """The cheapest insertion of every candidate in every round, kept up to date.

    Only the column of a round that changed is computed again: about half a millisecond for a
    thousand candidates, where trying every round anew takes fifty times as long. The best round
    of each candidate is kept too; looking for it among hundreds of rounds took longer than that.
    `priced` says whether uneven work has its price; limits of work always hold.
    """

    def __init__(self, board: Board, routes: Routes, *, priced: bool = True) -> None:
        self.board = board
        self.priced = priced
        self.routes = [list(route) for route in routes]
        shape = (board.problem.size, len(self.routes))
        self.cost: IntArray = np.full(shape, IMPOSSIBLE)
        self.position: IntArray = np.zeros(shape, dtype=np.int64)
        self.absent: BoolArray = np.ones(board.problem.size, dtype=np.bool_)
        self.best_cost: IntArray = np.full(board.problem.size, IMPOSSIBLE)
        self.best_vehicle: IntArray = np.zeros(board.problem.size, dtype=np.int64)
        self.work_s = work_of(board.problem, self.routes)
        self.more_s: IntArray = np.zeros(shape if self.work_s is not None else (0, 0), dtype=int)
        for vehicle, route in enumerate(self.routes):
            self.absent[route] = False
            self._refresh(vehicle)

    def insert(self, candidate: int, vehicle: int) -> None:
        """Put a candidate at its cheapest place of a round."""
        if self.work_s is not None:
            team = self.board.problem.vehicles[vehicle].team
            self.work_s[team] += self.more_s[candidate, vehicle]
        self.routes[vehicle].insert(int(self.position[candidate, vehicle]), candidate)
        self.absent[candidate] = False
        self._refresh(vehicle)

    def best(self, candidates: IntArray) -> tuple[IntArray, IntArray]:
        """Give what each candidate costs in its best round, and that round."""
        workload = self.board.problem.workload
        if workload is None or self.work_s is None:
            return self.best_cost[candidates], self.best_vehicle[candidates]
        cost = self._with_work(workload, self.work_s, candidates)
        vehicle = cost.argmin(axis=1)
        return cost[np.arange(len(candidates)), vehicle], vehicle

    def _with_work(self, workload: Workload, work_s: IntArray, candidates: IntArray) -> IntArray:
        """Add the price of uneven work, and strike rounds of teams that would work too much."""
        team = np.array([van.team for van in self.board.problem.vehicles])
        more_s = self.more_s[candidates]
        cost = self.cost[candidates]
        if self.priced:
            cost = cost + price_of_more(workload, work_s, team, more_s)
        over = work_s[team] + more_s > workload.most_s[team]
        possible: IntArray = np.where(over | (cost > IMPOSSIBLE // 2), IMPOSSIBLE, cost)
        return possible

    def _refresh(self, vehicle: int) -> None:
        route = self.routes[vehicle]
        cost, position = cheapest_insertion(self.board, vehicle, route)
        self.cost[:, vehicle], self.position[:, vehicle] = cost, position
        self._choose_again(vehicle, cost)
        if self.work_s is not None:
            everyone = np.arange(self.board.problem.size)
            extra = detours_s(self.board, vehicle, route)[position, everyone]
            self.more_s[:, vehicle] = extra + self.board.problem.service_s[:, vehicle]

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
    insertions: Insertions, rank: FloatArray | None = None, *, deadline: float = math.inf
) -> None:
    """Insert absent candidates while one is worth its detour, the best gain first.

    Parameters
    ----------
    rank : shape (n,), multiplies the gain of each candidate when choosing who goes next
    deadline : moment of `time.monotonic()` after which nothing more is inserted
    """
    penalty = insertions.board.problem.penalty_s
    weight = np.ones(len(penalty)) if rank is None else rank
    while insertions.routes and insertions.absent.any() and time.monotonic() < deadline:
        absent = np.flatnonzero(insertions.absent)
        cost, vehicle = insertions.best(absent)
        gain = penalty[absent] - cost
        best = int(np.where(gain > 0, gain * weight[absent], -np.inf).argmax())
        if gain[best] <= 0:
            return
        insertions.insert(int(absent[best]), int(vehicle[best]))


def greedy(board: Board) -> Routes:
    """Build a plan from nothing: gain per hour, and gain for its own sake; the better one.

    Above `MANY` places times rounds only the first is tried, so that time is left to search. It
    has no time limit, so that there is always a plan: 5,000 places and 150 rounds take two seconds.
    How even the work is comes later: the first visits of a plan are always uneven.
    """
    problem = board.problem
    if not problem.vehicles:
        return []
    empty: Routes = [[] for _ in problem.vehicles]
    hours = 1.0 / (problem.service_s.min(axis=1) + 900.0)
    plans = []
    many = problem.size * len(problem.vehicles) > MANY
    for rank in (hours,) if many else (None, hours):
        insertions = Insertions(board, empty, priced=False)
        fill(insertions, rank)
        plans.append(insertions.routes)
    return min(plans, key=lambda routes: cost_s(board, routes))
