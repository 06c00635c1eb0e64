"""Each reason for leaving a place out, in the case that calls for it."""

from dataclasses import replace

import numpy as np
import pytest
from planning_cases import DAY, HOUR, LUNCH, line_problem

from routing.domain.board import make_board
from routing.domain.problem import Vehicle
from routing.domain.reasons import explain
from routing.domain.sentences import no_position_sentence, no_time_sentence
from routing.domain.solution import LeftOut

WEEK_LATER = ((8 * DAY, 8 * DAY + 9 * HOUR),)
SHORT = ((10 * HOUR, 10 * HOUR + 1800),)
MORNING = Vehicle(0, 0, 0, 0, 9 * HOUR, 12 * HOUR)


def _reason(routes: list[list[int]], **case: object) -> LeftOut:
    board = make_board(line_problem(**case))
    return explain(board, routes)[0]


@pytest.mark.parametrize(
    ("case", "code", "words"),
    [
        ({"skilled": [[False]]}, "NO_SKILL", "compétences"),
        ({"in_sector": [[False]]}, "NO_SKILL", "secteur"),
        ({"windows": [WEEK_LATER]}, "CLOSED_OR_DEADLINE", "Fermé"),
        ({"windows": [()]}, "CLOSED_OR_DEADLINE", "Fermé"),
        ({"due_s": [8 * HOUR]}, "CLOSED_OR_DEADLINE", "échéance"),
        ({"windows": [SHORT]}, "TOO_FAR_OR_WINDOW", "Trop loin"),
        ({"at_min": [400]}, "TOO_FAR_OR_WINDOW", "Trop loin"),
        ({"points": [30]}, "DETOUR_NOT_WORTH", "80 min"),
    ],
)
def test_a_place_alone_is_left_out_for_its_own_reason(
    case: dict[str, object], code: str, words: str
) -> None:
    left = _reason([[]], **{"at_min": [40], "points": [90], **case})
    assert left.code == code
    assert words in left.fr
    assert left.en


def test_a_detour_says_what_it_costs_and_which_priority_would_pay() -> None:
    left = _reason([[]], at_min=[40], points=[30])
    assert (left.extra_travel_s, left.points_needed) == (4800, 80.0)
    assert "30 min" in left.en


def test_an_announced_place_needs_fewer_points_for_the_same_detour() -> None:
    problem = line_problem(at_min=[40], points=[30])
    board = make_board(replace(problem, penalty_s=problem.penalty_s + 900))
    left = explain(board, [[]])[0]
    # 80 minutes of detour, of which the announcement is worth 15.
    assert (left.extra_travel_s, left.points_needed) == (4800, 65.0)
    assert "annonce" in left.fr
    assert "announcement are worth only 45 min" in left.en
    plain = _reason([[]], at_min=[40], points=[30])
    assert "annonce" not in plain.fr


def test_a_visit_longer_than_the_shift_is_not_said_to_be_far() -> None:
    left = _reason([[]], at_min=[1], points=[90], service_min=200, vehicles=(MORNING,))
    assert left.code == "TOO_FAR_OR_WINDOW"
    assert "200 min" in left.fr
    assert "180 min" in left.en
    assert "loin" not in left.fr


def test_a_must_visit_in_the_way_is_named_as_one() -> None:
    left = _reason(
        [[0]],
        at_min=[10, 10],
        points=[5, 60],
        must=[True, False],
        vehicles=(MORNING,),
        service_min=100,
    )
    assert (left.code, left.displaced) == ("NO_TIME_LEFT", 0)
    assert "une visite obligatoire" in left.fr
    assert "a must-visit" in left.en
    assert "5 points" not in left.en


def test_no_more_minutes_are_missing_than_the_visit_lasts() -> None:
    # The round leaves ten minutes too few for the way alone.
    left = _reason(
        [[0, 1]],
        at_min=[10, 10, -60],
        points=[50, 20, 95],
        vehicles=(MORNING,),
        service_min=60,
    )
    assert (left.candidate, left.code, left.missing_min) == (2, "NO_TIME_LEFT", None)
    short = replace(
        line_problem(at_min=[10, 10, 10], points=[50, 20, 15], vehicles=(MORNING,)),
        service_s=np.array([[4790], [4790], [50]]),
    )
    left = explain(make_board(short), [[0, 1]])[0]
    assert left.missing_min == pytest.approx(50 / 60)


def test_a_full_round_says_how_many_minutes_are_missing_and_who_could_go() -> None:
    # 180 minutes: two visits of 60 and 20 of driving leave 40 where 60 are needed.
    left = _reason([[0, 1]], at_min=[10, 10, 10], points=[50, 20, 15], vehicles=(MORNING,))
    assert (left.candidate, left.code) == (2, "NO_TIME_LEFT")
    assert left.missing_min == 20.0
    assert left.displaced == 1
    assert "20 min" in left.fr


def test_a_driving_limit_reached_has_no_missing_minutes() -> None:
    limited = Vehicle(0, 0, 0, 0, 9 * HOUR, 17 * HOUR, LUNCH, 80 * 60)
    left = _reason([[0]], at_min=[30, 40], points=[50, 60], vehicles=(limited,))
    assert (left.code, left.displaced, left.missing_min) == ("DETOUR_NOT_WORTH", None, None)
    both = Vehicle(0, 0, 0, 0, 9 * HOUR, 17 * HOUR, LUNCH, 65 * 60)
    left = _reason([[0]], at_min=[30, 32], points=[50, 60], vehicles=(both,), service_min=30)
    assert left.code == "DETOUR_NOT_WORTH"
    tight = Vehicle(0, 0, 0, 0, 9 * HOUR, 17 * HOUR, LUNCH, 60 * 60)
    left = _reason([[0]], at_min=[-30, 30], points=[50, 60], vehicles=(tight,))
    assert (left.code, left.missing_min, left.displaced) == ("NO_TIME_LEFT", None, 0)
    assert "conduite" in left.fr


def test_nothing_to_remove_is_not_said_to_help() -> None:
    fr, en = no_time_sentence(12.0, None)
    assert "Retirer" not in fr
    assert "12 min" in en


def test_a_place_off_the_map_says_how_far_the_road_is() -> None:
    assert "2,4 km" in no_position_sentence(2400.0)[0]
    assert "unknown" in no_position_sentence(None)[1]


def test_the_dearest_places_are_explored_first_when_there_are_too_many() -> None:
    count = 2600
    board = make_board(
        line_problem(
            at_min=[10] * count,
            points=list(range(count)),
            vehicles=tuple(Vehicle(team, 0, 0, 0, 9 * HOUR, 9 * HOUR + 4800) for team in range(20)),
        )
    )
    routes = [[place] for place in range(20)]
    left = explain(board, routes)
    assert {it.code for it in left} == {"NO_TIME_LEFT"}
    assert left[-1].missing_min is not None
    assert left[0].missing_min is None


def test_in_a_hurry_the_reasons_are_the_same_with_fewer_figures() -> None:
    board = make_board(line_problem(at_min=[10] * 40, points=[50] * 40, vehicles=(MORNING,)))
    routes = [[0, 1]]
    slow, quick = explain(board, routes), explain(board, routes, hurried=True)
    assert [left.code for left in quick] == [left.code for left in slow] == ["NO_TIME_LEFT"] * 38
    assert all(left.missing_min is not None for left in slow)
    assert sum(left.missing_min is not None for left in quick) == 20
