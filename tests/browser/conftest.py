"""A browser that draws without a graphics card, as old office machines do."""

import shutil
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
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
