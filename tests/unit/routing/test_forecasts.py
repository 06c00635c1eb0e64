"""What would be: other means for a plan, and the weeks to come held against a simulation."""

from datetime import date, timedelta

import numpy as np
import pytest
from plan_answers import PLAN, STRAIGHT
from plan_edits import EditedPlan
from plan_requests import MONDAY, at, candidate, place_id, scattered, team
from pydantic import ValidationError

from routing.use_cases.foresee_coverage import foresee_coverage
from routing.use_cases.revise_plan import RevisionRefusedError
from routing.use_cases.try_changes import TrialAsked, try_changes
from shared.contracts.routing.forecasts import CoverageRequest, Trial, TrialRequest


def tried(plan: EditedPlan, **changes: object) -> Trial:
    wanted = TrialRequest.model_validate({"iteration_limit": 400, **changes})
    asked = TrialAsked(
        plan_id=PLAN,
        revision=len(plan.revisions) - 1,
        request=plan.request,
        base=plan.revisions[-1],
        changes=wanted,
    )
    return try_changes(asked, STRAIGHT)


def _plan() -> EditedPlan:
    evening = [{"opens_at": at(MONDAY, 9), "closes_at": at(MONDAY, 21)}]
    places = scattered(16, fixed_min=60, windows=evening)
    return EditedPlan(candidates=places, teams=[team("Nord")], days=1)


def test_another_team_and_longer_shifts_bring_visits_and_hours_and_change_nothing() -> None:
    plan = _plan()
    before = plan.revisions[-1].model_copy(deep=True)
    for changes in ({"another_like": "nord"}, {"longer_min": 120}):
        found = tried(plan, **changes)
        assert found.before == before.answer.totals
        assert found.diff.visits == found.after.visits - found.before.visits > 0
        assert found.diff.points == pytest.approx(found.after.points - found.before.points)
        assert found.diff.points > 0
        busy_s = [it.travel_s + it.service_s for it in (found.before, found.after)]
        assert found.hours == pytest.approx((busy_s[1] - busy_s[0]) / 3600, abs=0.01)
        assert found.impossible == []
    assert plan.revisions == [before]


def test_a_visit_that_is_forced_pushes_others_out_or_is_said_to_be_impossible() -> None:
    far = candidate(77, 2.44, 48.94, priority_points=0)
    night = candidate(78, 2.36, 48.88, windows=[])
    places = [*scattered(16, fixed_min=60), far, night]
    plan = EditedPlan(candidates=places, teams=[team("Nord")], days=1)
    found = tried(plan, visit=[place_id(77), place_id(78)], iteration_limit=2000)
    assert place_id(77) in [str(it.accommodation_id) for it in found.diff.gained]
    assert [str(it.accommodation_id) for it in found.impossible] == [place_id(78)]
    assert found.impossible[0].code == "CLOSED_OR_DEADLINE"


def test_a_point_worth_less_driving_takes_detours_back() -> None:
    plan = _plan()
    found = tried(plan, minutes_per_point=0.01)
    assert found.diff.visits < 0
    assert found.diff.travel_s < 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"another_like": "x"}, "/another_like"),
        ({"visit": [place_id(999)]}, "/visit/0"),
        ({"longer_min": -480}, "/longer_min"),
    ],
)
def test_what_cannot_be_tried_is_refused(changes: dict[str, object], pointer: str) -> None:
    with pytest.raises(RevisionRefusedError) as refusal:
        tried(_plan(), **changes)
    assert refusal.value.errors[0].pointer == pointer


def test_a_trial_changes_something() -> None:
    with pytest.raises(ValidationError):
        TrialRequest()


def _case(seed: int) -> CoverageRequest:
    rng = np.random.default_rng(seed)
    starts_on = date(2026, 3, 2) + timedelta(days=int(rng.integers(0, 7)))
    places = [
        {
            "accommodation_id": place_id(number),
            "due_on": starts_on + timedelta(days=int(rng.integers(-30, 150))),
            "interval_days": int(rng.integers(1, 120)),
            "visit_min": int(rng.integers(20, 300)),
        }
        for number in range(int(rng.integers(0, 60)))
    ]
    return CoverageRequest(
        starts_on=starts_on,
        weeks=26,
        places=places,
        minutes_by_weekday=[*rng.integers(0, 500, 5).tolist(), 0, int(rng.integers(0, 60))],
        days_off=[starts_on + timedelta(days=int(it)) for it in rng.integers(0, 182, 9)],
        earliest_share=float(rng.choice([0, 0.3, 0.5, 1])),
    )


def _simulated(asked: CoverageRequest) -> tuple[list[tuple[object, ...]], set[tuple[object, ...]]]:
    """Live the weeks day by day, with a diary for each place."""
    due = {it.accommodation_id: it.due_on for it in asked.places}
    rests_until = dict.fromkeys(due, asked.starts_on)
    late: dict[tuple[object, date], date | None] = {}
    weeks, day = [], asked.starts_on
    for _week in range(asked.weeks):
        visits = used = worked = 0
        for _ in range(7):
            left = 0 if day in asked.days_off else asked.minutes_by_weekday[day.weekday()]
            worked += left
            # Equal days keep the order of the request.
            for it in sorted(asked.places, key=lambda it: due[it.accommodation_id]):
                place = it.accommodation_id
                if due[place] < day and (place, due[place]) not in late:
                    late[place, due[place]] = None
                if rests_until[place] <= day and it.visit_min <= left:
                    if due[place] < day:
                        late[place, due[place]] = day
                    visits, used, left = visits + 1, used + it.visit_min, left - it.visit_min
                    wait = max(1, int(asked.earliest_share * it.interval_days))
                    rests_until[place] = day + timedelta(days=wait)
                    due[place] = day + timedelta(days=it.interval_days)
            day += timedelta(days=1)
        behind = sum(it < day for it in due.values())
        weeks.append((visits, used, worked - used, behind))
    found = {
        (place, max(asked.starts_on, since + timedelta(days=1)), visited)
        for (place, since), visited in late.items()
    }
    return weeks, found


@pytest.mark.parametrize("seed", range(20))
def test_the_weeks_to_come_are_those_of_a_day_by_day_simulation(seed: int) -> None:
    asked = _case(seed)
    found = foresee_coverage(asked)
    weeks, late = _simulated(asked)
    told = [(it.visits, it.used_min, it.free_min, it.late_places) for it in found.weeks]
    assert told == weeks
    assert {(it.accommodation_id, it.late_on, it.visited_on) for it in found.late} == late
    assert len(found.late) == len(late)
    assert [it.late_on for it in found.late] == sorted(it.late_on for it in found.late)
