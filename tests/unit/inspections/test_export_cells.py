from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.export_cells import FORMULA, cell, safe
from inspections.domain.export_labels import headers


@given(st.text())
def test_no_text_begins_as_a_formula_and_none_is_lost(text):
    written = safe(text)

    assert not written.startswith(FORMULA)
    assert written.removeprefix("'") == text or written == text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (-3, -3),
        (2.5, 2.5),
        (date(2026, 3, 2), "2026-03-02"),
        (datetime(2026, 7, 2, 22, 30, tzinfo=UTC), "2026-07-03 00:30:00+02:00"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (["a", "b"], "a, b"),
        (["=a"], "'=a"),
        ("plain", "plain"),
    ],
)
def test_each_kind_of_value_has_its_cell(value, written):
    assert cell(value) == written


def test_titles_are_of_a_language_or_else_the_stable_names():
    names = ["severity", "room"]

    assert headers(names, "fr") == ["Gravité", "Chambre"]
    assert headers(names, "en") == ["Severity", "Room"]
    assert headers(names, None) == names
