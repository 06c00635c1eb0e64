from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.calendar import (
    OpenWindow,
    WeeklyHours,
    day_begins_at,
    local_day,
    public_holidays,
    windows_on,
)
from inspections.domain.candidates import PlaceState, VisitPolicy, rooms_to_see, visit_need
from inspections.domain.grading import Grade
from inspections.domain.pace import Pace

MONDAY = date(2026, 3, 2)
WEEK = [MONDAY + timedelta(days=n) for n in range(5)]
POLICY = VisitPolicy()


def place(
    rooms: int = 20,
    last_visit_on: date | None = None,
    grade: Grade | None = None,
    reinspect_by: date | None = None,
) -> PlaceState:
    return PlaceState(rooms, (), last_visit_on, grade, reinspect_by)


@pytest.mark.parametrize(
    ("rooms", "seen"), [(1, 1), (2, 2), (3, 3), (4, 3), (9, 5), (20, 7), (100, 15), (5000, 107)]
)
def test_the_sample_of_rooms_grows_as_the_square_root(rooms: int, seen: int) -> None:
    assert rooms_to_see(rooms) == seen


@given(st.integers(1, 5000))
def test_the_sample_is_never_larger_than_the_place_and_never_empty(rooms: int) -> None:
    assert 1 <= rooms_to_see(rooms) <= rooms


def test_a_place_never_visited_is_due_now_but_is_no_must() -> None:
    need = visit_need(place(), WEEK, POLICY)

    assert need.due_on == MONDAY
    assert need.must_reason is None
    assert need.kind == "routine"
    assert need.due_reason.en == "Never visited"
    assert (need.rooms_to_see, need.fixed_min, need.person_min) == (7, 30.0, 35.0)
    assert len(need.windows) == 5


def test_a_critical_finding_whose_delay_ends_within_the_days_is_a_must() -> None:
    friday = WEEK[-1]
    found = place(last_visit_on=friday - timedelta(days=1), grade=Grade.D, reinspect_by=friday)

    need = visit_need(found, WEEK, POLICY)

    assert need.due_on == friday
    assert need.must_reason is not None
    assert need.must_reason.fr == "Anomalie critique à revoir au plus tard le 2026-03-06"
    assert need.must_reason.en == "Critical finding to be seen again by 2026-03-06"


@pytest.mark.parametrize(("days", "must"), [(-2, True), (4, True), (5, False)])
def test_a_place_never_entered_has_the_deadline_of_what_was_seen_outside(
    days: int, must: bool
) -> None:
    reinspect_by = MONDAY + timedelta(days=days)

    need = visit_need(place(reinspect_by=reinspect_by), WEEK, POLICY)

    assert need.due_on == min(MONDAY, reinspect_by)
    assert (need.must_reason is not None) is must
    assert need.kind == "reinspection"


def test_a_critical_finding_due_after_the_days_can_wait() -> None:
    later = WEEK[-1] + timedelta(days=1)
    found = place(last_visit_on=WEEK[-1], grade=Grade.D, reinspect_by=later)

    need = visit_need(found, WEEK, POLICY)

    assert need.due_on == later
    assert need.must_reason is None
    assert need.kind == "reinspection"


@pytest.mark.parametrize(("late_days", "must"), [(30, False), (31, True)])
def test_a_place_is_a_must_once_it_is_late_beyond_the_limit(late_days: int, must: bool) -> None:
    visited = MONDAY - timedelta(days=180 + late_days)

    need = visit_need(place(last_visit_on=visited, grade=Grade.A), WEEK, POLICY)

    assert (need.must_reason is not None) is must
    if need.must_reason:
        assert need.must_reason.fr == "Visite en retard de 31 jours"
        assert need.must_reason.en == "Visit overdue by 31 days"


def test_asking_for_no_day_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        visit_need(place(), [], POLICY)


def test_local_hours_become_utc_and_follow_summer_time() -> None:
    hours = (WeeklyHours(7, time(10), time(12)),)

    before, after = windows_on(hours, [date(2026, 3, 29), date(2026, 3, 22)])

    assert before.opens_at == datetime(2026, 3, 22, 9, tzinfo=UTC)
    assert after == OpenWindow(
        datetime(2026, 3, 29, 8, tzinfo=UTC), datetime(2026, 3, 29, 10, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("day", "begins_at"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 30), datetime(2026, 3, 29, 22, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_local_midnight(day: date, begins_at: datetime) -> None:
    assert day_begins_at(day) == begins_at


def test_hours_that_touch_or_overlap_become_one_window() -> None:
    hours = (
        WeeklyHours(1, time(14), time(16)),
        WeeklyHours(1, time(9), time(12)),
        WeeklyHours(1, time(15), time(15, 30)),
        WeeklyHours(1, time(16), time(17)),
    )

    morning, afternoon = windows_on(hours, [MONDAY])

    assert (morning.opens_at.hour, morning.closes_at.hour) == (8, 11)
    assert (afternoon.opens_at.hour, afternoon.closes_at.hour) == (13, 16)


def test_nobody_is_visited_on_a_public_holiday() -> None:
    easter_monday = date(2026, 4, 6)

    days = [easter_monday, easter_monday + timedelta(days=1)]

    assert [local_day(w.opens_at) for w in windows_on((), days)] == days[1:]


@pytest.mark.parametrize(
    ("year", "monday"),
    [
        (1981, date(1981, 4, 20)),
        (2000, date(2000, 4, 24)),
        (2024, date(2024, 4, 1)),
        (2025, date(2025, 4, 21)),
        (2026, date(2026, 4, 6)),
        (2038, date(2038, 4, 26)),
    ],
)
def test_moving_holidays_follow_easter(year: int, monday: date) -> None:
    expected = {monday, monday + timedelta(days=38), monday + timedelta(days=49)}

    assert expected <= public_holidays(year)
    assert date(year, 7, 14) in public_holidays(year)
    assert len(public_holidays(year)) == 11


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match="closes must be later than opens"):
        WeeklyHours(1, time(18), time(9))


def test_the_pace_of_a_kind_of_visit_is_used_where_one_was_learned() -> None:
    policy = VisitPolicy(learned={"reinspection": Pace(fixed_min=12.0, room_min=3.5)})

    again = visit_need(place(reinspect_by=MONDAY), WEEK, policy)
    routine = visit_need(place(), WEEK, policy)

    assert (again.fixed_min, again.person_min) == (12.0, 24.5)
    assert (routine.fixed_min, routine.person_min) == (30.0, 35.0)


@pytest.mark.parametrize(
    ("grade", "reason"),
    [
        (Grade.A, "Grade A: a visit every 180 days at the most"),
        (Grade.D, "Grade D: a visit every 30 days at the most"),
        (None, "The last visit could see nothing"),
    ],
)
def test_the_day_a_place_is_due_has_its_reason(grade: Grade | None, reason: str) -> None:
    need = visit_need(place(last_visit_on=MONDAY, grade=grade), WEEK, POLICY)

    assert need.due_reason.en == reason


def test_a_critical_finding_that_comes_before_the_interval_is_the_reason() -> None:
    need = visit_need(
        place(last_visit_on=MONDAY, grade=Grade.C, reinspect_by=WEEK[1]), WEEK, POLICY
    )

    assert (need.due_on, need.due_reason.en) == (WEEK[1], "Critical finding to be seen again")


def test_a_proposed_reinspection_is_a_duty_of_its_own_and_the_sooner_day_counts():
    friday = WEEK[-1]
    state = PlaceState(20, (), WEEK[0], Grade.A, None, see_again_by=friday)
    sooner = PlaceState(20, (), WEEK[0], Grade.A, WEEK[1], see_again_by=friday)

    need, both = visit_need(state, WEEK, POLICY), visit_need(sooner, WEEK, POLICY)

    assert (need.kind, need.due_on) == ("reinspection", friday)
    assert need.must_reason is not None
    assert need.must_reason.en == f"Re-inspection to be made by {friday.isoformat()}"
    assert (both.due_on, both.due_reason.en) == (WEEK[1], "Critical finding to be seen again")
