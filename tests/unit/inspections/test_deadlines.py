from datetime import date, timedelta

import pytest

from inspections.domain.deadlines import Delays, finding_due_on, next_due_on
from inspections.domain.grading import Grade

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("critical", "due"), [(True, date(2026, 3, 3)), (False, date(2026, 3, 16))]
)
def test_a_danger_is_due_the_next_day_and_the_rest_in_two_weeks(critical: bool, due: date) -> None:
    assert finding_due_on(DAY, critical=critical) == due


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
    assert finding_due_on(DAY, critical=False, delays=Delays(finding_days=3)) == date(2026, 3, 5)
