"""The console with 800 places and 50,000 findings: what it shows is what there is.

The demo takes three minutes to make; `RONDE_BENCH_CONSOLE` is the address of one that serves.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
import numpy as np
import pytest
from console_demo import Demo, Visitor, opened, served
from playwright.sync_api import expect

pytestmark = [pytest.mark.large, pytest.mark.timeout(1800)]

GIVEN = os.environ.get("RONDE_BENCH_CONSOLE", "")
SIZE = ["--places", "800", "--years", "8", "--time-limit", "5"]
PLACES, FINDINGS = 800, 50_000
EDGE = 60
# Every mark is drawn where it lies: the canvas tells where.
WATCHED = """
    window.drawn = new Set();
    const translate = CanvasRenderingContext2D.prototype.translate;
    CanvasRenderingContext2D.prototype.translate = function (x, y) {
        if (this.canvas.closest('.leaflet-overlay-pane')) window.drawn.add(`${x} ${y}`);
        return translate.call(this, x, y);
    };
"""


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with opened(GIVEN) if GIVEN else served(SIZE) as made:
        yield made


@pytest.fixture
def visitor(browser, demo: Demo) -> Iterator[Visitor]:
    made = Visitor(browser, demo)
    made.context.add_init_script(WATCHED)
    made.sign_in()
    yield made
    made.close()
    assert made.troubles == []


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def counted(visitor: Visitor) -> tuple[int, int]:
    """Read how many findings, and at how many places, the page says it shows."""
    shown = visitor.page.locator(".figure dd:first-of-type")
    return number(shown.nth(0).inner_text()), number(shown.nth(1).inner_text())


def listed(visitor: Visitor) -> list[int]:
    """Read the findings of each place in the whole table."""
    more = visitor.page.get_by_role("button", name="Montrer encore")
    if more.count():
        more.click()
    cells = visitor.page.locator(".part:has(h2:text('Lieux')) tbody td.number")
    return [number(it) for it in cells.all_inner_texts()]


def test_all_findings_are_counted_listed_and_on_the_map(visitor: Visitor, demo: Demo):
    told = demo.ask("/history/findings")
    assert told["count"] >= FINDINGS
    visitor.open("#/history")
    found = Counter(told["columns"]["accommodation"])
    assert counted(visitor) == (told["count"], len(found))
    assert sorted(listed(visitor)) == sorted(found.values())
    positions = {it["id"]: it["position"] for it in _all(demo, "/accommodations")}
    placed = sum(positions.get(told["accommodations"][n]) is not None for n in found)
    drawn = visitor.page.evaluate("window.drawn.size")
    assert placed >= 0.95 * PLACES
    assert 0.97 * placed <= drawn, "those that lie on the same pixel are drawn once"


def _all(demo: Demo, path: str) -> list[Any]:
    items, cursor = [], None
    while True:
        page = demo.ask(path, limit=200, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return items


def test_a_mark_that_is_clicked_leads_to_its_place(visitor: Visitor):
    draw, seen = Random(3), set()
    while len(seen) < 6:
        visitor.open("#/about")
        visitor.open("#/history")
        at = draw.choice(_spots(visitor))
        visitor.page.mouse.move(*at)
        tooltip = visitor.page.locator(".leaflet-tooltip")
        tooltip.wait_for()
        name = tooltip.inner_text().rsplit(" – ", 1)[0]
        visitor.page.mouse.click(*at)
        visitor.page.wait_for_url("**#/places/*")
        expect(visitor.page.locator("h1")).to_have_text(name)
        visitor.settle()
        seen.add(name)


def _spots(visitor: Visitor) -> list[tuple[float, float]]:
    """Find the middles of the marks on the page, from where the canvas draws their corners."""
    visitor.page.locator(".map").scroll_into_view_if_needed()
    visitor.page.evaluate("window.drawn = new Set(); dispatchEvent(new Event('resize'))")
    visitor.page.wait_for_timeout(500)
    drawn, left, top = visitor.page.evaluate(
        """() => {
            const canvas = document.querySelector('.leaflet-overlay-pane canvas');
            const { e, f } = canvas.getContext('2d').getTransform();
            const sharp = canvas.width / parseFloat(canvas.style.width);
            const { x, y } = canvas.getBoundingClientRect();
            return [[...window.drawn], x + e / sharp, y + f / sharp];
        }"""
    )
    box = visitor.page.locator(".map").bounding_box()
    spots = []
    for x, y in ([float(it) for it in text.split()] for text in drawn):
        # A mark is at least seven pixels wide.
        at = left + x + 4, top + y + 4
        right, bottom = box["x"] + box["width"] - EDGE, box["y"] + box["height"] - EDGE
        # Buttons and whose roads they are lie over the edges of the map.
        if box["x"] + EDGE < at[0] < right and box["y"] + EDGE < at[1] < bottom:
            spots.append(at)
    assert len(spots) > PLACES / 2
    return spots


def test_ranges_drawn_over_the_months_agree_with_the_service(visitor: Visitor, demo: Demo):
    told = demo.ask("/history/findings")
    days = np.array(told["columns"]["day"])
    months = (np.datetime64("2000-01-01") + days).astype("datetime64[M]")
    draw = Random(5)
    visitor.open("#/history")
    for _ in range(10):
        chart = visitor.page.locator(".brush .overlay").bounding_box()
        one, other = sorted(draw.uniform(0.02, 0.98) for _ in range(2))
        height = chart["y"] + chart["height"] / 2
        visitor.page.mouse.move(chart["x"] + one * chart["width"], height)
        visitor.page.mouse.down()
        visitor.page.mouse.move(chart["x"] + other * chart["width"], height, steps=5)
        visitor.page.mouse.up()
        visitor.page.wait_for_timeout(100)
        query = httpx.QueryParams(visitor.page.url.partition("#")[2].partition("?")[2])
        since = np.datetime64(query.get("from", str(months.min())))
        until = np.datetime64(query.get("to", str(months.max())))
        within = (months >= since) & (months <= until)
        places = len(set(np.array(told["columns"]["accommodation"])[within].tolist()))
        assert counted(visitor) == (int(within.sum()), places), query
        assert sum(listed(visitor)) == int(within.sum())


def test_twenty_selections_agree_with_plain_code(visitor: Visitor, demo: Demo):
    told = demo.ask("/history/findings")
    severity = np.array(told["columns"]["severity"])
    category = np.array(told["categories"])[np.array(told["columns"]["item"])]
    draw = Random(7)
    seen = set()
    for _ in range(20):
        severities = draw.sample([1, 2, 3, 4], draw.randrange(1, 4))
        categories = draw.sample(sorted(set(told["categories"])), draw.randrange(1, 5))
        chosen = [("severity", it) for it in severities] + [("category", it) for it in categories]
        visitor.open("#/about")
        visitor.open(f"#/history?{httpx.QueryParams(chosen)}")
        expected = int((np.isin(severity, severities) & np.isin(category, categories)).sum())
        assert counted(visitor)[0] == expected, chosen
        seen.add(expected)
    assert len(seen) > 10


def test_the_busiest_place_shows_each_finding_of_each_visit(visitor: Visitor, demo: Demo):
    told = demo.ask("/history/findings")
    (busiest, findings), *_ = Counter(told["columns"]["accommodation"]).most_common(1)
    place = told["accommodations"][busiest]
    assert findings > 300
    matrix = demo.ask(f"/accommodations/{place}/matrix")
    visitor.open(f"#/places/{place}")
    assert visitor.page.locator(".matrix .row path").count() == sum(
        it["findings"] > 0 for it in matrix["cells"]
    )
    assert sum(it["findings"] for it in matrix["cells"]) == findings
    twin = visitor.page.locator(".part:has(.matrix) .twin")
    twin.locator("summary").click()
    expect(twin.locator("tbody tr")).to_have_count(len(matrix["visits"]))
