"""When messages are sent again: ever later, never stormed, heeding who asks for time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.redelivery import AWAY_AFTER, GIVEN_UP_AFTER, is_over, pause, quiet

ATTEMPTS = st.integers(1, 10_000)
SHARE = st.floats(0, 1)


@given(ATTEMPTS, SHARE)
def test_pauses_grow_from_seconds_to_hours(attempts: int, share: float):
    assert timedelta(seconds=5) <= pause(attempts, share=share) <= timedelta(hours=7.2)
    assert pause(attempts, share=0) <= pause(attempts + 1, share=0)


@given(ATTEMPTS, st.floats(0, 1e9))
def test_who_asks_for_time_gets_it_up_to_a_day(attempts: int, asked_for_s: float):
    heeded = min(timedelta(seconds=min(asked_for_s, 1e6)), timedelta(days=1))
    assert pause(attempts, asked_for_s) >= heeded
    assert quiet(attempts, asked_for_s) >= heeded
    assert pause(attempts, asked_for_s) <= timedelta(days=1)


def test_a_message_is_tried_more_than_a_dozen_times_in_its_three_days():
    waited, tries = timedelta(), 0
    while waited < GIVEN_UP_AFTER:
        tries += 1
        waited += pause(tries, share=1)
    assert 12 < tries < 30


def test_a_receiver_is_left_alone_only_once_it_failed_repeatedly_and_never_for_long():
    assert [quiet(it).total_seconds() for it in range(AWAY_AFTER)] == AWAY_AFTER * [0]
    assert quiet(AWAY_AFTER) == timedelta(seconds=5)
    assert quiet(1000) == timedelta(minutes=5)


def test_three_days_are_over_after_three_days():
    queued = datetime(2026, 7, 1, tzinfo=UTC)
    assert not is_over(queued, queued + timedelta(days=2, hours=23))
    assert is_over(queued, queued + timedelta(days=3))
