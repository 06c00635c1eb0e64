"""How fast the console is with 800 places and 50,000 findings, in Chromium without a graphics card.

`RONDE_BENCH_CONSOLE` is the address of a demo of that size that serves already; otherwise one is
made, which takes two minutes.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.bench

RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"
SIZE = ["--places", "800", "--years", "8", "--time-limit", "5", "--port", "0"]
GIVEN = os.environ.get("RONDE_BENCH_CONSOLE", "")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-3d-apis", "--disable-background-networking"]
SLOW = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
ROUNDS = 5
READY = "() => document.querySelector('.chart') && !document.querySelector('[aria-busy]')"
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
BYTES = "() => performance.getEntries().reduce((all, it) => all + (it.transferSize || 0), 0)"
CODE = """() => performance.getEntries()
    .filter(it => it.name.includes('/console/'))
    .reduce((all, it) => all + (it.transferSize || 0), 0)"""
TIMED = """async () => {{
    const began = performance.now();
    {act}
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - began;
}}"""
CLICKED = "document.querySelectorAll('.filters input[name=category]')[{}].click()"
MOVED = """
    const range = document.querySelector('.range input');
    range.value = {};
    range.dispatchEvent(new Event('input'));
"""
FRAMES = """() => new Promise(done => {
    const gaps = [];
    let last = performance.now(), steps = 0;
    const map = document.querySelector('.map');
    const step = now => {
        gaps.push(now - last);
        last = now;
        map.dispatchEvent(new KeyboardEvent('keydown', { keyCode: 39, bubbles: true }));
        ++steps < 90 ? requestAnimationFrame(step) : done(gaps.slice(1).sort((a, b) => a - b));
    };
    requestAnimationFrame(step);
})"""


@contextlib.contextmanager
def served() -> Iterator[str]:
    if GIVEN:
        yield GIVEN
        return
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as made:
        Path(made).chmod(0o711)
        folder = str(Path(made) / "demo")
        command = [sys.executable, "-c", RONDE, "demo", *SIZE, "--directory", folder, "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            yield str(json.loads(process.stdout.readline())["url"])
            process.terminate()


def opened(browser: Any, url: str, *, slowed: float = 1, line: dict[str, int] | None = None) -> Any:
    """Open the history with nothing kept, on a machine or a line so much slower."""
    person = {"person": "coordinator"}
    token = httpx.post(f"{url}/demo/token", data=person, trust_env=False).json()["access_token"]
    session = json.dumps({"access_token": token, "expires_at": 4e12})
    context = browser.new_context(viewport={"width": 1366, "height": 900}, service_workers="block")
    context.add_init_script(f"sessionStorage.setItem('session', {json.dumps(session)})")
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    if line is not None:
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", {"offline": False, **line})
    page.set_default_timeout(60_000)
    page.goto(f"{url}/console/?lang=fr#/history")
    while not page.evaluate(READY):
        page.wait_for_timeout(20)
    return page


def ready_s(page: Any) -> float:
    return float(page.evaluate("() => performance.now()")) / 1000


def told(name: str, value: float, bar: str) -> None:
    print(f"  {name:<42} {value:>9.1f}   bar {bar}")


def worst_of_20(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


def test_the_console_is_quick() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium to measure with")
    sync_api = pytest.importorskip("playwright.sync_api")
    with served() as url, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        painted, ready = [], []
        for _ in range(ROUNDS):
            page = opened(browser, url)
            ready.append(ready_s(page))
            painted.append(page.evaluate(PAINTED) / 1000)
            page.context.close()
        page = opened(browser, url)
        figures = page.locator(".figure dd").first.inner_text()
        print(f"\n{figures} findings; the history, {ROUNDS} rounds")
        told("first paint, median", median(painted), "1.0 s")
        told("ready, median", median(ready), "2.5 s")
        loaded_kb, code_kb = page.evaluate(BYTES) / 1000, page.evaluate(CODE) / 1000
        told("first load", loaded_kb, "700 kB")
        told("of which code", code_kb, "260 kB")
        filters = [page.evaluate(TIMED.format(act=CLICKED.format(n % 10))) for n in range(20)]
        told("a filter, median", median(filters), "50 ms")
        moves = [page.evaluate(TIMED.format(act=MOVED.format(n))) for n in range(40)]
        told("a step of the range, 95th percentile", worst_of_20(moves), "50 ms")
        gaps = page.evaluate(FRAMES)
        told("between frames of a pan, 95th percentile", worst_of_20(gaps), "50 ms")
        tools = page.context.new_cdp_session(page)
        tools.send("HeapProfiler.collectGarbage")
        heap = page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6
        told("heap", heap, "64 MB")
        page.context.close()
        slow = ready_s(opened(browser, url, slowed=4, line=SLOW))
        told("ready, a quarter of the speed, 1.6 Mbit/s", slow, "8 s")
        browser.close()
    assert loaded_kb <= 700
    assert code_kb <= 260
    assert heap <= 64
