"""What cannot be planned is refused before any work, each error with its place in the request."""

from uuid import UUID

import pytest
from plan_answers import STRAIGHT
from plan_requests import MONDAY, at, candidate, place_id, plan_request, scattered, team
from pydantic import ValidationError

from routing.use_cases.request_plan import refuse_impossible
from routing.use_cases.shift_overlaps import people_at_once
from routing.use_cases.solve_plan import solve_request
from shared.contracts.routing.plans import PlanRequest
from shared.problems import Problem

PLAN = UUID("00000000-0000-4000-8000-00000000000d")


def _far(day: str, offset: str) -> dict[str, str]:
    return {"starts_at": f"{day}T09:00:00{offset}", "ends_at": f"{day}T17:00:00{offset}"}


@pytest.mark.parametrize(
    "change",
    [{"seed": 2**31 + 1}, {"teams": [team(max_travel_min=1441)]}],
)
def test_numbers_no_solver_can_take_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="less than or equal"):
        PlanRequest.model_validate(plan_request(**change))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"starts_on": "9999-12-31"}, "/starts_on"),
        ({"starts_on": "0001-01-01"}, "/starts_on"),
        ({"teams": [team(shifts=[_far("0001-01-01", "+14:00")])]}, "/teams/0/shifts/0"),
        ({"teams": [team(shifts=[_far("9999-12-31", "-12:00")])]}, "/teams/0/shifts/0"),
        (
            {
                "candidates": [
                    candidate(
                        1,
                        2.36,
                        48.88,
                        windows=[
                            {
                                "opens_at": "0001-01-01T00:00:00+14:00",
                                "closes_at": "9999-12-31T23:00:00-12:00",
                            }
                        ],
                    )
                ]
            },
            None,
        ),
    ],
)
def test_the_ends_of_the_calendar_are_no_days_of_a_plan(
    change: dict[str, object], pointer: str | None
) -> None:
    request = PlanRequest.model_validate(plan_request(**change))
    if pointer is None:
        refuse_impossible(request, ("93",))
        solved = solve_request(request, STRAIGHT, PLAN)
        assert solved.problem.windows == (((0, 86_400),),)
        return
    with pytest.raises(Problem) as refusal:
        refuse_impossible(request, ("93",))
    assert [error.pointer for error in refusal.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        (
            {
                "candidates": scattered(3600),
                "teams": [team(str(number), days=10) for number in range(28)],
                "days": 10,
            },
            "/candidates",
        ),
        ({"teams": [team(), team()]}, "/teams/0/id"),
        ({"candidates": [candidate(1, 2, 48), candidate(1, 2, 48)]}, "/candidates/0/accomm"),
        ({"teams": [team(days=2)]}, "/teams/0/shifts/1"),
        ({"teams": [team(shifts=[team()["shifts"][0]] * 2)]}, "/teams/0/shifts/1"),
        (
            {"teams": [team(shifts=[{"starts_at": at(MONDAY, 9), "ends_at": at(MONDAY, 8)}])]},
            "/teams/0/shifts/0",
        ),
        ({"teams": [team(lunch={"earliest_min": 800, "latest_min": 700})]}, "/teams/0/lunch"),
        (
            {
                "candidates": [
                    candidate(
                        1, 2, 48, windows=[{"opens_at": at(MONDAY, 9), "closes_at": at(MONDAY, 8)}]
                    )
                ]
            },
            "/candidates/0/windows/0",
        ),
        ({"candidates": [candidate(1, 2, 48, territory="75")]}, "/candidates/0/territory"),
    ],
)
def test_a_request_that_cannot_be_planned_is_refused_where_it_is_wrong(
    change: dict[str, object], pointer: str
) -> None:
    request = PlanRequest.model_validate(plan_request(**change))
    with pytest.raises(Problem) as refusal:
        refuse_impossible(request, ("93",))
    assert refusal.value.status == 422
    assert refusal.value.errors[0].pointer.startswith(pointer)


def _shift(begin: float, end: float) -> dict[str, str]:
    return {"starts_at": at(MONDAY, begin), "ends_at": at(MONDAY, end)}


@pytest.mark.parametrize(
    ("teams", "pointers", "words"),
    [
        ([team(shifts=[_shift(20, 28), _shift(25, 30)])], ["/teams/0/shifts/1"], "one round"),
        (
            [
                team("Nord", inspector_ids=[place_id(1)]),
                team("Sud", inspector_ids=[place_id(2), place_id(1)]),
            ],
            ["/teams/1/shifts/0"],
            place_id(1),
        ),
        (
            [
                team("Nord", inspector_ids=[place_id(1)], shifts=[_shift(9, 13)]),
                team("Sud", inspector_ids=[place_id(1)], shifts=[_shift(13, 17)]),
            ],
            [],
            "",
        ),
    ],
)
def test_nobody_is_planned_in_two_rounds_at_once(
    teams: list[dict[str, object]], pointers: list[str], words: str
) -> None:
    request = PlanRequest.model_validate(plan_request(teams=teams, days=2))
    found = list(people_at_once(request))
    assert [error.pointer for error in found] == pointers
    assert all(words in error.detail and "/teams/0/shifts/0" in error.detail for error in found)
    if found:
        with pytest.raises(Problem, match="Make them follow each other"):
            refuse_impossible(request, ())
