"""Why each place is left out: proved by trying it everywhere in the final plan, never guessed."""

from collections.abc import Sequence

import numpy as np

from routing.domain.board import Board
from routing.domain.insertion import IMPOSSIBLE, insertion_costs
from routing.domain.problem import BoolArray, IntArray, Routes
from routing.domain.sentences import (
    closed_sentence,
    detour_sentence,
    no_skill_sentence,
    no_time_sentence,
    too_far_sentence,
    too_long_sentence,
)
from routing.domain.solution import LeftOut

MOST_MISSING_MIN = 1440
# Places times rounds for which the missing minutes are searched, the dearest places first: about
# half a second. The reason itself is proved for every place.
MOST_EXPLORED, LEAST_EXPLORED = 20_000, 20


def explain(board: Board, routes: Routes) -> list[LeftOut]:
    """Give every candidate without a visit its reason, in candidate order.

    The order of the tests is that of the causes: nobody may, closed, too far even alone on the
    day, no time left between the visits chosen, detour not worth it.
    """
    problem = board.problem
    visited = {candidate for route in routes for candidate in route}
    absent = np.array([i for i in range(problem.size) if i not in visited], dtype=np.int64)
    cheapest = _cheapest(board, routes, absent)
    alone = _fits_alone(board, absent)
    open_somewhere = _open_on_a_worked_day(board, absent[~alone])
    found: list[LeftOut] = []
    crowded: list[int] = []
    for at, candidate in enumerate(absent.tolist()):
        if not board.allowed[candidate].any():
            skilled = bool(problem.skilled[candidate].any())
            found.append(LeftOut(candidate, "NO_SKILL", *no_skill_sentence(skilled=skilled)))
        elif not alone[at] and not open_somewhere.get(candidate):
            found.append(LeftOut(candidate, "CLOSED_OR_DEADLINE", *closed_sentence()))
        elif not alone[at]:
            found.append(
                LeftOut(candidate, "TOO_FAR_OR_WINDOW", *_alone_sentence(board, candidate))
            )
        elif cheapest[at] < IMPOSSIBLE:
            found.append(_detour(board, candidate, int(cheapest[at])))
        else:
            crowded.append(candidate)
    found.extend(_no_time(board, routes, crowded))
    return sorted(found, key=lambda left: left.candidate)


def _cheapest(
    board: Board, routes: Routes, candidates: IntArray, relief_s: IntArray | None = None
) -> IntArray:
    best = np.full(len(candidates), IMPOSSIBLE)
    for vehicle, route in enumerate(routes):
        costs = insertion_costs(board, vehicle, route, candidates=candidates, relief_s=relief_s)
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
    empty: Routes = [[] for _ in board.problem.vehicles]
    fits: BoolArray = _cheapest(board, empty, candidates) < IMPOSSIBLE
    return fits


def _alone_sentence(board: Board, candidate: int) -> tuple[str, str]:
    """Say why a place does not fit a day of its own: its visit is too long, or it is too far."""
    vans = [board.problem.vehicles[v] for v in np.flatnonzero(board.allowed[candidate])]
    stays = board.problem.service_s[candidate, board.allowed[candidate]].tolist()
    spans = [van.end_s - van.start_s - (van.lunch.duration_s if van.lunch else 0) for van in vans]
    if all(stay > span for stay, span in zip(stays, spans, strict=True)):
        return too_long_sentence(min(stays), max(spans))
    return too_far_sentence()


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


def _no_time(board: Board, routes: Routes, crowded: Sequence[int]) -> list[LeftOut]:
    count = max(LEAST_EXPLORED, MOST_EXPLORED // max(1, len(routes)))
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
    while (high - low > 1).any():
        middle = (low + high) // 2
        fits = _cheapest(board, routes, candidates, middle * 60) < IMPOSSIBLE
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    return high


def _displaced(board: Board, routes: Routes, candidates: IntArray) -> IntArray:
    """Find for each the least valuable visit whose removal makes room, or -1."""
    best = np.full(len(candidates), -1)
    price = np.full(len(candidates), IMPOSSIBLE)
    for vehicle, route in enumerate(routes):
        for at, visit in enumerate(route):
            shorter = route[:at] + route[at + 1 :]
            costs = insertion_costs(board, vehicle, shorter, candidates=candidates)
            better = (costs.min(axis=1) < IMPOSSIBLE) & (board.problem.penalty_s[visit] < price)
            best[better], price[better] = visit, board.problem.penalty_s[visit]
    return best
