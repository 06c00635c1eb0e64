"""The console in a browser: every page for everybody, and its figures are the record's."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from shared.postgres import PORT
from shared.serve import read_state

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"
SIZE = ["--places", "120", "--years", "3", "--time-limit", "2", "--port", "0"]
DESKTOP, PHONE = {"width": 1366, "height": 900}, {"width": 390, "height": 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
UNSAID = re.compile(r"\b[a-z]+(_[a-z]+)*(\.[a-z_0-9]+)+\b")
PATIENCE_MS = 30_000


@dataclass
class Demo:
    """A demo that serves: where, and what its record holds."""

    url: str
    folder: Path
    plan: str
    client: httpx.Client

    def ask(self, path: str, **query: object) -> Any:
        answer = self.client.get(f"/v1{path}", params=query)
        return answer.raise_for_status().json()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the record's database itself."""
        socket = self.folder / "postgres" / "socket"
        with psycopg.connect(
            f"host={socket} port={PORT} dbname=inspections user=postgres"
        ) as connection:
            return connection.execute(statement, values).fetchall()


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as made:
        Path(made).chmod(0o711)
        folder = Path(made) / "demo"
        command = [sys.executable, "-c", RONDE, "demo", *SIZE, "--directory", str(folder), "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            person = {"person": "coordinator"}
            token = httpx.post(f"{told['url']}/demo/token", data=person, trust_env=False).json()
            bearer = {"Authorization": f"Bearer {token['access_token']}"}
            with httpx.Client(
                base_url=told["url"], headers=bearer, timeout=60, trust_env=False
            ) as client:
                assert read_state(folder) is not None
                yield Demo(told["url"], folder, told["plan"]["id"], client)
            process.terminate()


class Visitor:
    """Somebody at a browser of their own, signed in, and all that went wrong before their eyes."""

    def __init__(self, browser: Any, demo: Demo, **manner: Any) -> None:
        self.language = manner.pop("language", "fr")
        self.context = browser.new_context(**{"viewport": DESKTOP, "locale": "fr-FR"} | manner)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.demo, self.troubles = demo, []
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("console", self._hear)
        self.page.on("request", self._see)

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"{message.type}: {message.text}")

    def _see(self, request: Any) -> None:
        if not request.url.startswith((self.demo.url, "data:", "blob:")):
            self.troubles.append(f"asked elsewhere: {request.url}")

    def sign_in(self, person: str = "Coordination") -> None:
        self.page.goto(f"{self.demo.url}/console/?lang={self.language}")
        self.page.locator(".sign-in .choices button").first.wait_for()
        names = {"Coordination": 0, "Inspector": 1, "Reader": 2}
        self.page.locator(".sign-in .choices button").nth(names[person]).click()
        self.page.locator("h1").wait_for()
        self.settle()

    def open(self, path: str) -> None:
        self.page.evaluate("path => { location.hash = path }", path)
        self.page.wait_for_timeout(50)
        self.page.locator("main h1").wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until every part has its content."""
        self.page.wait_for_load_state("networkidle")
        expect(self.page.locator("[aria-busy]")).to_have_count(0, timeout=PATIENCE_MS)

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def visitor(browser: Any, demo: Demo) -> Iterator[Visitor]:
    made = Visitor(browser, demo)
    made.sign_in()
    yield made
    made.close()
    assert made.troubles == []


def a_place(demo: Demo) -> str:
    return str(demo.ask("/priorities", limit=1)["items"][0]["accommodation_id"])


def pages(demo: Demo) -> dict[str, str]:
    return {
        "today": "#/",
        "history": "#/history",
        "place": f"#/places/{a_place(demo)}",
        "plans": "#/plans",
        "plan": f"#/plans/{demo.plan}",
        "about": "#/about",
    }


MANNERS = [
    {"color_scheme": light, "viewport": viewport, "language": language}
    for light in ("light", "dark")
    for viewport in (DESKTOP, PHONE)
    for language in ("fr", "en")
]


@pytest.mark.parametrize("manner", MANNERS, ids=lambda it: f"{it['color_scheme']} {it['language']}")
def test_every_page_is_for_everybody(browser, demo, manner):
    visitor = Visitor(browser, demo, **manner)
    try:
        visitor.sign_in()
        for name, path in pages(demo).items():
            visitor.open(path)
            found = Axe().run(visitor.page, options={"runOnly": RULES}).response
            told = [
                (it["id"], [node["html"][:120] for node in it["nodes"]])
                for it in found["violations"]
            ]
            assert told == [], name
            width = visitor.page.evaluate("document.documentElement.scrollWidth")
            assert width <= manner["viewport"]["width"], f"{name} scrolls sideways"
            text = visitor.page.locator("body").inner_text()
            assert UNSAID.findall(text) == [], name
            assert visitor.page.evaluate("document.documentElement.lang") == manner["language"]
        assert visitor.troubles == []
    finally:
        visitor.close()


COUNTED = """
    select count(*) from finding join accommodation on accommodation.id = accommodation_id
    where (occurred_at at time zone 'Europe/Paris')::date between %s and %s
    and (%s::text[] = '{}' or category = any(%s::text[]))
    and (%s::int[] = '{}' or severity = any(%s::int[]))
    and (%s::text[] = '{}' or territory = any(%s::text[]))
    and (not %s or repeat)
"""


def test_what_filters_leave_is_what_the_database_counts(visitor: Visitor, demo: Demo):
    draw = Random(11)
    ((first, last),) = demo.rows(
        "select min(occurred_at at time zone 'Europe/Paris')::date, "
        "max(occurred_at at time zone 'Europe/Paris')::date from finding"
    )
    months = [f"{y}-{m:02}" for y in range(first.year, last.year + 1) for m in range(1, 13)]
    months = [it for it in months if f"{first:%Y-%m}" <= it <= f"{last:%Y-%m}"]
    names = [row[0] for row in demo.rows("select distinct category from finding order by 1")]
    codes = [row[0] for row in demo.rows("select distinct territory from accommodation order by 1")]
    seen = []
    for _ in range(20):
        since, until = sorted(draw.sample(months, 2))
        categories = draw.sample(names, draw.randrange(0, 4))
        severities = draw.sample([1, 2, 3, 4], draw.randrange(0, 3))
        territories = draw.sample(codes, draw.randrange(0, 3))
        repeats = draw.random() < 0.3
        query = [("from", since), ("to", until)]
        query += [("category", it) for it in categories]
        query += [("severity", it) for it in severities]
        query += [("territory", it) for it in territories]
        query += [("repeats", 1)] if repeats else []
        visitor.open("#/about")
        visitor.open(f"#/history?{httpx.QueryParams(query)}")
        end = f"{until}-01"
        ((counted,),) = demo.rows(
            COUNTED.replace(
                "between %s and %s", "between %s and (%s::date + interval '1 month')::date - 1"
            ),
            f"{since}-01",
            end,
            *[it for chosen in (categories, severities, territories) for it in (chosen, chosen)],
            repeats,
        )
        shown = visitor.page.locator(".figure dd").first.inner_text()
        assert int(re.sub(r"\D", "", shown)) == counted, query
        seen.append(counted)
    assert len(set(seen)) > 10, "the selections differ"


def test_a_range_moved_by_keys_counts_what_it_shows(visitor: Visitor, demo: Demo):
    visitor.open("#/history")
    first = visitor.page.locator(".range input").first
    first.focus()
    for _ in range(6):
        visitor.page.keyboard.press("ArrowRight")
    visitor.page.wait_for_url("**from=*")
    since = re.search(r"from=(\d{4}-\d{2})", visitor.page.url)
    assert since is not None
    ((counted,),) = demo.rows(
        "select count(*) from finding where occurred_at at time zone 'Europe/Paris' >= %s::date",
        f"{since[1]}-01",
    )
    shown = visitor.page.locator(".figure dd").first.inner_text()
    assert int(re.sub(r"\D", "", shown)) == counted
    assert visitor.page.locator(".brush .selection").bounding_box()["width"] > 10


def test_the_matrix_of_a_place_is_what_its_visits_found(visitor: Visitor, demo: Demo):
    places = [row[0] for row in demo.rows("select id from accommodation order by id limit 50")]
    kinds = set()
    for place in places:
        ((found, visits, clean),) = demo.rows(
            "select (select count(distinct (inspection_id, category)) from finding "
            "where accommodation_id = %s), (select count(*) from inspection "
            "where accommodation_id = %s), (select count(*) from inspection "
            "where accommodation_id = %s and coverage > 0 and not exists "
            "(select from finding where inspection_id = inspection.id))",
            *[place] * 3,
        )
        visitor.open(f"#/places/{place}")
        drawn = visitor.page.locator(".matrix .row path").count()
        assert drawn == found, place
        if visits:
            assert visitor.page.locator(".matrix .leader").count() == visits
            assert visitor.page.locator(".matrix .tick").count() == clean
        kinds.add((found > 0, clean > 0))
    assert len(kinds) > 1


def test_the_plan_on_the_page_is_the_plan(visitor: Visitor, demo: Demo):
    plan = demo.ask(f"/weekly-plans/{demo.plan}")
    day = min(it["day"] for it in plan["rounds"])
    visitor.open(f"#/plans/{demo.plan}?day={day}")
    rounds = [it for it in plan["rounds"] if it["day"] == day]
    stops = [stop["accommodation_id"] for it in rounds for stop in it["stops"]]
    shown = visitor.page.locator(".strip a").evaluate_all("them => them.map(it => it.dataset.stop)")
    assert shown == stops
    assert visitor.page.locator(".stop-number").count() == len(stops)
    left = visitor.page.locator(".part:has(h2:text('laissés de côté')) tbody tr")
    assert left.count() == len(plan["unvisited"])


def test_a_visit_dropped_by_hand_is_dropped_for_its_reason(visitor: Visitor, demo: Demo):
    visitor.open(f"#/plans/{demo.plan}")
    stop = visitor.page.locator(".strip a").first
    place = stop.get_attribute("data-stop")
    stop.focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_label("Raison").first.fill("travaux en cours")
    visitor.page.get_by_role("button", name="Retirer").click()
    visitor.page.get_by_text("1 perdues").wait_for()
    (made, *_) = demo.ask(f"/plans/{demo.plan}/revisions")["items"]
    assert made["reason"] == "travaux en cours"
    assert made["edits"] == [{"kind": "drop", "accommodation_id": place}]
    visitor.page.get_by_role("button", name="Montrer le plan changé").click()
    visitor.page.locator(".title p", has_text="révision 1").wait_for()
    assert visitor.page.locator(f".strip a[data-stop='{place}']").count() == 0


def test_keys_alone_lead_everywhere(visitor: Visitor):
    page = visitor.page
    visitor.open("#/history")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    box = page.locator(".filters input[name=severity]").first
    box.focus()
    page.keyboard.press("Space")
    page.wait_for_url("**severity=4*")
    view = page.locator(".map")
    view.focus()
    before = page.locator(".leaflet-map-pane").get_attribute("style")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert page.locator(".leaflet-map-pane").get_attribute("style") != before
    page.locator(".part table a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#/places/*")


AWAY = {
    "status": 503,
    "content_type": "application/problem+json",
    "body": json.dumps({"title": "Service unavailable", "status": 503, "detail": "It is away."}),
}


def test_while_scoring_is_away_a_place_still_shows_its_visits(browser, demo):
    visitor = Visitor(browser, demo)
    try:
        visitor.page.route("**/v1/scores/**", lambda route: route.fulfill(**AWAY))
        visitor.sign_in()
        visitor.open(f"#/places/{a_place(demo)}")
        visitor.page.get_by_text("Un service est indisponible").first.wait_for()
        assert visitor.page.locator(".matrix").count() == 1
    finally:
        visitor.close()


def test_while_routing_is_away_the_map_still_shows_its_marks(browser, demo):
    visitor = Visitor(browser, demo)
    try:
        visitor.page.route("**/v1/basemap/**", lambda route: route.fulfill(**AWAY))
        visitor.sign_in()
        visitor.open("#/history")
        assert visitor.page.locator(".map canvas").count() >= 1
        assert visitor.page.locator(".chart").count() == 1
    finally:
        visitor.close()


def test_a_session_that_is_over_leads_back_to_the_sign_in(browser, demo):
    visitor = Visitor(browser, demo)
    try:
        visitor.sign_in()
        visitor.page.evaluate(
            "sessionStorage.session = JSON.stringify({access_token: 'over', expires_at: 0})"
        )
        visitor.page.evaluate("location.hash = '#/history'")
        visitor.page.locator(".sign-in").wait_for()
    finally:
        visitor.close()


def test_who_has_nothing_yet_is_told_so(browser, demo):
    visitor = Visitor(browser, demo)
    try:
        visitor.page.goto(f"{demo.url}/console/?lang=en")
        visitor.page.get_by_role("button", name="Other organisation").click()
        visitor.page.locator("h1").wait_for()
        for path in ("#/", "#/history", "#/plans", "#/about"):
            visitor.open(path)
            assert visitor.page.locator(".trouble").count() == 0, path
        assert visitor.troubles == []
    finally:
        visitor.close()


def test_the_check_of_pages_finds_faults_that_are_planted(visitor: Visitor):
    visitor.open("#/history")
    for fault in (
        "document.querySelector('.search input').outerHTML = '<input>'",
        "document.querySelector('h1').style.color = 'rgb(200, 200, 200)'",
        "document.querySelector('.filters button').textContent = ''",
    ):
        before = len(Axe().run(visitor.page, options={"runOnly": RULES}).response["violations"])
        visitor.page.evaluate(fault)
        after = len(Axe().run(visitor.page, options={"runOnly": RULES}).response["violations"])
        assert after == before + 1, fault


def test_findings_are_selected_as_plain_code_selects_them(visitor: Visitor, demo: Demo):
    told = demo.ask("/history/findings")
    counted = visitor.page.evaluate(
        """async told => {
            const { Findings } = await import('/console/findings.js');
            const findings = new Findings(told, new Map());
            const none = { categories: new Set(), severities: new Set(), territories: new Set() };
            const found = findings.select({ from: 0, to: 60000, repeats: false, ...none });
            return [found.total, found.repeats, [...found.bySeverity]];
        }""",
        told,
    )
    severities = told["columns"]["severity"]
    assert counted == [
        told["count"],
        sum(told["columns"]["repeat"]),
        [severities.count(it) for it in range(5)],
    ]
