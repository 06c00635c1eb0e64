"""Who is paged about a danger, and who next."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.escalation import LEVELS, Patience, Shift, next_page, on_call

FRIDAY = datetime(2026, 3, 6, 17, tzinfo=UTC)
MONDAY = FRIDAY + timedelta(days=3)


def shift(level: int, territory: str | None = None) -> Shift:
    return Shift(uuid4(), level, territory, FRIDAY, MONDAY)


def page(shifts: list[Shift], paged: int = 0, now: datetime = FRIDAY):
    return next_page(shifts, territory="75", paged=paged, now=now, patience=Patience())


def test_those_of_the_territory_come_before_those_of_all():
    own, other, everywhere = shift(1, "75"), shift(1, "93"), shift(1)
    assert on_call([everywhere, own, other], 1, "75", FRIDAY) == (own,)
    assert on_call([everywhere, other], 1, "75", FRIDAY) == (everywhere,)


def test_a_shift_begins_with_its_first_moment_and_is_over_with_its_last():
    its = [shift(1)]
    assert on_call(its, 1, "75", FRIDAY - timedelta(seconds=1)) == ()
    assert on_call(its, 1, "75", MONDAY) == ()


def test_a_level_without_anybody_is_passed_over_at_once_and_named():
    second = shift(2)
    found = page([second])
    assert (found.level, found.shifts, found.unmanned) == (2, (second,), (1,))
    assert found.next_at == FRIDAY + timedelta(minutes=30)


def test_after_the_last_level_everybody_is_paged_again():
    its = [shift(1), shift(3)]
    found = page(its, paged=3)
    assert (found.level, found.shifts, found.unmanned) == (3, tuple(its), ())
    assert found.next_at == FRIDAY + timedelta(hours=1)


def test_when_nobody_is_on_call_it_is_tried_again():
    found = page([])
    assert (found.shifts, found.unmanned) == ((), LEVELS)
    assert found.next_at == FRIDAY + timedelta(minutes=30)


shifts = st.lists(
    st.builds(shift, st.sampled_from(LEVELS), st.sampled_from([None, "75", "93"])),
    max_size=6,
)


@given(shifts)
def test_whoever_is_on_call_is_paged_in_the_end_and_nobody_else(its):
    paged, heard = 0, set()
    for _ in LEVELS:
        found = page(its, paged)
        assert found.next_at > FRIDAY
        heard |= {it.id for it in found.shifts}
        paged = found.level if found.shifts else paged
    wanted = {it.id for level in LEVELS for it in on_call(its, level, "75", FRIDAY)}
    assert heard == wanted
    assert all(it.territory in {None, "75"} for it in its if it.id in heard)
