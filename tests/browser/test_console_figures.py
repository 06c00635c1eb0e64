"""What the console shows is what the record holds, and what it changes is changed."""

import io
import re
import shutil
import subprocess
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx
import pytest
import zxingcpp
from console_demo import Demo, Visitor
from PIL import Image
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

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
    left = visitor.page.locator(".part:has(h2:text('de côté')) tbody tr")
    assert left.count() == len(plan["unvisited"])


def test_a_printed_sheet_names_each_stop_once_and_in_order(visitor: Visitor, demo: Demo, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext to read what is printed")
    plan = demo.ask(f"/weekly-plans/{demo.plan}")
    longest = max(plan["rounds"], key=lambda it: len(it["stops"]))
    visitor.open(f"#/plans/{demo.plan}/sheets/{longest['round_id']}")
    code = Image.open(io.BytesIO(visitor.page.locator(".code").first.screenshot()))
    (read_code,) = zxingcpp.read_barcodes(code)
    place = longest["stops"][0]["accommodation_id"]
    assert read_code.text.startswith(f"{demo.url}/console/#/inspect/{place}")
    map_loaded = "it => it.complete && it.naturalWidth > 0"
    assert visitor.page.locator(".round-map").evaluate(map_loaded)
    with visitor.page.expect_download() as fetched:
        visitor.page.get_by_role("button", name="PDF").click()
    assert Path(fetched.value.path()).read_bytes().startswith(b"%PDF")
    visitor.page.pdf(path=tmp_path / "sheet.pdf", format="A4")
    read = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "sheet.pdf", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    titles = re.findall(r"^[ \f]*(\d+\. .+?)\s{2,}\d\d:\d\d–\d\d:\d\d", read.stdout, re.MULTILINE)
    assert titles == [f"{it['sequence']}. {it['name']}" for it in longest["stops"]]
    pages = read.stdout.split("\f")[:-1]
    assert len(pages) <= 3
    assert all(it.strip() for it in pages)


def test_a_week_is_asked_for_and_followed_to_its_end(visitor: Visitor, demo: Demo):
    hours = [{"weekday": day, "starts_min": 540, "ends_min": 1020} for day in range(1, 6)]
    office = {"lon": 2.35, "lat": 48.86}
    for _ in range(3):
        facts = {"working_days": hours, "office": office}
        demo.client.put(f"/v1/inspectors/{uuid4()}", json=facts).raise_for_status()
    visitor.open("#/plans")
    visitor.page.get_by_label("Secondes de calcul").fill("1")
    visitor.page.get_by_label("Jours", exact=True).fill("2")
    expect(visitor.page.get_by_role("checkbox", name="Équipe")).to_have_count(2)
    visitor.page.get_by_role("button", name="Planifier").click()
    visitor.page.locator(".strip").wait_for(timeout=60_000)
    newest = demo.ask("/weekly-plans", limit=1)["items"][0]
    assert visitor.page.url.endswith(f"#/plans/{newest['id']}")
    plan = demo.ask(f"/weekly-plans/{newest['id']}")
    assert {it["team_name"] for it in plan["rounds"]} == {"Équipe 1", "Équipe 2"}
    assert plan["days"] == 2


def test_a_visit_to_come_leads_to_its_form_and_to_the_sheet_of_its_round(
    visitor: Visitor, demo: Demo
):
    round_ = demo.ask(f"/weekly-plans/{demo.plan}")["rounds"][0]
    stop = round_["stops"][0]
    told = {
        "accommodation_id": stop["accommodation_id"],
        "scheduled_at": stop["starts_at"],
        "plan_id": demo.plan,
        "stop_id": stop["stop_id"],
        "round_id": round_["round_id"],
    }
    visit = demo.client.post("/v1/visits", json=told).raise_for_status().json()
    visitor.open("#/visits")
    row = visitor.page.locator("tr", has_text=stop["name"])
    form = row.get_by_role("link", name="Inspecter").get_attribute("href")
    assert form == f"#/inspect/{stop['accommodation_id']}?visit={visit['id']}"
    row.get_by_role("link", name="Feuille").click()
    expect(visitor.page.locator("h1")).to_contain_text(round_["team_name"])
    visitor.settle()


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
