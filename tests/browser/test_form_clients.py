"""Field apps in a browser: ODK Web Forms fills in our form and sends it, Enketo lays it out.

The clients are fetched by their lock file, and never shipped.
"""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import record
from field_device import picture
from system import System, new_system

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PAGE = Path(__file__).parents[1] / "support" / "form_clients"
NOW = datetime.now(UTC)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing of each file."""


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the pages of the clients from an origin of their own."""
    folder = tmp_path_factory.mktemp("form_clients")
    shutil.copytree(PAGE, folder, dirs_exist_ok=True)
    fetched = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    if fetched.returncode:
        pytest.skip(f"npm cannot fetch the form clients: {fetched.stderr[-300:]}")
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def ronde(page_url: str) -> Iterator[System]:
    with new_system(GATEWAY_CORS_ORIGINS=f'["{page_url}"]') as system:
        yield system


PATIENCE_MS = 120_000
ANSWERS = [
    {"item": "alarm", "value": 3},
    {"item": "mould", "value": 2, "room": "12"},
]


def place_with_a_finding(ours: httpx.Client, number: int) -> str:
    made = ours.post("/v1/accommodations", json=record.accommodation(number)).raise_for_status()
    place: str = made.json()["id"]
    earlier = record.inspection(place, answers=[{"item": "alarm", "value": 2}])
    ours.post("/v1/inspections", json=earlier).raise_for_status()
    return place


def field_server(ours: httpx.Client, place: str) -> str:
    """Plan a visit of an inspector, and give the address of their device's server."""
    inspector = str(uuid4())
    facts = {"working_days": [], "office": {"lon": 2.35, "lat": 48.85}}
    ours.put(f"/v1/inspectors/{inspector}", json=facts).raise_for_status()
    visit = {
        "accommodation_id": place,
        "scheduled_at": NOW.isoformat(),
        "inspector_ids": [inspector],
    }
    ours.post("/v1/visits", json=visit).raise_for_status()
    key = {
        "name": "browser",
        "inspector_id": inspector,
        "expires_at": (NOW + timedelta(days=1)).isoformat(),
    }
    made = ours.post("/v1/field-keys", json=key).raise_for_status()
    return str(made.json()["server_url"])


def fill_in_and_send(page) -> None:
    page.get_by_text("Hôtel d'essai 7, Paris").click()
    page.get_by_text("Visite faite").click()
    page.get_by_text("Toujours là : 3 – grave").click()
    photo = {"name": "alarm.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    page.locator("input[type=file]").first.set_input_files(photo)
    page.get_by_label("Numéro de la chambre", exact=False).first.fill("12")
    page.get_by_text("Vue", exact=True).click()
    mould = page.locator(".question-container").filter(has_text="Moisissures visibles")
    mould.first.get_by_text("2 – modéré").click()
    page.get_by_role("button", name="Send").click()
    page.wait_for_function("window.answers.length === 1")


def test_web_forms_fills_in_our_form_and_sends_it_twice(ronde: System, page_url: str, browser):
    ours = ronde.client("coordinator")
    place, other = place_with_a_finding(ours, 7), place_with_a_finding(ours, 8)
    server = field_server(ours, place)
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    page.goto(f"{page_url}/web_forms.html?server={server}")
    fill_in_and_send(page)
    page.evaluate("window.send()")

    assert page.evaluate("window.answers") == [201, 201]
    assert problems == []
    (sent, _) = ours.get("/v1/inspections", params={"accommodation_id": place}).json()["items"]
    (photo,) = ours.get("/v1/photos", params={"accommodation_id": place}).json()["items"]
    assert (photo["inspection_id"], photo["item"]) == (sent["id"], "alarm")
    told = record.inspection(other, answers=ANSWERS, rooms=[{"room": "12"}], rooms_seen=0)
    by_rest = ours.post("/v1/inspections", json=told).raise_for_status().json()
    for name in ("grade", "insalubrity_index", "coverage", "rooms_seen"):
        assert sent[name] == by_rest[name], name


ASKED = "[...document.querySelectorAll('.question [name]')].map(it => it.getAttribute('name'))"
REPEATED = "[...document.querySelectorAll('.or-repeat')].map(it => it.getAttribute('name'))"
UNLABELLED = """
    [...document.querySelectorAll('.question')]
        .filter(it => !['fr', 'en'].every(language => {
            const label = it.querySelector(`.question-label[lang=${language}]`);
            return label && (label.textContent.trim() || label.querySelector('.or-output'));
        }))
        .map(it => it.outerHTML.slice(0, 300))
"""


def paths_of(element: ET.Element, above: str = "") -> set[str]:
    """Name all that a form keeps, as its questions name it."""
    path = f"{above}/{element.tag.rpartition('}')[2]}"
    return {path}.union(*(paths_of(child, path) for child in element))


def test_enketo_lays_out_our_form(ronde: System, page_url: str, browser):
    ours = ronde.client("coordinator")
    server = field_server(ours, place_with_a_finding(ours, 9))
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    page.goto(f"{page_url}/enketo.html?server={server}")
    page.wait_for_function("window.model !== undefined")

    assert problems == []
    assert sorted(page.evaluate("Object.values(window.languages)")) == ["en", "fr"]
    model = ET.fromstring(page.evaluate("window.model"))
    kept = paths_of(next(it[0] for it in model.iter() if it.tag.endswith("instance")))
    asked = set(page.evaluate(ASKED))
    assert asked <= kept, "what is asked has a place to be kept"
    items = ours.get("/v1/checklists/default/versions/1").raise_for_status().json()["items"]
    assert {it.rpartition("/a_")[2] for it in asked if "/a_" in it} == {it["code"] for it in items}
    assert set(page.evaluate(REPEATED)) == {"/data/seen/open", "/data/seen/rooms"}
    assert page.evaluate(UNLABELLED) == []
