"""The picture of how long anomalies lasted: a bar for each, told apart without colour."""

import xml.etree.ElementTree as ET
from datetime import date, timedelta
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.severity_marks import SEVERITIES, SHAPES
from inspections.domain.timeline_picture import LONG, Lasted, Span, draw, laid

SVG = "{http://www.w3.org/2000/svg}"
FIRST, LAST = date(2024, 4, 1), date(2026, 3, 31)
DAYS = st.dates(date(2022, 1, 1), LAST)
NAMES = st.text(max_size=20)


def span(language="en"):
    return Span(FIRST, LAST, language)


def bars_of(svg):
    return [it for it in svg.findall(f"{SVG}g") if (it.get("class") or "").startswith("bar")]


@st.composite
def lasted(draw_from):
    since = draw_from(DAYS)
    until = draw_from(st.none() | st.dates(since, LAST))
    return Lasted(
        draw_from(st.sampled_from(["Pests", "<b>&", "=1+1"])),
        draw_from(NAMES),
        draw_from(st.sampled_from([None, "12", "<&>"])),
        draw_from(st.integers(1, 4)),
        since,
        until,
    )


@given(st.lists(lasted(), max_size=12))
def test_each_anomaly_of_the_days_shown_is_a_bar_and_none_hides_another(anomalies):
    svg = ET.fromstring(draw(anomalies, span()))

    shown = [it for it in anomalies if it.until is None or it.until >= FIRST]
    assert len(bars_of(svg)) == len(shown)
    assert not list(svg.iter(f"{SVG}script"))
    texts = [it.text for it in svg.findall(f"{SVG}text")]
    assert {it.category for it in shown} <= set(texts)
    rows = sorted(laid(shown, span()), key=lambda it: it[1])
    for _, row in groupby(rows, key=lambda it: it[1]):
        in_order = sorted((it for it, _ in row), key=lambda it: it.since)
        for before, after in pairwise(in_order):
            assert span().x(before.until or LAST) <= span().x(after.since) - 6


@pytest.mark.parametrize("language", ["fr", "en"])
def test_severity_is_a_shape_and_a_word_how_long_is_thickness_and_standing_is_dashes(language):
    found = date(2026, 1, 5)
    anomalies = [
        Lasted("A", "short", None, 1, found, found + LONG),
        Lasted("A", "long", "12", 2, found, found + LONG + timedelta(days=1)),
        Lasted("B", "stands", None, 3, date(2020, 1, 1), None),
        Lasted("B", "new", None, 4, LAST, None),
        Lasted("B", "before", None, 4, date(2020, 1, 1), date(2020, 2, 1)),
    ]

    svg = ET.fromstring(draw(anomalies, span(language)))

    bars = {it.find(f"{SVG}title").text.split(" : ")[0].split(":")[0]: it for it in bars_of(svg)}
    room = {"fr": "chambre 12", "en": "room 12"}[language]
    assert sorted(bars) == sorted(["short", f"long ({room})", "stands", "new"])
    lines = {name: it.findall(f"{SVG}line") for name, it in bars.items()}
    thick = {name: float(it[0].get("stroke-width")) for name, it in lines.items()}
    assert thick["short"] == thick["new"] < thick["stands"] == thick[f"long ({room})"]
    dashed = {name for name, it in lines.items() if any(x.get("stroke-dasharray") for x in it)}
    assert dashed == {"stands", "new"}
    # Grey: what tells severities apart is the outline, four of them.
    drawn = [it.find(f"{SVG}path").get("d") for it in bars.values()]
    assert len(set(drawn)) == 4
    assert set(drawn) == set(SHAPES[1:])
    words = {it.text for it in svg.findall(f"{SVG}text")}
    assert {f"{n} – {SEVERITIES[language][n]}" for n in range(1, 5)} <= words
    assert {"0/2", "2/2"} <= words


def test_a_screen_reader_is_told_what_the_bars_show():
    anomalies = [
        Lasted("Pests", "Bedbugs", None, 2, date(2026, 1, 1), date(2026, 1, 31)),
        Lasted("Pests", "Mice", None, 2, date(2026, 3, 1), None),
    ]

    svg = ET.fromstring(draw(anomalies, span()))

    assert svg.get("role") == "img"
    title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert svg.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    assert "2, of which 1 still there" in title.text
    assert "Pests: 2, of which 1 still there, the longest 30 d." in desc.text


@pytest.mark.parametrize(("first", "lines"), [(date(2026, 3, 1), 1), (date(2006, 4, 1), 10)])
def test_the_axis_names_months_that_do_not_run_together(first, lines):
    svg = ET.fromstring(draw([], Span(first, LAST, "fr")))

    named = [it.text for it in svg.findall(f"{SVG}text") if (it.text or "").startswith("20")]
    assert len(named) == lines
    assert "Aucune anomalie" in svg.find(f"{SVG}desc").text
