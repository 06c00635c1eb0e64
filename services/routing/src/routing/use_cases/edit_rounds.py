"""Edits of a plan, one after the other, on its rounds; nothing is checked but what each needs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from routing.domain.board import Board, make_board
from routing.domain.hand_rounds import cheapest_place, shortest_detour
from routing.domain.improve import Until, load_search, ruin_and_recreate, sweep
from routing.domain.problem import Routes
from routing.domain.reasons import explain
from routing.domain.schedule import feasible, keep_feasible
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_points import Ground
from routing.use_cases.plan_prices import ANNOUNCED_S, MOVED_S
from routing.use_cases.plan_standing import Standing, decided
from routing.use_cases.plan_stints import Stint
from routing.use_cases.pose_problem import pose
from shared.contracts.routing.plans import PlanRequest, VisitLock
from shared.contracts.routing.revisions import (
    AddVisit,
    DropVisit,
    MoveVisit,
    PinVisit,
    PlanEdit,
    Reoptimise,
    UnpinVisit,
)

TODAY_S = 3600
"""What it costs, in seconds of driving, to drop or move a visit on its very day."""


class EditRefusedError(ValueError):
    """An edit makes no sense on this plan; the message says what to do instead."""

    def __init__(self, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.field = field


@dataclass(frozen=True, slots=True)
class Desk:
    """What stays the same while a plan is edited: the question, where its places are, its rounds.

    Parameters
    ----------
    request : with the places that people added
    promised : places that count on their visit today
    """

    request: PlanRequest
    stints: Sequence[Stint]
    ground: Ground
    reason: str
    promised: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan between two edits; `touched` are the rounds changed by the last edit."""

    standing: Standing
    routes: Routes
    touched: frozenset[int] = frozenset()


def board_of(desk: Desk, draft: Draft) -> Board:
    """Pose the question as it stands."""
    request = decided(desk.request, draft.standing)
    problem = pose(request, desk.stints, desk.ground)
    known = [request.candidates[at].accommodation_id for at in desk.ground.places.candidates]
    told = [number for number, place in enumerate(known) if place in desk.promised]
    if not told or problem.moved_s is None:
        return make_board(problem)
    penalty_s, moved_s = problem.penalty_s.copy(), problem.moved_s.copy()
    penalty_s[told] += TODAY_S - ANNOUNCED_S
    moved_s[told] *= TODAY_S // MOVED_S
    return make_board(replace(problem, penalty_s=penalty_s, moved_s=moved_s))


def edited(desk: Desk, draft: Draft, edit: PlanEdit) -> Draft:
    """Apply one edit.

    Raises
    ------
    EditRefusedError : it makes no sense here
    """
    match edit:
        case PinVisit():
            return _pin(desk, draft, edit)
        case UnpinVisit():
            return _unpin(draft, edit)
        case DropVisit():
            return _drop(desk, draft, edit)
        case AddVisit():
            return _add(desk, draft, edit)
        case MoveVisit():
            return _move(desk, draft, edit)
        case Reoptimise():
            return _reoptimise(desk, draft, edit)
    raise EditRefusedError("Restore a revision in a request of its own.")


def _pin(desk: Desk, draft: Draft, edit: PinVisit) -> Draft:
    vehicle, _ = _visit(desk, draft, edit.accommodation_id)
    team_id, day = _round(desk, vehicle)
    lock = VisitLock(
        accommodation_id=edit.accommodation_id,
        team_id=team_id,
        day=Horizon.of(desk.request).date_of(day),
        starts_at=edit.starts_at,
    )
    return Draft(draft.standing.pin(lock), draft.routes, frozenset({vehicle}))


def _unpin(draft: Draft, edit: UnpinVisit) -> Draft:
    if not draft.standing.is_locked(edit.accommodation_id):
        raise EditRefusedError("This place is not pinned.", "/accommodation_id")
    return replace(draft, standing=draft.standing.unpin(edit.accommodation_id))


def _drop(desk: Desk, draft: Draft, edit: DropVisit) -> Draft:
    vehicle, candidate = _visit(desk, draft, edit.accommodation_id)
    _refuse_pinned(draft, edit.accommodation_id)
    standing = draft.standing.drop(edit.accommodation_id, desk.reason)
    return Draft(standing, _without(draft.routes, vehicle, candidate), frozenset({vehicle}))


def _add(desk: Desk, draft: Draft, edit: AddVisit) -> Draft:
    candidate = _number(desk, edit.accommodation_id)
    if any(candidate in route for route in draft.routes):
        raise EditRefusedError("This place is visited already; move it.", "/accommodation_id")
    added = replace(draft, standing=draft.standing.add(edit.accommodation_id))
    vehicles = [
        vehicle
        for vehicle, stint in enumerate(desk.stints)
        if edit.team_id in {None, desk.request.teams[stint.team].id}
        if edit.day in {None, Horizon.of(desk.request).date_of(stint.day)}
    ]
    if not vehicles:
        raise EditRefusedError("No such team has a round on this day.", "/team_id")
    return _placed(desk, added, candidate, vehicles=vehicles, sequence=edit.sequence)


def _move(desk: Desk, draft: Draft, edit: MoveVisit) -> Draft:
    vehicle, candidate = _visit(desk, draft, edit.accommodation_id)
    _refuse_pinned(draft, edit.accommodation_id)
    team_id, day = _round(desk, vehicle)
    horizon = Horizon.of(desk.request)
    wanted = (edit.team_id or team_id, edit.day or horizon.date_of(day))
    target = [
        number
        for number, stint in enumerate(desk.stints)
        if (desk.request.teams[stint.team].id, horizon.date_of(stint.day)) == wanted
    ]
    if not target:
        raise EditRefusedError("No such team has a round on this day.", "/team_id")
    lifted = replace(draft, routes=_without(draft.routes, vehicle, candidate))
    moved = _placed(desk, lifted, candidate, vehicles=target, sequence=edit.sequence)
    return replace(moved, touched=moved.touched | {vehicle})


def _placed(
    desk: Desk, draft: Draft, candidate: int, *, vehicles: list[int], sequence: int | None
) -> Draft:
    """Put a place into one of some rounds; where it fits none, into the only one it may go to."""
    board = board_of(desk, draft)
    if sequence is not None and len(vehicles) > 1:
        raise EditRefusedError("An order is one of a round: say its team and day.", "/sequence")
    vehicle = vehicles[0]
    if sequence is not None:
        at = _index(desk, draft.routes[vehicle], sequence)
    elif (found := cheapest_place(board, draft.routes, candidate, vehicles)) is not None:
        vehicle, at = found
    elif len(vehicles) == 1:
        at = shortest_detour(board, vehicle, draft.routes[vehicle], candidate)
    else:
        left = next(it for it in explain(board, draft.routes) if it.candidate == candidate)
        raise EditRefusedError(f"No round can take it. {left.code}: {left.en}")
    routes = [list(route) for route in draft.routes]
    routes[vehicle].insert(at, candidate)
    return Draft(draft.standing, routes, frozenset({vehicle}))


def _index(desk: Desk, route: list[int], sequence: int) -> int:
    """Turn a place among the visits into one in the round, where appointments count too."""
    many = len(desk.ground.places.candidates)
    visits = [at for at, candidate in enumerate(route) if candidate < many]
    return visits[sequence - 1] if sequence <= len(visits) else len(route)


def _reoptimise(desk: Desk, draft: Draft, edit: Reoptimise) -> Draft:
    load_search()
    board = board_of(desk, draft)
    broken = [v for v, route in enumerate(draft.routes) if route and not feasible(board, v, route)]
    if broken:
        return replace(draft, touched=frozenset(broken))
    deadline = time.monotonic() + edit.time_limit_s
    routes = ruin_and_recreate(
        board,
        draft.routes,
        until=Until(deadline, edit.iteration_limit),
        seed=edit.seed,
        on_better=lambda _routes, _cost: None,
    )
    return Draft(draft.standing, sweep(board, routes), frozenset(range(len(routes))))


def planned_again(
    desk: Desk, draft: Draft, time_limit_s: float, iteration_limit: int | None
) -> Draft:
    """Plan the rest of a day again: what can no longer be driven goes first, then the search."""
    kept = keep_feasible(board_of(desk, draft), draft.routes)
    search = Reoptimise(
        kind="reoptimise", time_limit_s=time_limit_s, iteration_limit=iteration_limit
    )
    return _reoptimise(desk, replace(draft, routes=kept), search)


def _visit(desk: Desk, draft: Draft, place: UUID) -> tuple[int, int]:
    """Find the round and the number of a place that is visited."""
    candidate = _number(desk, place)
    for vehicle, route in enumerate(draft.routes):
        if candidate in route:
            return vehicle, candidate
    raise EditRefusedError("This place is not visited in the plan; add it.", "/accommodation_id")


def _number(desk: Desk, place: UUID) -> int:
    for number, at in enumerate(desk.ground.places.candidates):
        if desk.request.candidates[at].accommodation_id == place:
            return number
    for at in desk.ground.refused:
        if desk.request.candidates[at].accommodation_id == place:
            detail = "This place lies off the roads; correct its position, and plan again."
            raise EditRefusedError(detail, "/accommodation_id")
    detail = "The plan knows no such place, or it is done; send it as `candidate` to add it."
    raise EditRefusedError(detail, "/accommodation_id")


def _round(desk: Desk, vehicle: int) -> tuple[str, int]:
    stint = desk.stints[vehicle]
    return desk.request.teams[stint.team].id, stint.day


def _refuse_pinned(draft: Draft, place: UUID) -> None:
    if draft.standing.is_locked(place):
        raise EditRefusedError("This visit is pinned; unpin it first.", "/accommodation_id")


def _without(routes: Routes, vehicle: int, candidate: int) -> Routes:
    return [
        [it for it in route if it != candidate] if number == vehicle else list(route)
        for number, route in enumerate(routes)
    ]
