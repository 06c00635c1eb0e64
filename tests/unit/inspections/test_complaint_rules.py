from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.complaints import (
    Told,
    is_danger,
    known_until,
    likely_doubles,
    likeness,
    what_it_is,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORDS = st.sampled_from([None, "leak", "mould"])
TOLD = st.builds(
    Told,
    id=st.uuids(),
    category=WORDS,
    item=WORDS,
    room=WORDS,
    text=st.text(max_size=40),
    occurred_at=st.integers(0, 60).map(lambda n: NOON + timedelta(days=n)),
)


def told(number: int, text: str = "Water", **values: object) -> Told:
    known = {"category": None, "item": None, "room": None, "occurred_at": NOON} | values
    return Told(UUID(int=number), text=text, **known)


@given(TOLD, TOLD)
def test_likeness_is_a_share_and_the_same_both_ways(one: Told, other: Told) -> None:
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, other) == likeness(other, one)


def test_complaints_of_two_rooms_or_two_items_are_no_doubles() -> None:
    one = told(1, item="leak", room="12")

    assert likeness(one, told(2, item="leak", room="14")) == 0
    assert likeness(one, told(2, item="mould", room="12")) == 0
    assert likeness(one, told(2, item="leak", room="12")) > 0.9


def test_the_likeliest_double_comes_first_and_never_the_complaint_itself() -> None:
    one = told(1, "Water runs down the wall", item="leak")
    others = [one, told(2, "Something else", item="leak"), told(3, one.text, item="leak")]

    assert [it.id for it in likely_doubles(one, others)] == [UUID(int=3), UUID(int=2)]


@given(st.integers(0, 400))
def test_a_contact_is_never_known_longer_than_the_rule_says(closed_after: int) -> None:
    received_on = date(2026, 1, 1)
    closed_on = received_on + timedelta(days=closed_after)

    day = known_until(received_on, closed_on, open_days=180, closed_days=30)

    assert day <= received_on + timedelta(days=180)
    assert day <= closed_on + timedelta(days=30)
    assert known_until(received_on, None, open_days=180, closed_days=30) >= day


def test_only_the_most_severe_that_nobody_found_unfounded_are_dangers() -> None:
    verdicts = (None, "verified", "unfounded")

    assert [is_danger(4, it) for it in verdicts] == [True, True, False]
    assert not any(is_danger(3, it) for it in verdicts)


def test_a_complaint_is_named_by_codes_and_never_by_free_text() -> None:
    assert what_it_is("gas_co", "safety") == "gas_co"
    assert what_it_is("Madame X sent gaz", "safety") == "safety"
    assert what_it_is(None, "Madame X") == what_it_is() == "complaint"
