"""The form of a visit: filled in where there is no network, it arrives once."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from console_demo import PHONE, Demo, a_place
from field_device import picture
from network_line import Line, line_to
from playwright.sync_api import Error, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PATIENCE_MS = 60_000
DANGER = "gas_co"
IN_BUILDING = {"extinguisher": "2", "waste": "1"}
IN_ROOMS = {"3": {"mould": "3"}, "5": {"pest_bedbugs": "3"}, "9": {"heating": "2"}}


@pytest.fixture
def line(demo: Demo) -> Iterator[Line]:
    with line_to(httpx.URL(demo.url).port or 0) as laid:
        yield laid


@contextlib.contextmanager
def phone(browser: Any, folder: Path, line: Line) -> Iterator[Any]:
    """Open a browser that remembers, and sign in."""
    context = browser.browser_type.launch_persistent_context(
        folder, executable_path="/usr/bin/chromium", args=["--no-sandbox"], viewport=PHONE
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{line.url}/console/?lang=fr")
    page.get_by_role("button", name="Coordination").click()
    page.locator("nav.pages").wait_for()
    yield page
    context.close()


def choose(page: Any, item: str, value: str, within: str = "main") -> Any:
    question = page.locator(f"{within} fieldset[data-item={item}]").first
    question.locator("select").first.select_option(value)
    return question


def add_photo(question: Any, colour: str) -> None:
    file = {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": picture(colour)}
    question.locator("input[type=file]").set_input_files(file)
    expect(question.get_by_text("1 photo", exact=True)).to_be_visible()


def fill_in(page: Any, items: dict[str, str]) -> None:
    """Fill in the first half; then come back to the page, as after a telephone call."""
    for number in range(1, 11):
        page.get_by_label("Numéro de la chambre").fill(str(number))
        page.get_by_role("button", name="Ajouter la chambre").click()
        page.locator(f"[data-room='{number}']").wait_for()
    add_photo(choose(page, DANGER, items[DANGER]), "red")
    page.reload()
    expect(page.locator(f"fieldset[data-item={DANGER}] select").first).to_have_value(items[DANGER])
    for item, value in IN_BUILDING.items():
        choose(page, item, value)
    for number, (room, found) in enumerate(IN_ROOMS.items()):
        page.locator(f"[data-room='{room}'] summary").click()
        for item, value in found.items():
            question = choose(page, item, value, f"[data-room='{room}']")
            if number < 2:
                add_photo(question, ("blue", "green")[number])


def send_what_waits(page: Any) -> None:
    """Ask to send it until nothing waits; a browser may send again by itself before that."""
    nothing_waits = page.get_by_text("Rien n’attend sur cet appareil")
    while not nothing_waits.is_visible():
        with contextlib.suppress(Error):
            page.get_by_role("button", name="Envoyer maintenant").click(timeout=1_000)


def test_a_form_filled_in_without_a_network_arrives_once(browser, demo, line, tmp_path):
    place = a_place(demo)
    known = {it["code"]: it for it in demo.ask("/checklists/default/versions/1")["items"]}
    items = {DANGER: str(known[DANGER]["danger_at"])}
    before = len(demo.ask("/inspections", accommodation_id=place)["items"])
    with phone(browser, tmp_path, line) as page:
        page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
        page.evaluate("path => { location.hash = path }", f"#/inspect/{place}")
        page.locator("fieldset[data-item]").first.wait_for()
        line.cut()
        fill_in(page, items)
        page.get_by_role("button", name="Terminer et envoyer").click()
        page.get_by_text("Gardé sur cet appareil ;").wait_for()
    assert len(demo.ask("/inspections", accommodation_id=place)["items"]) == before

    line.mend()
    line.lose_answer_to(b"POST /v1/inspections ")
    with phone(browser, tmp_path, line) as page:
        page.evaluate("() => { location.hash = '#/visits' }")
        while line.lost == 0:
            page.wait_for_timeout(200)
        send_what_waits(page)

    assert line.lost == 1
    made = demo.ask("/inspections", accommodation_id=place)["items"]
    assert len(made) == before + 1
    sent = max(made, key=lambda it: it["recorded_at"])
    assert sent["rooms_seen"] == 10
    found = {(it["item"], it["room"]): it["severity"] for it in sent["findings"]}
    assert found == {
        **{(item, None): int(value) for item, value in (items | IN_BUILDING).items()},
        **{(item, room): int(v) for room, its in IN_ROOMS.items() for item, v in its.items()},
    }
    photos = demo.ask("/photos", inspection_id=sent["id"])["items"]
    assert {(it["item"], it["room"]) for it in photos} == {
        (DANGER, None),
        ("mould", "3"),
        ("pest_bedbugs", "5"),
    }
    assert len(photos) == 3
    assert sent["id"] in {it["source_id"] for it in demo.ask("/alerts")["items"]}
