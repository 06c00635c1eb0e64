"""A browser that draws without a graphics card, as old office machines do, and a demo to show."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from console_demo import Demo, Visitor

RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"
SIZE = ["--places", "120", "--years", "3", "--time-limit", "2", "--port", "0"]


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
    """Serve invented data."""
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
                yield Demo(told["url"], folder, told["plan"]["id"], client)
            process.terminate()


@pytest.fixture
def visitor(browser: object, demo: Demo) -> Iterator[Visitor]:
    """Look at it as a coordinator; nothing may go wrong before their eyes."""
    made = Visitor(browser, demo)
    made.sign_in()
    yield made
    made.close()
    assert made.troubles == []
