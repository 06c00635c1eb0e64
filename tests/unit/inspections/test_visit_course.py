from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.visit_course import (
    StepError,
    TimesError,
    allowed_actions,
    check_step,
    check_times,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATES = ["planned", "en_route", "cancelled", "done", "refused", "closed", "nobody_there"]


@given(st.sampled_from(STATES), st.sampled_from(["planned", "en_route", "cancelled"]))
def test_a_step_is_taken_exactly_where_it_is_told_to_be_allowed(state: str, to: str) -> None:
    if state == to:
        assert not check_step(state, to, None)
    elif to in allowed_actions(state):
        assert check_step(state, to, "a reason")
    else:
        with pytest.raises(StepError, match=f"is {state}"):
            check_step(state, to, "a reason")


@given(st.lists(st.sampled_from(["planned", "en_route", "cancelled"]), max_size=12))
def test_no_walk_leads_out_of_a_cancelled_visit(steps: list[str]) -> None:
    state = "planned"
    for to in steps:
        was = state
        try:
            if check_step(state, to, "a reason"):
                state = to
        except StepError:
            assert was == "cancelled"
        assert was != "cancelled" or state == "cancelled"


def test_cancelling_needs_a_reason() -> None:
    with pytest.raises(StepError, match="reason"):
        check_step("planned", "cancelled", None)


def test_a_finished_visit_may_still_be_timed_and_a_cancelled_one_not() -> None:
    assert allowed_actions("done") == ["times"]
    assert allowed_actions("cancelled") == []
    assert "inspect" in allowed_actions("en_route")


@pytest.mark.parametrize(
    ("started", "ended", "field"),
    [
        (NOW + HOUR, None, "started_at"),
        (NOW - HOUR, NOW + HOUR, "ended_at"),
        (NOW - HOUR, NOW - HOUR, "ended_at"),
        (NOW - HOUR, NOW - 2 * HOUR, "ended_at"),
        (NOW - 30 * HOUR, NOW - HOUR, "ended_at"),
    ],
)
def test_times_no_visit_can_have_are_refused(started, ended, field) -> None:
    with pytest.raises(TimesError) as refused:
        check_times(started, ended, NOW)

    assert refused.value.field == field


@pytest.mark.parametrize("ended", [None, NOW])
def test_times_a_visit_can_have_are_taken(ended) -> None:
    check_times(NOW - HOUR, ended, NOW)
