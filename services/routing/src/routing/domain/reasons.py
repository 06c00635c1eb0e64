"""Why each place is left out: proved by trying it everywhere in the final plan, never guessed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from routing.domain.board import Board, make_board
from routing.domain.insertion import (
    IMPOSSIBLE,
    fits_if_shorter,
    insertion_costs,
    least_overwork_s,
)
from routing.domain.problem import BoolArray, IntArray, Routes, route_work_s, work_of
from routing.domain.sentences import (
    closed_sentence,
    detour_sentence,
    locked_out_sentence,
    no_skill_sentence,
    no_time_sentence,
    too_far_sentence,
    too_long_sentence,
    workload_sentence,
)
from routing.domain.solution import LeftOut

MOST_MISSING_MIN = 1440
# Places times rounds for which the missing minutes are searched, the dearest places first: about
# half a second. The reason itself is proved for every place.
MOST_EXPLORED, LEAST_EXPLORED = 20_000, 20


def explain(board: Board, routes: Routes, *, hurried: bool = False) -> list[LeftOut]:
    """Give every candidate without a visit its reason, in candidate order.

    The order of the tests is that of the causes: nobody may, closed, too far even alone on the
    day, detour not worth it, locked out, a team's work for the plan used up, no time left between
    the visits chosen. When `hurried`, the missing minutes are searched for fewer places.
    """
    problem = board.problem
    visited = {candidate for route in routes for candidate in route}
    absent = np.array([i for i in range(problem.size) if i not in visited], dtype=np.int64)
    cheapest = _cheapest(board, routes, absent)
    locked = {lock.candidate for lock in problem.locks} - visited
    free = make_board(replace(problem, locks=())) if locked else board
    alone = _fits_alone(free, absent)
    over_s = _overwork(board, routes, absent)
    open_somewhere = _open_on_a_worked_day(free, absent[~alone])
    found: list[LeftOut] = []
    crowded: list[int] = []
    for at, candidate in enumerate(absent.tolist()):
        if not free.allowed[candidate].any():
            skilled = bool(problem.skilled[candidate].any())
            found.append(LeftOut(candidate, "NO_SKILL", *no_skill_sentence(skilled=skilled)))
        elif not alone[at] and not open_somewhere.get(candidate):
            found.append(LeftOut(candidate, "CLOSED_OR_DEADLINE", *closed_sentence()))
        elif not alone[at]:
            found.append(LeftOut(candidate, "TOO_FAR_OR_WINDOW", *_alone_sentence(free, candidate)))
        elif cheapest[at] < IMPOSSIBLE:
            found.append(_detour(board, candidate, int(cheapest[at])))
        elif candidate in locked:
            found.append(_locked_out(free, routes, candidate))
        elif over_s[at] < IMPOSSIBLE:
            found.append(_overworked(candidate, int(over_s[at])))
        else:
            crowded.append(candidate)
    most = 0 if hurried else MOST_EXPLORED
    found.extend(_no_time(board, routes, crowded, most))
    return sorted(found, key=lambda left: left.candidate)


def _cheapest(board: Board, routes: Routes, candidates: IntArray) -> IntArray:
    best = np.full(len(candidates), IMPOSSIBLE)
    work_s = work_of(board.problem, routes)
    for vehicle, route in enumerate(routes):
        costs = insertion_costs(board, vehicle, route, candidates=candidates, work_s=work_s)
        np.minimum(best, costs.min(axis=1), out=best)
    return best


def _open_on_a_worked_day(board: Board, candidates: IntArray) -> dict[int, bool]:
    """Say which places open, before they are due, during a shift of a team that may go."""
    problem = board.problem
    shifts = [(van.start_s, van.end_s) for van in problem.vehicles]
    found: dict[int, bool] = {}
    for candidate in candidates.tolist():
        due = int(problem.due_s[candidate])
        worked = [shifts[v] for v in np.flatnonzero(board.allowed[candidate]).tolist()]
        found[candidate] = any(
            max(open_s, begin) < min(close_s, end, due)
            for open_s, close_s in problem.windows[candidate]
            for begin, end in worked
        )
    return found


def _fits_alone(board: Board, candidates: IntArray) -> BoolArray:
    """Say which places fit a day of their own, whatever their team may work in all."""
    fits = np.zeros(len(candidates), dtype=np.bool_)
    for vehicle in range(len(board.problem.vehicles)):
        costs = insertion_costs(board, vehicle, [], candidates=candidates)
        fits |= costs.min(axis=1) < IMPOSSIBLE
    return fits


def _overwork(board: Board, routes: Routes, candidates: IntArray) -> IntArray:
    """Say by how little a team would work more than its limit; `IMPOSSIBLE` where others forbid."""
    least = np.full(len(candidates), IMPOSSIBLE)
    work_s = work_of(board.problem, routes)
    if work_s is not None:
        for vehicle, route in enumerate(routes):
            over = least_overwork_s(board, vehicle, route, candidates=candidates, work_s=work_s)
            np.minimum(least, over, out=least)
    return least


def _overworked(candidate: int, over_s: int) -> LeftOut:
    missing = float(np.ceil(over_s / 60))
    return LeftOut(candidate, "WORKLOAD_FULL", *workload_sentence(missing), missing_min=missing)


def _alone_sentence(board: Board, candidate: int) -> tuple[str, str]:
    """Say why a place does not fit a day of its own: its visit is too long, or it is too far."""
    vans = [board.problem.vehicles[v] for v in np.flatnonzero(board.allowed[candidate])]
    stays = board.problem.service_s[candidate, board.allowed[candidate]].tolist()
    spans = [van.end_s - van.start_s - (van.lunch.duration_s if van.lunch else 0) for van in vans]
    if all(stay > span for stay, span in zip(stays, spans, strict=True)):
        return too_long_sentence(min(stays), max(spans))
    return too_far_sentence()


def _locked_out(free: Board, routes: Routes, candidate: int) -> LeftOut:
    """Say that only the lock keeps a place out, and what it would cost without."""
    extra_s = int(_cheapest(free, routes, np.array([candidate]))[0])
    known = extra_s if extra_s < IMPOSSIBLE else None
    return LeftOut(candidate, "LOCKED_OUT", *locked_out_sentence(known), extra_travel_s=known)


def _detour(board: Board, candidate: int, extra_s: int) -> LeftOut:
    problem = board.problem
    # What the place is worth beside its points: it has been announced.
    bonus_s = int(problem.penalty_s[candidate]) - round(
        float(problem.points[candidate]) * problem.seconds_per_point
    )
    needed = float(np.ceil((extra_s - bonus_s) / problem.seconds_per_point * 10) / 10)
    return LeftOut(
        candidate,
        "DETOUR_NOT_WORTH",
        *detour_sentence(extra_s, int(problem.penalty_s[candidate]), needed, announced=bonus_s > 0),
        extra_travel_s=extra_s,
        points_needed=needed,
    )


def _no_time(
    board: Board, routes: Routes, crowded: Sequence[int], most_explored: int
) -> list[LeftOut]:
    count = max(LEAST_EXPLORED, most_explored // max(1, len(routes)))
    dearest = sorted(crowded, key=lambda place: -int(board.problem.penalty_s[place]))
    explored, rest = dearest[:count], dearest[count:]
    found = [LeftOut(place, "NO_TIME_LEFT", *no_time_sentence(None, None)) for place in rest]
    if not explored:
        return found
    candidates = np.array(explored, dtype=np.int64)
    missing = _missing_minutes(board, routes, candidates)
    displaced = _displaced(board, routes, candidates)
    for candidate, minutes, other in zip(
        explored, missing.tolist(), displaced.tolist(), strict=True
    ):
        known = _missing(board, candidate, minutes)
        visit = other if other >= 0 else None
        points = None if visit is None else float(board.problem.points[visit])
        must = visit is not None and bool(board.problem.must[visit])
        found.append(
            LeftOut(
                candidate,
                "NO_TIME_LEFT",
                *no_time_sentence(known, points, displaced_must=must),
                missing_min=known,
                displaced=visit,
            )
        )
    return found


def _missing(board: Board, candidate: int, minutes: int) -> float | None:
    """Give the missing minutes, never more than the stay; none when no stay is short enough."""
    if minutes > MOST_MISSING_MIN:
        return None
    stay_s = int(board.problem.service_s[candidate, board.allowed[candidate]].max())
    return min(float(minutes), stay_s / 60)


def _missing_minutes(board: Board, routes: Routes, candidates: IntArray) -> IntArray:
    """Bisect, for all at once, the minutes by which a stay would have to be shorter to fit."""
    low = np.zeros(len(candidates), dtype=np.int64)
    high = np.full(len(candidates), MOST_MISSING_MIN + 1)
    work_s = work_of(board.problem, routes)
    while (high - low > 1).any():
        middle = (low + high) // 2
        fits = np.zeros(len(candidates), dtype=np.bool_)
        for vehicle, route in enumerate(routes):
            fits |= fits_if_shorter(
                board, vehicle, route, candidates=candidates, relief_s=middle * 60, work_s=work_s
            )
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    return high


def _displaced(board: Board, routes: Routes, candidates: IntArray) -> IntArray:
    """Find for each the least valuable visit whose removal makes room, or -1."""
    best = np.full(len(candidates), -1)
    price = np.full(len(candidates), IMPOSSIBLE)
    problem, all_work_s = board.problem, work_of(board.problem, routes)
    for vehicle, route in enumerate(routes):
        for at, visit in enumerate(route):
            shorter, work_s = route[:at] + route[at + 1 :], None
            if all_work_s is not None:
                work_s = all_work_s.copy()
                work_s[problem.vehicles[vehicle].team] += route_work_s(
                    problem, vehicle, shorter
                ) - route_work_s(problem, vehicle, route)
            costs = insertion_costs(board, vehicle, shorter, candidates=candidates, work_s=work_s)
            better = (costs.min(axis=1) < IMPOSSIBLE) & (board.problem.penalty_s[visit] < price)
            best[better], price[better] = visit, board.problem.penalty_s[visit]
    return best
