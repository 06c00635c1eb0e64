"""Every page of the console is for everybody, and stands while a part of it cannot."""

import json
import re
from typing import Any

import pytest
import record
from axe_playwright_python.sync_playwright import Axe
from console_demo import DESKTOP, PHONE, Demo, Visitor, a_place, await_score
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ADDRESSES = re.compile(r"\S+@\S+")
UNSAID = re.compile(r"\b[a-z]+(_[a-z]+)*(\.[a-z_0-9]+)+\b")


def pages(demo: Demo) -> dict[str, str]:
    first = demo.ask(f"/weekly-plans/{demo.plan}")["rounds"][0]["round_id"]
    return {
        "today": "#/",
        "history": "#/history",
        "place": f"#/places/{a_place(demo)}",
        "plans": "#/plans",
        "plan": f"#/plans/{demo.plan}",
        "sheet": f"#/plans/{demo.plan}/sheets/{first}",
        "territories": "#/territories",
        "about": "#/about",
        "visits": "#/visits",
        "form": f"#/inspect/{a_place(demo)}",
        "rules": "#/rules",
        "admin": "#/admin",
        "account": "#/account",
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
        visitor.sign_in("Administration")
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
            text = ADDRESSES.sub("", visitor.page.locator("body").inner_text())
            assert UNSAID.findall(text) == [], name
            assert visitor.page.evaluate("document.documentElement.lang") == manner["language"]
        assert visitor.troubles == []
    finally:
        visitor.close()


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


def test_a_visit_is_pinned_and_a_sheet_printed_by_keys_alone(visitor: Visitor, demo: Demo):
    page, plan = visitor.page, demo.ask(f"/weekly-plans/{demo.plan}")
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    visitor.open(f"#/plans/{demo.plan}")
    stop = page.locator(".strip a").last
    place = stop.get_attribute("data-stop")
    stop.focus()
    page.keyboard.press("Enter")
    reason = page.locator(".part.third").get_by_label("Raison")
    reason.focus()
    page.keyboard.type("rendez-vous pris")
    while page.evaluate("document.activeElement.textContent") != "Épingler":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text(f"Révision {plan['revision'] + 1} ").wait_for()
    revision = demo.ask(f"/plans/{demo.plan}/revisions/{plan['revision'] + 1}")
    assert place in revision["pinned"]
    sheet = page.locator(".legend a").first
    sheet.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sheets/*")
    visitor.settle()
    page.get_by_role("button", name="Imprimer").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_title("printed")


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
        assert visitor.page.locator(".leaflet-overlay-pane canvas").count() == 1
        assert visitor.page.locator(".chart").count() == 1
    finally:
        visitor.close()


def test_while_an_answer_takes_five_seconds_the_rest_is_there(browser, demo):
    visitor = Visitor(browser, demo)
    try:
        held: list[Any] = []

        def hold(route: Any) -> None:
            held.append(route)

        visitor.page.route("**/v1/scores/**", hold)
        visitor.sign_in()
        visitor.page.evaluate("path => { location.hash = path }", f"#/places/{a_place(demo)}")
        visitor.page.locator(".matrix").wait_for()
        waiting = visitor.page.locator(".part:has(h2:text-is('Pourquoi ce score')) .wait")
        assert waiting.inner_text() == "Chargement…"
        visitor.page.wait_for_timeout(5_000)
        for route in held:
            route.continue_()
        waiting.wait_for(state="detached")
        visitor.settle()
        assert visitor.troubles == []
    finally:
        visitor.close()


def test_a_place_without_coordinates_is_everywhere_but_on_the_map(visitor: Visitor, demo: Demo):
    place = {k: v for k, v in record.accommodation(994).items() if k != "position"}
    made = demo.client.post("/v1/accommodations", json=place).raise_for_status().json()
    told = record.inspection(made["id"], answers=[{"item": "alarm", "value": 3}])
    demo.client.post("/v1/inspections", json=told).raise_for_status()
    await_score(demo, made["id"])
    for path in ("#/", "#/history", f"#/places/{made['id']}", "#/territories"):
        visitor.open(path)
        assert visitor.page.locator(".trouble").count() == 0, path
    visitor.open("#/history")
    visitor.page.get_by_role("button", name="Montrer encore").click()
    assert visitor.page.get_by_role("link", name=place["name"]).count() == 1


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


def test_a_name_that_is_markup_is_shown_as_it_is_written(visitor: Visitor, demo: Demo):
    name = "<img src=x onerror=\"document.title='run'\"> <b>Hôtel</b>"
    place = record.accommodation(991) | {"name": name}
    made = demo.client.post("/v1/accommodations", json=place).raise_for_status().json()
    told = record.inspection(made["id"], answers=[{"item": "alarm", "value": 3}])
    demo.client.post("/v1/inspections", json=told).raise_for_status()
    await_score(demo, made["id"])
    for path in ("#/history", f"#/places/{made['id']}", f"#/inspect/{made['id']}", "#/visits"):
        visitor.open(path)
        assert visitor.page.locator("img[src=x], main b").count() == 0, path
    visitor.open(f"#/places/{made['id']}")
    assert visitor.page.locator("h1").inner_text() == name
