"""Take the pictures of the documents: every page of the console, as a demo shows it.

`make pictures`; `RONDE_BENCH_CONSOLE` is the address of a demo that serves already. Full pages in
WebP, three of each: French and light on a desk, English and dark on a desk, French on a phone.
"""

import io
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from console_demo import DESKTOP, PHONE, Demo, Visitor, a_place, opened, served

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
GIVEN = os.environ.get("RONDE_BENCH_CONSOLE", "")
SIZE = ["--places", "560", "--years", "4", "--time-limit", "10"]
QUALITY, TALLEST = 60, 2400
MANNERS = {
    "fr-light": {"color_scheme": "light", "viewport": DESKTOP, "language": "fr"},
    "en-dark": {"color_scheme": "dark", "viewport": DESKTOP, "language": "en"},
    "fr-phone": {"color_scheme": "light", "viewport": PHONE, "language": "fr"},
}


def pages(demo: Demo) -> dict[str, str]:
    """Name the pages, with what they show."""
    first = demo.ask(f"/weekly-plans/{demo.plan}")["rounds"][0]["round_id"]
    place = a_place(demo)
    return {
        "today": "#/",
        "history": "#/history",
        "place": f"#/places/{place}",
        "weeks": "#/plans",
        "week": f"#/plans/{demo.plan}",
        "sheet": f"#/plans/{demo.plan}/sheets/{first}",
        "visits": "#/visits",
        "form": f"#/inspect/{place}",
        "territories": "#/territories",
        "data-and-model": "#/about",
        "rules": "#/rules",
        "access": "#/admin",
        "account": "#/account",
    }


def take(visitor: Visitor, name: str) -> None:
    """Keep what is shown, from the top."""
    visitor.page.wait_for_timeout(300)
    image = Image.open(io.BytesIO(visitor.page.screenshot(full_page=True)))
    image = image.crop((0, 0, image.width, min(image.height, TALLEST)))
    file = FOLDER / f"{name}.webp"
    image.convert("RGB").save(file, quality=QUALITY, method=6)
    print(f"{file.name} {file.stat().st_size // 1000} kB", flush=True)


def take_all(browser: Any, demo: Demo) -> None:
    """Take every page in every manner."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for manner, options in MANNERS.items():
        visitor = Visitor(browser, demo, **options)
        visitor.page.goto(f"{demo.url}/console/?lang={options['language']}")
        visitor.page.locator(".sign-in").wait_for()
        take(visitor, f"sign-in-{manner}")
        visitor.sign_in("Administration")
        for name, path in pages(demo).items():
            visitor.open(path)
            take(visitor, f"{name}-{manner}")
        visitor.close()
    take_empty(browser, demo)


def take_empty(browser: Any, demo: Demo) -> None:
    """Take pages as an organisation sees them that has nothing yet."""
    visitor = Visitor(browser, demo, **MANNERS["fr-light"])
    visitor.sign_in("Other organisation")
    for name, path in (("today", "#/"), ("history", "#/history"), ("weeks", "#/plans")):
        visitor.open(path)
        take(visitor, f"{name}-empty")
    visitor.close()


def main() -> None:
    """Start a browser and a demo, and take them all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        with opened(GIVEN) if GIVEN else served(SIZE) as demo:
            take_all(browser, demo)
        browser.close()


if __name__ == "__main__":
    main()
