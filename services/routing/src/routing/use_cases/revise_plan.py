"""Revise a plan: apply the edits, let the independent checker decide, say what came of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, TypeAdapter

from routing.domain.board import Board
from routing.domain.bound import lower_bound_s
from routing.domain.checker import RULES, check
from routing.domain.hand_rounds import broken_rules, first_break
from routing.domain.lateness import cost_s
from routing.domain.planner import tours_of
from routing.domain.problem import Routes
from routing.domain.reasons import explain
from routing.domain.solution import Solution
from routing.store.bundle import BundleError
from routing.use_cases.day_facts import promised, still_locked, under_way
from routing.use_cases.day_rounds import with_done
from routing.use_cases.describe_diff import Planned, overrides, plan_diff, rounds_since
from routing.use_cases.describe_plan import PlanAnswer, describe, draw
from routing.use_cases.edit_rounds import (
    Desk,
    Draft,
    EditRefusedError,
    board_of,
    edited,
    planned_again,
)
from routing.use_cases.plan_engagements import engagements_of
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_points import measure_ground
from routing.use_cases.plan_refusals import impossibilities
from routing.use_cases.plan_standing import Revisable, Standing, decided, told_dropped
from routing.use_cases.plan_stints import stints_of
from routing.use_cases.plan_ways import Network
from routing.use_cases.solve_means import Means
from routing.use_cases.solve_plan import open_network
from routing.use_cases.solved_plan import Solved
from shared.child import JobFailed, Report
from shared.contracts.routing.day import DayReport
from shared.contracts.routing.plans import PlanRequest, Round
from shared.contracts.routing.revisions import (
    AddVisit,
    PlanDiff,
    PlanEdit,
    PlanOverride,
    RestoreRevision,
)
from shared.field_errors import FieldError

_EDITS = TypeAdapter(list[PlanEdit])


UNKNOWN = "The plan has no such team, place or visit; look at it again."


class RevisionRefusedError(ValueError):
    """The edits do not hold; each error has its place in the request."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(errors[0].detail)
        self.errors = errors


class Revised(Revisable):
    """A revision that holds."""


class RevisionAsked(BaseModel):
    """A revision to make.

    Parameters
    ----------
    base : the revision the edits are applied to: an earlier one when it is restored
    before : what the plan was so far
    """

    plan_id: UUID
    number: int
    request: PlanRequest
    base: Revisable
    before: Planned
    edits: list[PlanEdit]
    reason: str
    day: DayReport | None = None


class RevisionMade(Revised):
    """A revision that holds, and what changed by it."""

    diff: PlanDiff
    overrides: list[PlanOverride]


def revise(_report: Report, asked_json: str, means: Means) -> tuple[str, str, str]:
    """Make a revision of a stored plan; called by name in a child process.

    Parameters
    ----------
    asked_json : a `RevisionAsked`

    Returns
    -------
    The `RevisionMade`, its shapes, and why it was refused, JSON texts: the last is empty, or the
    first two are.
    """
    asked = RevisionAsked.model_validate_json(asked_json)
    try:
        network = open_network(asked.request, means)
    except BundleError as error:
        raise JobFailed(f"The road graph cannot be read ({error}); import it again.") from error
    try:
        made = revised(asked, network)
    except RevisionRefusedError as error:
        return "", "", json.dumps([it.model_dump() for it in error.errors])
    shapes = draw(made.answer.rounds, network)
    return made.model_dump_json(), json.dumps(shapes, ensure_ascii=False), ""


def revised(asked: RevisionAsked, network: Network) -> RevisionMade:
    """Make a revision, and say what changed.

    Raises
    ------
    RevisionRefusedError : an edit makes no sense, or the checker refuses the outcome
    """
    it = revise_plan(asked, network)
    rounds = rounds_since(asked.before.rounds, it.answer.rounds, asked.number)
    after = Planned(rounds=rounds, totals=it.answer.totals)
    about = (asked.plan_id, asked.number, asked.reason)
    return RevisionMade(
        answer=it.answer.model_copy(update={"rounds": rounds}),
        standing=it.standing,
        diff=plan_diff(asked.before, after),
        overrides=list(overrides(about, asked.edits, asked.before, after)),
    )


def revise_plan(asked: RevisionAsked, network: Network) -> Revised:
    """Apply what happened, then edits, to a plan, and verify what comes out.

    Raises
    ------
    RevisionRefusedError : an edit makes no sense, or the checker refuses the outcome
    """
    request, base = asked.request, asked.base
    known = {it.accommodation_id for it in [*request.candidates, *base.standing.extra]}
    standing = _with_new_places(base.standing, asked.edits, known)
    whole = request.model_copy(update={"candidates": [*request.candidates, *standing.extra]})
    if asked.day is not None:
        whole, standing = _reported(whole, standing, asked.day, base.answer)
    whole = under_way(whole, standing.facts)
    stints = stints_of(whole, Horizon.of(whole))
    if not stints:
        nobody = FieldError(pointer="/day/absent", detail="Nobody is left to visit anything.")
        raise RevisionRefusedError([nobody])
    told: frozenset[UUID] = frozenset()
    if asked.day is not None:
        told = frozenset(stop.accommodation_id for it in base.answer.rounds for stop in it.stops)
    desk = Desk(whole, stints, measure_ground(whole, stints, network), asked.reason, told)
    draft, touched = _edited(desk, Draft(standing, routes_of(desk, base.answer)), asked)
    return _verified(asked, desk, draft, touched=touched)


def _reported(
    whole: PlanRequest, standing: Standing, day: DayReport, answer: PlanAnswer
) -> tuple[PlanRequest, Standing]:
    """Take in what is reported of the day."""
    teams = {team.id for team in whole.teams}
    visited = {stop.accommodation_id for it in answer.rounds for stop in it.stops}
    places = {it.accommodation_id for it in whole.candidates}
    named = [
        *((f"/day/absent/{at}", it in teams) for at, it in enumerate(day.absent)),
        *((f"/day/late/{at}", it.team_id in teams) for at, it in enumerate(day.late)),
        *((f"/day/closed/{at}", it in places) for at, it in enumerate(day.closed)),
        *((f"/day/done/{at}", it.accommodation_id in visited) for at, it in enumerate(day.done)),
        *(
            (f"/day/no_access/{at}", it.accommodation_id in visited)
            for at, it in enumerate(day.no_access)
        ),
    ]
    wrong = [FieldError(pointer=at, detail=UNKNOWN) for at, is_known in named if not is_known]
    if wrong:
        raise RevisionRefusedError(wrong)
    facts = standing.facts.after(day, answer.rounds, ZoneInfo(whole.timezone))
    locks = still_locked(standing.locks, facts)
    standing = standing.model_copy(update={"facts": facts, "locks": locks})
    return promised(whole, answer.rounds), standing


def _edited(desk: Desk, draft: Draft, asked: RevisionAsked) -> tuple[Draft, dict[int, int]]:
    """Apply the edits in order; say which one touched each round last."""
    touched: dict[int, int] = {}
    for number, edit in enumerate(asked.edits):
        if isinstance(edit, RestoreRevision):
            # What is restored is what this revision begins with.
            continue
        try:
            if asked.day is not None and isinstance(edit, AddVisit):
                # The search finds its place, and makes room.
                draft = replace(draft, standing=draft.standing.add(edit.accommodation_id))
                continue
            draft = edited(desk, draft, edit)
        except EditRefusedError as error:
            at = FieldError(pointer=f"/edits/{number}{error.field}", detail=str(error))
            raise RevisionRefusedError([at]) from error
        touched |= dict.fromkeys(draft.touched, number)
    if asked.day is not None:
        limits = (asked.day.time_limit_s, asked.day.iteration_limit)
        draft = planned_again(desk, draft, *limits)
    return draft, touched


def _with_new_places(standing: Standing, edits: list[PlanEdit], known: set[UUID]) -> Standing:
    extra = list(standing.extra)
    for number, edit in enumerate(edits):
        if not isinstance(edit, AddVisit) or edit.candidate is None:
            continue
        pointer, new = f"/edits/{number}/candidate", edit.candidate
        if new.accommodation_id != edit.accommodation_id:
            detail = "The candidate has another id than the edit."
            raise RevisionRefusedError([FieldError(pointer=pointer, detail=detail)])
        if new.accommodation_id in known:
            detail = "The plan knows this place; add it without `candidate`."
            raise RevisionRefusedError([FieldError(pointer=pointer, detail=detail)])
        known.add(new.accommodation_id)
        extra.append(new)
    return standing.model_copy(update={"extra": extra})


def routes_of(desk: Desk, answer: PlanAnswer) -> Routes:
    """Read the rounds of a plan back as numbers: visits and appointments, in their order."""
    horizon, places = Horizon.of(desk.request), desk.ground.places
    numbers = {
        desk.request.candidates[at].accommodation_id: number
        for number, at in enumerate(places.candidates)
    }
    appointments = {
        (it.stint, horizon.moment(it.start_s)): len(numbers) + number
        for number, it in enumerate(engagements_of(desk.request, places))
    }
    rounds = {(round_.team_id, round_.day): round_ for round_ in answer.rounds}
    routes: Routes = []
    for vehicle, stint in enumerate(desk.stints):
        key = (desk.request.teams[stint.team].id, horizon.date_of(stint.day))
        found = rounds.get(key)
        routes.append([] if found is None else _route_of(found, vehicle, numbers, appointments))
    return routes


def _route_of(
    round_: Round,
    vehicle: int,
    numbers: Mapping[UUID, int],
    appointments: Mapping[tuple[int, datetime], int],
) -> list[int]:
    timed = [(stop.starts_at, numbers.get(stop.accommodation_id)) for stop in round_.stops]
    timed += [
        (it.starts_at, appointments.get((vehicle, it.starts_at))) for it in round_.engagements
    ]
    ordered = sorted(timed, key=lambda item: item[0])
    return [number for _, number in ordered if number is not None]


def _verified(
    asked: RevisionAsked, desk: Desk, draft: Draft, *, touched: Mapping[int, int]
) -> Revised:
    """Let the checker decide, then explain and describe what it accepts."""
    base = asked.base
    request = decided(desk.request, draft.standing)
    wrong = impossibilities(request, ())
    if wrong:
        raise RevisionRefusedError([FieldError(pointer="/edits", detail=it.detail) for it in wrong])
    board, routes = board_of(desk, draft), draft.routes
    broken = list(_broken(desk, board, routes, touched))
    if broken:
        raise RevisionRefusedError(broken)
    solution = verified_by_hand(board, routes)
    if solution.violations:
        raise RevisionRefusedError(
            [
                FieldError(pointer="/edits", detail=f"The plan breaks {it}, {RULES[it]}.")
                for it in sorted({broken.rule for broken in solution.violations})
            ]
        )
    method = base.answer.totals.distance_method
    answer = describe(Solved(asked.plan_id, request, board.problem, solution, desk.ground, method))
    told = told_dropped(answer.unvisited, draft.standing)
    answer = answer.model_copy(update={"unvisited": told, "baselines": base.answer.baselines})
    answer = with_done(answer, asked.before.rounds, draft.standing.facts, request)
    return Revised(answer=answer, standing=draft.standing)


def _broken(
    desk: Desk, board: Board, routes: Routes, touched: Mapping[int, int]
) -> Iterator[FieldError]:
    """Name, for each round that cannot be driven, the rule and the visits it breaks on."""
    horizon, many = Horizon.of(desk.request), len(desk.ground.places.candidates)

    def name(candidate: int) -> str:
        if candidate >= many:
            _, team, at, _ = desk.ground.places.appointments[candidate - many]
            return desk.request.teams[team].appointments[at].title
        place = desk.request.candidates[desk.ground.places.candidates[candidate]]
        return place.name or str(place.accommodation_id)

    for vehicle, route in enumerate(routes):
        pair = first_break(board, vehicle, route)
        if pair is None:
            continue
        before, last = pair
        what = name(last) if before is None else f"{name(last)} after {name(before)}"
        team = desk.request.teams[desk.stints[vehicle].team]
        day = horizon.date_of(desk.stints[vehicle].day)
        rules = "; ".join(
            f"{it}, {RULES[it]}" for it in broken_rules(board.problem, vehicle, route)
        )
        pointer = f"/edits/{touched[vehicle]}" if vehicle in touched else "/edits"
        detail = f"{what}, round of {team.name} on {day}, breaks {rules}."
        yield FieldError(pointer=pointer, detail=detail)


def verified_by_hand(board: Board, routes: Routes) -> Solution:
    """Time, explain and check rounds that can be driven."""
    tours, left_out = tours_of(board, routes), explain(board, routes)
    cost = cost_s(board, routes)
    reasons = {it.candidate: it.code for it in left_out}
    violations = check(board.problem, tours, reasons, cost)
    bound_s = lower_bound_s(board)
    return Solution(tours, tuple(left_out), cost, "by hand", tuple(violations), (), bound_s)
