import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.pace import Pace, Timed, learn_pace

SUPPOSED = Pace(fixed_min=30.0, room_min=5.0)
NOTHING = Timed(0, 0.0, 0.0, 0.0, 0.0)


def timed(*visits: tuple[float, float]) -> Timed:
    """Sum visits given as rooms seen by each member of the team, and minutes."""
    return Timed(
        len(visits),
        sum(rooms for rooms, _ in visits),
        sum(rooms * rooms for rooms, _ in visits),
        sum(minutes for _, minutes in visits),
        sum(rooms * minutes for rooms, minutes in visits),
    )


def test_without_a_timed_visit_the_pace_is_as_supposed() -> None:
    assert learn_pace(NOTHING, SUPPOSED) == SUPPOSED


def test_many_timed_visits_are_believed() -> None:
    seen = timed(*[(rooms, 15 + 8 * rooms) for rooms in range(1, 11)] * 200)

    assert learn_pace(seen, SUPPOSED) == Pace(
        fixed_min=pytest.approx(15, abs=0.2), room_min=pytest.approx(8, abs=0.1)
    )


def test_one_odd_visit_hardly_changes_what_is_supposed() -> None:
    pace = learn_pace(timed((5.0, 240.0)), SUPPOSED)

    assert 30 < pace.fixed_min < 60
    assert pace.room_min == pytest.approx(5, abs=0.5)


@pytest.mark.parametrize(
    ("visits", "zero"),
    [([(1.0, 400.0), (9.0, 20.0)], "room_min"), ([(1.0, 3.0), (9.0, 400.0)], "fixed_min")],
)
def test_neither_part_of_a_visit_takes_less_than_no_time(visits, zero) -> None:
    pace = learn_pace(timed(*visits * 100), SUPPOSED)

    assert getattr(pace, zero) == 0
    assert pace.fixed_min + pace.room_min > 0


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(3, 480)), max_size=60))
def test_a_pace_is_never_negative_and_never_longer_than_the_longest_visit(visits) -> None:
    pace = learn_pace(timed(*visits), SUPPOSED)

    assert pace.fixed_min >= 0
    assert pace.room_min >= 0
    assert pace.fixed_min <= 1000
