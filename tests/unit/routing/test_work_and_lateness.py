"""How work falls on the teams and how late visits start: priced, limited, explained, verified."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import HOUR, OPEN, line_problem, problems
from weighed_plans import every_plan, weighed

from routing.domain.board import make_board
from routing.domain.checker import check
from routing.domain.greedy import greedy
from routing.domain.improve import Until, ruin_and_recreate, sweep
from routing.domain.insertion import IMPOSSIBLE, insertion_costs
from routing.domain.lateness import cost_s
from routing.domain.planner import plan, tours_of, verified
from routing.domain.problem import Problem, ProblemInvalidError, Routes, Vehicle, work_of
from routing.domain.schedule import feasible
from routing.domain.workload import NO_CAP_S, Workload, price_of_more, uneven_s

SEEDS = st.integers(0, 10_000)


def _routes(problem: Problem, tours: object) -> Routes:
    routes: Routes = [[] for _ in problem.vehicles]
    for tour in tours:
        routes[tour.vehicle] = [visit.candidate for visit in tour.visits]
    return routes


def _within(problem: Problem, routes: Routes) -> bool:
    """Say whether no team that drives works too much."""
    teams = {problem.vehicles[v].team for v, route in enumerate(routes) if route}
    work_s = work_of(problem, routes)
    return all(work_s[team] <= problem.workload.most_s[team] for team in teams)


def _two_teams(most_min: int | None, *, permille: int = 0, count: int = 6) -> Problem:
    """Six visits of an hour, ten minutes away each, and two teams on one day."""
    vans = tuple(Vehicle(team, 0, 0, 0, 9 * HOUR, 17 * HOUR) for team in range(2))
    problem = line_problem(
        at_min=[10] * count, points=[60 + at for at in range(count)], vehicles=vans
    )
    most = NO_CAP_S if most_min is None else most_min * 60
    workload = Workload(np.array([most] * 2), np.zeros(2, int), np.array([8 * HOUR] * 2), permille)
    return replace(problem, workload=workload)


@given(problems(), SEEDS)
@settings(max_examples=60, deadline=None)
def test_an_insertion_is_priced_and_limited_as_the_plan_it_makes(drawn: Problem, seed: int) -> None:
    problem = weighed(drawn, seed)
    board = make_board(problem)
    routes = greedy(board)
    assert _within(problem, routes)
    before, work_s = cost_s(board, routes), work_of(problem, routes)
    absent = sorted(set(range(problem.size)) - {place for route in routes for place in route})
    for vehicle, route in enumerate(routes):
        costs = insertion_costs(board, vehicle, route, work_s=work_s)
        for place in absent:
            for at in range(len(route) + 1):
                longer = [*route[:at], place, *route[at:]]
                after = [longer if v == vehicle else other for v, other in enumerate(routes)]
                possible = feasible(board, vehicle, longer) and _within(problem, after)
                assert (costs[place, at] < IMPOSSIBLE) == possible
                if possible:
                    gained = int(problem.penalty_s[place])
                    assert cost_s(board, after) - before + gained == costs[place, at]


def test_a_sweep_whose_time_is_over_inserts_nothing() -> None:
    board = make_board(_two_teams(None))
    assert sweep(board, [[0], []], deadline=0.0) == [[0], []]
    assert sorted(place for route in sweep(board, [[0], []]) for place in route) == list(range(6))


@given(problems(), SEEDS)
@settings(max_examples=60, deadline=None)
def test_a_search_keeps_the_limits_and_knows_what_its_plans_cost(drawn: Problem, seed: int) -> None:
    problem = weighed(drawn, seed)
    board, told = make_board(problem), []
    ruin_and_recreate(
        board,
        greedy(board),
        seed=3,
        on_better=lambda routes, cost: told.append((routes, cost)),
        until=Until(most_steps=300),
    )
    assert all(_within(problem, routes) for routes, _ in told)
    assert all(cost_s(board, routes) == cost for routes, cost in told)


@given(problems(), SEEDS)
@settings(max_examples=60, deadline=None)
def test_every_plan_is_accepted_and_its_reasons_hold(drawn: Problem, seed: int) -> None:
    problem = weighed(drawn, seed)
    solution = plan(problem, time_limit_s=60, most_steps=100)
    assert solution.violations == ()
    assert solution.bound_s <= solution.objective_s
    routes = _routes(problem, solution.tours)
    for left in solution.left_out:
        if left.code == "DETOUR_NOT_WORTH":
            assert left.extra_travel_s >= problem.penalty_s[left.candidate]
        if left.code == "WORKLOAD_FULL":
            over = [_fits_with(problem, routes, left.candidate, more) for more in (-60, 0)]
            assert over == [False, True], left


def _fits_with(problem: Problem, routes: Routes, place: int, seconds: float) -> bool:
    """Say whether a place fits once the teams may work its missing minutes and some more."""
    missing = next(
        it.missing_min
        for it in verified(make_board(problem), "", routes).left_out
        if it.candidate == place
    )
    most_s = problem.workload.most_s + int(missing * 60 + seconds)
    board = make_board(replace(problem, workload=replace(problem.workload, most_s=most_s)))
    one, work_s = np.array([place]), work_of(problem, routes)
    return any(
        insertion_costs(board, vehicle, route, candidates=one, work_s=work_s).min() < IMPOSSIBLE
        for vehicle, route in enumerate(routes)
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_tiny_plan_is_the_best_there_is(seed: int) -> None:
    """All places open every day of two teams, so that the prices decide."""
    random = np.random.default_rng(seed)
    vans = tuple(
        Vehicle(team, 0, 0, 0, 9 * HOUR, int(9 + random.integers(2, 9)) * HOUR) for team in range(2)
    )
    drawn = line_problem(
        at_min=random.integers(-40, 40, 4).tolist(),
        points=random.integers(20, 100, 4).tolist(),
        windows=[((9 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR))] * 4,
        vehicles=vans,
    )
    problem = weighed(drawn, seed, capped=0.3)
    board = make_board(problem)
    best = min(cost_s(board, routes) for routes in every_plan(board) if _within(problem, routes))
    assert plan(problem, time_limit_s=60, most_steps=1500).objective_s == best


def test_a_team_stops_at_its_limit_and_the_place_left_out_says_so() -> None:
    # Each visit is an hour; both teams drive there and back once, twenty minutes.
    solution = plan(_two_teams(200), time_limit_s=60, most_steps=400)
    assert solution.violations == ()
    assert sorted(len(tour.visits) for tour in solution.tours) == [3, 3]
    fuller = plan(_two_teams(199), time_limit_s=60, most_steps=400)
    assert [left.code for left in fuller.left_out] == ["WORKLOAD_FULL"] * 2
    assert {left.missing_min for left in fuller.left_out} == {1.0}
    assert "1 min" in fuller.left_out[0].fr
    assert len(fuller.yardsticks) == 2


def test_a_price_spreads_the_work() -> None:
    # One round for all is cheapest: the second team would drive twenty minutes more.
    assert len(plan(_two_teams(None), time_limit_s=60, most_steps=400).tours) == 1
    even = plan(_two_teams(None, permille=400), time_limit_s=60, most_steps=400)
    assert [len(tour.visits) for tour in even.tours] == [3, 3]
    assert even.violations == ()


def test_work_is_compared_by_the_length_of_the_shifts() -> None:
    half = Workload(np.full(2, NO_CAP_S), np.zeros(2, int), np.array([8 * HOUR, 4 * HOUR]), 1000)
    assert uneven_s(half, np.array([4 * HOUR, 2 * HOUR])) == 0
    assert uneven_s(half, np.array([6 * HOUR, 0])) == 2 * HOUR
    # What the idle team works more makes the plan more even.
    assert price_of_more(half, np.array([6 * HOUR, 0]), 1, np.array([HOUR])).tolist() == [-2400]
    nobody = replace(half, share_s=np.zeros(2, int))
    assert uneven_s(nobody, np.array([HOUR, 0])) == 0
    assert price_of_more(nobody, np.array([HOUR, 0]), 1, np.array([HOUR])).tolist() == [0]


def test_the_checker_sees_work_above_the_limit_and_prices_that_are_left_out() -> None:
    problem = _two_teams(None, permille=1000)
    board, routes = make_board(problem), [[0, 1, 2, 3], []]
    reasons = {4: "X", 5: "X"}
    tours, cost = tours_of(board, routes), cost_s(board, routes)
    assert check(problem, tours, reasons, cost) == []
    plain = cost_s(make_board(replace(problem, workload=None)), routes)
    assert [it.rule for it in check(problem, tours, reasons, plain)] == ["R17"]
    capped = replace(problem.workload, most_s=np.array([4 * HOUR, NO_CAP_S]))
    found = check(replace(problem, workload=capped), tours, reasons, cost)
    assert [it.rule for it in found] == ["R18"]
    late = replace(problem, late_after_s=((9 * HOUR,),) * 6, late_permille=500)
    assert [it.rule for it in check(late, tours, reasons, cost)] == ["R17"]
    assert check(late, tours, reasons, cost_s(make_board(late), routes)) == []


def test_the_checker_sees_a_round_that_carries_too_much() -> None:
    problem = replace(_two_teams(None), load=np.array([2, 2, 2, 0, 0, 0]))
    board, routes = make_board(problem), [[0, 1, 2], []]
    tours, cost = tours_of(board, routes), cost_s(board, routes)
    reasons = dict.fromkeys((3, 4, 5), "X")
    assert check(problem, tours, reasons, cost) == []
    vans = tuple(replace(van, most_load=5) for van in problem.vehicles)
    found = check(replace(problem, vehicles=vans), tours, reasons, cost)
    assert [it.rule for it in found] == ["R19"]
    assert not feasible(make_board(replace(problem, vehicles=vans)), 0, [0, 1, 2])


def test_being_late_is_avoided_where_the_way_is_cheaper() -> None:
    vans = (Vehicle(0, 0, 0, 0, 9 * HOUR, 17 * HOUR),)
    plain = line_problem(at_min=[10, 30], points=[90, 90], vehicles=vans)
    # Coming back from the far place last is as short; the near one would rather be first or last.
    for late_after, first in (((9.5, 17), 0), ((17, 10), 1)):
        late = tuple((int(hour * HOUR),) for hour in late_after)
        problem = replace(plain, late_after_s=late, late_permille=500)
        solution = plan(problem, time_limit_s=60, most_steps=200)
        assert solution.violations == ()
        assert _routes(problem, solution.tours)[0][0] == first
        assert solution.objective_s == HOUR


def test_a_visit_comes_where_its_team_works_less_though_it_is_late_there() -> None:
    """The cheapest position breaks the limit of work; the dearer one behind keeps it, and pays."""
    vans = (Vehicle(0, 0, 0, 0, 9 * HOUR, 17 * HOUR),)
    problem = line_problem(at_min=[10, 10], points=[90, 90], vehicles=vans)
    travel = np.array([[0, 10, 10], [10, 0, 20], [10, 40, 0]]) * 60
    limit = Workload(np.array([160 * 60]), np.zeros(1, int), np.array([8 * HOUR]))
    late = ((17 * HOUR,), (9 * HOUR + 600,))
    problem = replace(
        problem, travel_s=travel, workload=limit, late_after_s=late, late_permille=500
    )
    board = make_board(problem)
    assert sweep(board, [[0]]) == [[0, 1]]
    assert cost_s(board, [[0, 1]]) == (40 + 40) * 60


def test_figures_that_do_not_match_the_places_are_refused() -> None:
    problem = line_problem(at_min=[10], points=[9], windows=[OPEN])
    with pytest.raises(ProblemInvalidError, match="late_after_s"):
        replace(problem, late_after_s=((1, 2),))
    nobody = np.zeros(0, int)
    with pytest.raises(ProblemInvalidError, match="load has the shape"):
        replace(problem, load=np.zeros(2, int))
    with pytest.raises(ProblemInvalidError, match="workload"):
        replace(problem, workload=Workload(nobody, nobody, nobody))
