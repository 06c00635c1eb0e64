"""Cursors: what comes back is what was given, and nothing else is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.paging import decode, encode
from shared.problems import Problem

KEPT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.lists(KEPT, min_size=1, max_size=4))
def test_a_cursor_gives_back_its_keys(keys: list[str]) -> None:
    assert decode(encode(*keys), len(keys)) == keys


@given(st.text(max_size=60))
def test_a_cursor_made_up_is_refused_and_never_crashes(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        decode(cursor, 2)
    assert refused.value.status == 422


def test_the_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(Problem, match="another list"):
        decode(encode("one"), 2)


@pytest.mark.parametrize("key", ["\ud800", "a\0"])
def test_what_no_database_keeps_is_in_no_cursor(key: str) -> None:
    with pytest.raises(Problem, match="as it came"):
        decode(encode(key), 1)
