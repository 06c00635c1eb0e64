"""A browser that draws without a graphics card, as old office machines do, and a demo to show."""

import dataclasses
import os
import shutil
from collections.abc import Iterator

import pytest
from console_demo import Demo, Visitor, served
from second_gateway import address_of, two_gateways

from shared.serve import listen

SIZE = ["--places", "120", "--years", "3", "--time-limit", "2"]


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Open Debian's Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium to drive")
    sync_api = pytest.importorskip("playwright.sync_api")
    options = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-3d-apis",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=options)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """Serve invented data; with `RONDE_TWO_GATEWAYS=1`, by two gateways asked in turn."""
    if not os.environ.get("RONDE_TWO_GATEWAYS"):
        with served(SIZE) as made:
            yield made
        return
    opened = listen("127.0.0.1", 0)
    with served(SIZE, **address_of(opened)) as made, two_gateways(made.folder, opened) as turns:
        yield dataclasses.replace(made, url=turns.url)
        print(f"asked in turn: {dict(turns.asked)}")
        assert min(turns.asked.values()) > 1000
        assert len(turns.asked) == 2


@pytest.fixture
def visitor(browser: object, demo: Demo) -> Iterator[Visitor]:
    """Look at it as a coordinator; nothing may go wrong before their eyes."""
    made = Visitor(browser, demo)
    made.sign_in()
    yield made
    made.close()
    assert made.troubles == []


@pytest.fixture
def administrator(browser: object, demo: Demo) -> Iterator[Visitor]:
    """Look at it as who may do everything; nothing may go wrong before their eyes."""
    made = Visitor(browser, demo)
    made.sign_in("Administration")
    yield made
    made.close()
    assert made.troubles == []
