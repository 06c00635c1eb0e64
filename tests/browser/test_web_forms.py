"""ODK Web Forms in a browser: the form opens from our server, is filled in with a photo, and sent.

It needs Chromium and npm, which fetches the client by its lock file; both are never shipped.
"""

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import record
from field_device import picture
from system import System, new_system

pytestmark = pytest.mark.browser

PAGE = Path(__file__).parents[1] / "support" / "web_forms"
NOW = datetime.now(UTC)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing of each file."""


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the page of the client from an origin of its own."""
    if shutil.which("npm") is None:
        pytest.skip("no npm to fetch ODK Web Forms with")
    folder = tmp_path_factory.mktemp("web_forms")
    shutil.copytree(PAGE, folder, dirs_exist_ok=True)
    fetched = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    if fetched.returncode:
        pytest.skip(f"npm cannot fetch ODK Web Forms: {fetched.stderr[-300:]}")
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def ronde(page_url: str) -> Iterator[System]:
    with new_system(GATEWAY_CORS_ORIGINS=f'["{page_url}"]') as system:
        yield system


@pytest.fixture
def browser():
    """Open Debian's Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium to drive")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


def visit_of(ours, inspector: str) -> tuple[str, str]:
    place = ours.post("/v1/accommodations", json=record.accommodation(7)).raise_for_status()
    id = place.json()["id"]
    before = [{"item": "alarm", "value": 2}]
    earlier = record.inspection(id, answers=before)
    ours.post("/v1/inspections", json=earlier).raise_for_status()
    asked = {
        "accommodation_id": id,
        "scheduled_at": NOW.isoformat(),
        "inspector_ids": [inspector],
    }
    return id, ours.post("/v1/visits", json=asked).raise_for_status().json()["id"]


def test_web_forms_fills_in_our_form_and_sends_it_twice(ronde: System, page_url: str, browser):
    ours = ronde.client("coordinator")
    inspector = str(uuid4())
    facts = {"working_days": [], "office": {"lon": 2.35, "lat": 48.85}}
    ours.put(f"/v1/inspectors/{inspector}", json=facts).raise_for_status()
    place, visit = visit_of(ours, inspector)
    key = {
        "name": "browser",
        "inspector_id": inspector,
        "expires_at": (NOW + timedelta(days=1)).isoformat(),
    }
    server = ours.post("/v1/field-keys", json=key).raise_for_status().json()["server_url"]
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    page.goto(f"{page_url}/form.html?server={server}")
    page.get_by_text("Visite").first.wait_for()
    page.screenshot(path="/tmp/b/s1.png", full_page=True)
    print(page.content()[:3000])
