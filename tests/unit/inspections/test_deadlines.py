from datetime import date, timedelta

import pytest

from inspections.domain.deadlines import Delays, next_due_on, see_again_by
from inspections.domain.grading import Grade

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("grade", "due"),
    [
        (Grade.D, date(2026, 4, 1)),
        (Grade.C, date(2026, 5, 31)),
        (Grade.B, date(2026, 8, 29)),
        (Grade.A, date(2026, 8, 29)),
        (None, DAY),
    ],
)
def test_a_bad_grade_brings_the_next_visit_nearer(grade: Grade | None, due: date) -> None:
    assert next_due_on(DAY, grade) == due


@pytest.mark.parametrize(
    ("reinspect_by", "due"),
    [(date(2026, 3, 3), date(2026, 3, 3)), (date(2026, 4, 2), date(2026, 4, 1))],
)
def test_a_critical_finding_may_bring_the_next_visit_nearer(reinspect_by: date, due: date) -> None:
    assert next_due_on(DAY, Grade.D, reinspect_by=reinspect_by) == due


@pytest.mark.parametrize("days", [-3, 0, 5])
def test_a_visit_that_saw_nothing_keeps_the_deadline_of_an_earlier_one(days: int) -> None:
    reinspect_by = DAY + timedelta(days=days)

    assert next_due_on(DAY, None, reinspect_by=reinspect_by) == min(DAY, reinspect_by)


def test_delays_are_the_organisation_s_to_set() -> None:
    assert next_due_on(DAY, Grade.D, delays=Delays(revisit_d_days=3)) == date(2026, 3, 5)


@pytest.mark.parametrize(("critical", "by"), [(True, date(2026, 3, 5)), (False, date(2026, 3, 16))])
def test_a_danger_is_seen_again_in_three_days_and_the_rest_in_two_weeks(
    critical: bool, by: date
) -> None:
    assert see_again_by(DAY, critical=critical) == by
