"""Lunch in a round, team sizes, and the simpler ways of choosing."""

import numpy as np
import pytest
from planning_cases import DAY, HOUR, line_problem

from routing.domain.baselines import nearest_first, score_order
from routing.domain.board import make_board
from routing.domain.insertion import IMPOSSIBLE
from routing.domain.planner import plan, yardsticks
from routing.domain.problem import (
    UNREACHABLE_S,
    LunchBreak,
    Vehicle,
    merge_windows,
    must_penalty_s,
    objective_s,
)
from routing.domain.schedule import clocks, feasible, keep_feasible, schedule

NOON = LunchBreak(12 * HOUR, 13 * HOUR, 3600)


def test_lunch_is_taken_while_the_place_is_closed() -> None:
    halves = ((9 * HOUR, 12 * HOUR), (14 * HOUR, 17 * HOUR))
    problem = line_problem(
        at_min=[10, 20],
        points=[50, 50],
        windows=[halves, halves],
        vehicles=(Vehicle(0, 0, 0, 0, 10 * HOUR, 16 * HOUR, NOON),),
        service_min=100,
    )
    tour = schedule(make_board(problem), 0, [0, 1])
    assert tour.lunch_s == (12 * HOUR, 13 * HOUR)
    assert [visit.start_s for visit in tour.visits] == [10 * HOUR + 600, 14 * HOUR]


def test_a_round_that_leaves_no_hour_for_lunch_cannot_be_driven() -> None:
    problem = line_problem(
        at_min=[10],
        points=[50],
        vehicles=(Vehicle(0, 0, 0, 0, 11 * HOUR, 15 * HOUR, NOON),),
        windows=[((11.5 * HOUR, 14 * HOUR),)],
        service_min=150,
    )
    board = make_board(problem)
    assert clocks(board, 0, [0]) is None
    assert keep_feasible(board, [[0]]) == [[]]


def test_lunch_before_the_first_visit_is_part_of_the_round() -> None:
    problem = line_problem(
        at_min=[10],
        points=[50],
        vehicles=(Vehicle(0, 0, 0, 0, 12 * HOUR, 17 * HOUR, NOON),),
        windows=[((13 * HOUR, 16 * HOUR),)],
        service_min=150,
    )
    tour = schedule(make_board(problem), 0, [0])
    assert tour.lunch_s is not None
    assert tour.leave_s <= tour.lunch_s[0]
    assert tour.lunch_s[1] <= tour.visits[0].start_s


def test_a_team_waits_at_home_rather_than_at_the_door() -> None:
    problem = line_problem(
        at_min=[10],
        points=[50],
        windows=[((11 * HOUR, 13 * HOUR),)],
        vehicles=(Vehicle(0, 0, 0, 0, 8 * HOUR, 17 * HOUR),),
    )
    tour = schedule(make_board(problem), 0, [0])
    assert (tour.leave_s, tour.visits[0].arrive_s) == (11 * HOUR - 600, 11 * HOUR)


def test_a_visit_that_does_not_fit_goes_before_a_dearer_one() -> None:
    problem = line_problem(
        at_min=[10, 10, 10],
        points=[20, 90, 40],
        vehicles=(Vehicle(0, 0, 0, 0, 9 * HOUR, 12 * HOUR),),
    )
    assert keep_feasible(make_board(problem), [[0, 1, 2]]) == [[1, 2]]


def test_opening_hours_that_touch_are_one_window() -> None:
    assert merge_windows([(50, 60), (10, 20), (20, 30), (25, 27)]) == ((10, 30), (50, 60))


def test_a_must_visit_outweighs_a_day_of_optional_ones_and_stays_finite() -> None:
    problem = line_problem(at_min=[10, 500], points=[100, 5])
    travel = problem.travel_s.copy()
    travel[0, 1] = UNREACHABLE_S
    assert must_penalty_s(problem.penalty_s, travel) == 200_000
    assert must_penalty_s(problem.penalty_s * 10, travel) == 20 * 60_000


def test_a_must_visit_is_worth_more_than_all_the_points_its_day_could_hold() -> None:
    short_visits = line_problem(at_min=[1] * 45, points=[100] * 45)
    values, travel = short_visits.penalty_s, short_visits.travel_s
    assert must_penalty_s(values, travel) > int(values.sum())
    dearest_of_all = np.full(5000, 360_900)
    assert must_penalty_s(dearest_of_all, travel) * 3 < IMPOSSIBLE


def test_an_unreachable_place_stays_out_and_the_rest_is_planned() -> None:
    problem = line_problem(at_min=[10, 20], points=[90, 90])
    problem.travel_s[:, 1] = UNREACHABLE_S
    solution = plan(problem, time_limit_s=2.2)
    assert [left.code for left in solution.left_out] == ["TOO_FAR_OR_WINDOW"]
    assert solution.violations == ()


def test_score_order_takes_the_dearest_first_and_never_looks_at_the_road() -> None:
    problem = line_problem(
        at_min=[60, 5, 10],
        points=[90, 50, 40],
        vehicles=(
            Vehicle(0, 0, 0, 0, 9 * HOUR, 13 * HOUR),
            Vehicle(0, 1, 0, 0, DAY + 9 * HOUR, DAY + 13 * HOUR),
        ),
        windows=[((8 * HOUR, 18 * HOUR), (DAY + 8 * HOUR, DAY + 18 * HOUR))] * 3,
    )
    assert score_order(make_board(problem)) == [[0, 1], [2]]


def test_nearest_first_goes_from_door_to_door() -> None:
    problem = line_problem(at_min=[60, 5, 10], points=[90, 50, 40])
    assert nearest_first(make_board(problem)) == [[1, 2, 0]]


@pytest.mark.parametrize("name", ["score_order", "nearest_first"])
def test_a_yardstick_obeys_the_same_rules_and_is_not_better(name: str) -> None:
    problem = line_problem(at_min=[60, 5, 10, 90, 33], points=[90, 50, 40, 80, 10])
    board = make_board(problem)
    tours = {stick.name: stick.tours for stick in yardsticks(board)}[name]
    route = [visit.candidate for visit in tours[0].visits]
    assert feasible(board, 0, route)
    assert plan(problem, time_limit_s=0.3).objective_s <= objective_s(problem, [route])
