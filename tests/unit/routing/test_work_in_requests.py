"""Limits and prices of work, and preferred hours, from the request to the answer."""

import pytest
from plan_answers import answer, solved, stop_of
from plan_requests import MONDAY, at, candidate, plan_request, scattered, team

from routing.use_cases.request_plan import refuse_impossible
from shared.contracts.routing.plans import PlanRequest
from shared.problems import Problem

DONE = {
    "accommodation_id": "00000000-0000-4000-8000-0000000000f1",
    "team_id": "nord",
    "position": {"lon": 2.36, "lat": 48.87},
    "ended_at": at(MONDAY, 10),
    "travel_s": 600,
    "service_s": 3000,
}
TWO = [team("Nord", days=2), team("Sud", days=2)]


def _open(*hours: tuple[float, float, float | None]) -> list[dict[str, str]]:
    return [
        {"opens_at": at(MONDAY, opens), "closes_at": at(MONDAY, closes)}
        | ({} if until is None else {"preferred_until": at(MONDAY, until)})
        for opens, closes, until in hours
    ]


def test_a_team_works_no_more_than_its_limit_and_the_places_left_say_so() -> None:
    teams = [team("Nord", days=2, max_work_min=180), team("Sud", days=2)]
    plan = answer(candidates=scattered(25), teams=teams)
    work = {it.team_id: it for it in plan.totals.work}
    assert work["nord"].work_s <= 180 * 60 < work["sud"].work_s
    assert work["nord"].shifts_s == 2 * (8.5 * 3600 - 2700)
    assert sum(it.work_s for it in work.values()) == plan.totals.travel_s + plan.totals.service_s
    assert "WORKLOAD_FULL" in {left.code for left in plan.unvisited}
    assert any(rule.startswith("R18") for rule in plan.certificate.rules)


def test_what_is_done_counts_for_the_limit_of_work() -> None:
    it = solved(days=1, teams=[team(max_work_min=90)], now=at(MONDAY, 11), done=[DONE])
    assert it.problem.workload.done_s.tolist() == [3600]
    # Ninety minutes less the hour done leave no room for a visit of an hour.
    assert it.solution.tours == ()


def test_a_price_of_uneven_work_evens_it() -> None:
    places = scattered(14)
    plain = answer(candidates=places, teams=TWO, iteration_limit=400, time_limit_s=60)
    even = answer(
        candidates=places,
        teams=TWO,
        minutes_per_uneven_hour=60,
        iteration_limit=400,
        time_limit_s=60,
    )
    assert even.totals.uneven_s < plain.totals.uneven_s
    assert (
        plain.totals.uneven_s == abs(plain.totals.work[0].work_s - plain.totals.work[1].work_s) // 2
    )


def test_late_starts_are_told_and_priced() -> None:
    late = candidate(1, 2.37, 48.88, windows=_open((9, 12, 9.5), (14, 17, None)))
    fixed = {"accommodation_id": late["accommodation_id"], "starts_at": at(MONDAY, 11)}
    asked = {"candidates": [late, candidate(2, 2.36, 48.88)], "days": 1, "locks": [fixed]}
    plan = answer(**asked, minutes_per_late_hour=60)
    assert stop_of(plan, 1)[1].late_s == 5400
    assert stop_of(plan, 2)[1].late_s == 0
    assert plan.totals.late_s == 5400
    free = answer(**asked, minutes_per_late_hour=0)
    assert plan.totals.objective_s == free.totals.objective_s + 5400
    # Left to itself, the plan keeps to the hours preferred.
    assert answer(**{**asked, "locks": []}).totals.late_s == 0


@pytest.mark.parametrize(
    ("windows", "pointer"),
    [
        (_open((9, 12, 13)), "/candidates/0/windows/0/preferred_until"),
        (_open((9, 12, 11), (12, 17, None)), "/candidates/0/windows"),
        (_open((14, 17, None), (9, 15, 10)), "/candidates/0/windows"),
    ],
)
def test_unclear_preferences_are_refused(windows: list[dict[str, str]], pointer: str) -> None:
    request = plan_request(candidates=[candidate(0, 2.36, 48.88, windows=windows)])
    with pytest.raises(Problem) as refused:
        refuse_impossible(PlanRequest.model_validate(request), ())
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_windows_without_preferences_are_merged_beside_others() -> None:
    places = [
        candidate(0, 2.36, 48.88, windows=_open((9, 12, 10), (14, 17, None))),
        candidate(1, 2.36, 48.88, windows=_open((9, 12, None), (12, 17, None))),
    ]
    meeting = {"title": "Réunion", "starts_at": at(MONDAY, 10), "ends_at": at(MONDAY, 11)}
    problem = solved(candidates=places, days=1, teams=[team(appointments=[meeting])]).problem
    assert [len(windows) for windows in problem.windows] == [2, 1, 1]
    assert [len(late) for late in problem.late_after_s] == [2, 1, 1]
    assert problem.late_after_s[0][0] == 10 * 3600
