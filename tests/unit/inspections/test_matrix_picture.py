"""The picture of a matrix holds what the matrix says, and nothing that could run."""

import xml.etree.ElementTree as ET
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.matrix_picture import SEVERITIES, Cell, Column, draw

SVG = "{http://www.w3.org/2000/svg}"
GRADES = st.sampled_from([None, "A", "E"])
COLUMNS = st.lists(st.builds(Column, st.dates(), GRADES), max_size=6)


@given(COLUMNS, st.lists(st.sampled_from(["Nuisibles", "<b>&"]), max_size=4), st.data())
def test_every_cell_is_drawn_once_and_every_text_is_a_text(columns, rows, data):
    places = [(column, row) for column in range(len(columns)) for row in range(len(rows))]
    seen = data.draw(st.lists(st.sampled_from(places), unique=True)) if places else []
    cells = [Cell(*at, data.draw(st.integers(0, 4)), 2) for at in seen]

    svg = ET.fromstring(draw(columns, rows, cells, "fr"))

    wrong = [it for it in cells if it.severity]
    assert len(svg.findall(f"{SVG}path")) == len(wrong)
    assert len(svg.findall(f"{SVG}circle")) == len(cells) - len(wrong)
    texts = [it.text for it in svg.findall(f"{SVG}text")]
    assert [it for it in texts if it in rows] == rows


@pytest.mark.parametrize("language", ["fr", "en"])
def test_severities_and_visits_without_findings_are_said_in_words(language):
    columns = [
        Column(date(2026, 3, 2), "A"),
        Column(date(2026, 4, 2), "E"),
        Column(date(2026, 5, 2), None),
    ]
    cells = [Cell(0, 0, 0, 0), Cell(1, 0, 4, 3), Cell(1, 1, 2, 1)]

    svg = ET.fromstring(draw(columns, ["Nuisibles", "Bâti"], cells, language))

    said = [it.text for it in svg.iter(f"{SVG}title")]
    assert "3" in said[0]
    assert "1" in said[0]
    assert f"4 – {SEVERITIES[language][4]} (3)" in said
    texts = [it.text for it in svg.findall(f"{SVG}text")]
    assert texts.count("✓") == 1, "the visit that saw and found nothing"
    assert texts.count("–") == 1, "the visit that saw nothing"
    assert [it for it in texts if it and "/" in it] == ["1/2", "1/1"]


def test_what_is_found_at_visits_that_follow_each_other_is_joined():
    columns = [Column(date(2026, month, 2), None) for month in (1, 2, 3, 4)]
    cells = [Cell(0, 0, 1, 1), Cell(1, 0, 3, 1), Cell(2, 0, 0, 0), Cell(3, 0, 1, 1)]

    svg = ET.fromstring(draw(columns, ["Nuisibles"], cells, "fr"))

    assert len([it for it in svg.findall(f"{SVG}line") if it.get("stroke-width") == "5"]) == 1
