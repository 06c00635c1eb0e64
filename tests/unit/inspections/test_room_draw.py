import hashlib
import random
from datetime import date
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.room_draw import (
    DrawReason,
    Room,
    RoomPast,
    chance_of_a_bad_one,
    draw_size,
    ordered,
    rooms_of,
    rooms_to_see,
)

DAY = date(2026, 3, 2)
PASTS = st.builds(
    RoomPast,
    last_seen_on=st.none() | st.just(DAY),
    worst=st.integers(0, 4),
    critical=st.booleans(),
)
ROOMS = st.dictionaries(st.text("0123456789ab", min_size=1, max_size=3), PASTS, max_size=12).map(
    lambda pasts: rooms_of(len(pasts) + 3, (), pasts)
)


@given(ROOMS, st.text(max_size=8))
def test_the_same_seed_draws_the_same_rooms_whatever_their_order(
    rooms: list[Room], seed: str
) -> None:
    shuffled = random.Random(0).sample(rooms, len(rooms))

    assert ordered(shuffled, seed) == ordered(rooms, seed)
    assert sorted(room.key for room in ordered(rooms, seed)) == sorted(it.key for it in rooms)


@given(ROOMS, st.text(max_size=8))
def test_rooms_with_something_wrong_come_first_then_those_never_seen(
    rooms: list[Room], seed: str
) -> None:
    drawn = ordered(rooms, seed)

    steps = [list(DrawReason).index(room.why) for room in drawn]
    assert steps == sorted(steps)
    wrong = [room.past for room in drawn if room.past.worst]
    dangers = [past.critical for past in wrong]
    assert dangers == sorted(dangers, reverse=True)
    for critical in (True, False):
        severities = [past.worst for past in wrong if past.critical is critical]
        assert severities == sorted(severities, reverse=True)


def test_anybody_can_repeat_a_draw_with_sha_256() -> None:
    rooms = rooms_of(4, ["1", "2", "3", "4"], {})

    drawn = [room.label for room in ordered(rooms, "seed")]

    by_hand = sorted("1234", key=lambda it: hashlib.sha256(f"seed:{it}".encode()).hexdigest())
    assert drawn == by_hand


def test_within_a_step_every_room_is_as_likely_to_be_first() -> None:
    rooms = rooms_of(5, [*"abcde"], {})

    first = [ordered(rooms, str(seed))[0].label for seed in range(2000)]

    # Five sigma about the 400 expected.
    assert all(310 < first.count(label) < 490 for label in "abcde")


def test_rooms_the_record_cannot_name_are_counted_by_their_doors() -> None:
    rooms = rooms_of(4, (), {"12": RoomPast(DAY), "7": RoomPast(DAY)})

    assert [(room.label, room.ordinal) for room in rooms] == [
        ("12", None),
        ("7", None),
        (None, 1),
        (None, 2),
    ]
    assert [room.key for room in rooms] == ["12", "7", "#1", "#2"]


def test_declared_rooms_are_the_rooms_even_where_the_record_met_others() -> None:
    pasts = {"old": RoomPast(DAY), "1": RoomPast(DAY, 2)}

    rooms = rooms_of(2, ["1", "2"], pasts)

    assert [(room.label, room.why) for room in rooms] == [
        ("1", DrawReason.open_finding),
        ("2", DrawReason.never_seen),
    ]


@pytest.mark.parametrize(
    ("rooms", "seen"), [(0, 0), (1, 1), (3, 3), (10, 5), (30, 9), (80, 14), (243, 24)]
)
def test_the_sample_grows_as_the_square_root(rooms: int, seen: int) -> None:
    assert rooms_to_see(rooms) == seen


def test_every_room_where_a_danger_stands_is_drawn() -> None:
    dangers = {str(n): RoomPast(DAY, 4, critical=True) for n in range(15)}

    assert draw_size(rooms_of(30, (), dangers)) == 15
    assert draw_size(rooms_of(30, (), {})) == 9


@given(st.integers(1, 60), st.data())
def test_the_chance_of_a_bad_room_is_that_of_drawing_one_by_one(
    rooms: int, data: st.DataObject
) -> None:
    seen = data.draw(st.integers(0, rooms))
    bad = ceil(rooms * 0.2)
    missed = 1.0
    for n in range(seen):
        missed *= max(0, rooms - bad - n) / (rooms - n)

    assert chance_of_a_bad_one(rooms, seen) == pytest.approx(1 - missed)


def test_no_room_holds_no_bad_one() -> None:
    assert chance_of_a_bad_one(0, 0) == 0.0
