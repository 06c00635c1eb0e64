"""Deadlines in French time: hours on the clock, days to their end, holidays left out."""

import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.calendar import public_holidays
from inspections.domain.deadline_policy import (
    CASES,
    Allowance,
    DeadlinePolicyError,
    Unit,
    parse_policies,
    working_days_after,
)
from inspections.store.deadlines import policies

PARIS = ZoneInfo("Europe/Paris")
TERRITORIES = ["75", "93", "67", "971", "974"]
moments = st.integers(0, 7 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
# The nights of both changes of clock, where a naive sum is an hour wrong.
changes = st.sampled_from(
    [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]
).flatmap(
    lambda day: st.integers(0, 71).map(
        lambda hours: (
            datetime.combine(day, time(), PARIS).astimezone(UTC) + timedelta(hours=hours - 36)
        )
    )
)
any_moment = moments | changes


@given(any_moment, st.integers(1, 200))
def test_hours_are_hours_of_the_clock_on_the_wall_of_no_season(begins_at, hours):
    ends_at = Allowance(hours, Unit.hours).ends_at(begins_at, "75")
    assert ends_at - begins_at == timedelta(hours=hours)


@given(any_moment, st.integers(1, 120), st.sampled_from(TERRITORIES))
def test_days_end_with_the_local_day_whatever_the_clock_did_meanwhile(begins_at, days, territory):
    ends_at = Allowance(days, Unit.days).ends_at(begins_at, territory)
    local = ends_at.astimezone(PARIS)
    assert local.time() == time(23, 59, 59)
    assert local.date() - begins_at.astimezone(PARIS).date() == timedelta(days=days)


@given(any_moment, st.integers(1, 40), st.sampled_from(TERRITORIES))
def test_working_days_are_counted_and_never_end_on_a_closed_day(begins_at, days, territory):
    last = Allowance(days, Unit.working_days).ends_at(begins_at, territory).astimezone(PARIS).date()
    begins_on = begins_at.astimezone(PARIS).date()
    between = (begins_on + timedelta(days=n) for n in range(1, (last - begins_on).days + 1))
    open_days = [
        day
        for day in between
        if day.weekday() < 5 and day not in public_holidays(day.year, territory)
    ]
    assert len(open_days) == days
    assert open_days[-1] == last


@given(any_moment, st.integers(1, 60), st.sampled_from(TERRITORIES))
def test_an_end_moved_to_a_working_day_is_the_first_one_from_there(begins_at, days, territory):
    plain = Allowance(days, Unit.days).ends_at(begins_at, territory)
    moved = Allowance(days, Unit.days, to_working_day=True).ends_at(begins_at, territory)
    last = moved.astimezone(PARIS).date()
    assert timedelta(0) <= moved - plain <= timedelta(days=6)
    assert last.weekday() < 5
    assert last not in public_holidays(last.year, territory)


@given(any_moment, st.integers(0, 5000), st.sampled_from(sorted(policies())))
def test_what_is_found_later_is_never_due_earlier_and_what_is_worse_never_later(
    found_at, minutes, name
):
    policy = policies()[name]
    later = found_at + timedelta(minutes=minutes)

    def due(at, severity, critical=False):
        return policy.due_at(at, severity, critical=critical, territory="75")

    for severity in range(1, 5):
        assert due(found_at, severity) <= due(later, severity)
        assert due(found_at, severity) > found_at
    assert due(found_at, 4) <= due(found_at, 3) <= due(found_at, 2) <= due(found_at, 1)
    assert due(found_at, 1, critical=True) == found_at + timedelta(hours=24)


@pytest.mark.parametrize(
    ("found_at", "due_at"),
    [
        # Spring: the night of 29 March 2026 has 23 hours.
        ("2026-03-28T12:00+01:00", "2026-03-29T13:00+02:00"),
        # Autumn: that of 25 October has 25.
        ("2026-10-24T12:00+02:00", "2026-10-25T11:00+01:00"),
    ],
)
def test_a_danger_is_due_24_hours_later_over_both_changes_of_clock(found_at, due_at):
    found = datetime.fromisoformat(found_at)
    due = policies()["default"].due_at(found, 4, critical=True, territory="75")
    assert due == datetime.fromisoformat(due_at)


@pytest.mark.parametrize(
    ("territory", "due_on"),
    # Found on Tuesday 31 March 2026: Good Friday is the 3rd, Easter Monday the 6th of April.
    [("75", date(2026, 4, 8)), ("67", date(2026, 4, 9))],
)
def test_five_working_days_over_easter_depend_on_the_territory(territory, due_on):
    found = datetime(2026, 3, 31, 9, tzinfo=UTC)
    due = policies()["by_severity"].due_at(found, 3, critical=False, territory=territory)
    assert due.astimezone(PARIS).date() == due_on


def test_thirty_days_that_end_on_a_sunday_end_on_the_next_working_day():
    # 1 + 30 days: Sunday 31 May 2026.
    found = datetime(2026, 5, 1, 9, tzinfo=UTC)
    due = policies()["by_severity"].due_at(found, 2, critical=False, territory="75")
    assert due.astimezone(PARIS).date() == date(2026, 6, 1)


def test_late_in_the_evening_it_is_already_tomorrow_in_paris():
    found = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    due = policies()["default"].due_at(found, 2, critical=False, territory="75")
    assert due.astimezone(PARIS).date() == date(2026, 7, 16)


def test_overseas_and_eastern_holidays_are_known():
    assert date(2026, 5, 22) in public_holidays(2026, "972")
    assert {date(2026, 4, 3), date(2026, 12, 26)} <= public_holidays(2026, "57")
    assert list(islice(working_days_after(date(2026, 12, 24), "68"), 1)) == [date(2026, 12, 28)]


def test_every_policy_that_ships_says_its_source_and_both_labels():
    assert {"default", "by_severity"} <= set(policies())
    for policy in policies().values():
        assert policy.source
        assert policy.label_fr != policy.label_en


ALLOWANCES = {case: {"amount": 1, "unit": "days"} for case in CASES}
POLICY = {"name": "x", "label_fr": "x", "label_en": "x", "source": "x", "allowances": ALLOWANCES}


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ([POLICY | {"allowances": {}}], "must say how long"),
        ([POLICY | {"allowances": None}], "must say how long"),
        ([POLICY, POLICY], "same name"),
        ([POLICY | {"allowances": ALLOWANCES | {"3": {"amount": 0, "unit": "days"}}}], "x', 3"),
        ([POLICY | {"allowances": ALLOWANCES | {"2": {"amount": 1, "unit": "weeks"}}}], "x', 2"),
        ([POLICY | {"allowances": ALLOWANCES | {"1": {"amount": "1", "unit": "days"}}}], "x', 1"),
    ],
)
def test_a_policy_that_cannot_be_says_what_to_change(written, reason):
    with pytest.raises(DeadlinePolicyError, match=reason):
        parse_policies(json.dumps(written))
