"""A demo that serves the console, and somebody who looks at it."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from playwright.sync_api import expect
from turns import Turns

from shared.postgres import PORT

RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"
# Has a page find that its token is over, as it does minutes after.
TOKEN_IS_OVER = (
    "sessionStorage.session = JSON.stringify("
    "{...JSON.parse(sessionStorage.session), access_token: 'over'})"
)
DESKTOP, PHONE = {"width": 1366, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 30_000


@dataclass
class Demo:
    """A demo that serves: where, and what its record holds."""

    url: str
    folder: Path
    plan: str
    client: httpx.Client

    def ask(self, path: str, **query: object) -> Any:
        answer = self.client.get(f"/v1{path}", params=query)
        return answer.raise_for_status().json()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the record's database itself."""
        socket = self.folder / "postgres" / "socket"
        with psycopg.connect(
            f"host={socket} port={PORT} dbname=inspections user=postgres"
        ) as connection:
            return connection.execute(statement, values).fetchall()


@contextlib.contextmanager
def served(size: list[str], **variables: str) -> Iterator[Demo]:
    """Make a demo of a size and serve it for the length of the block."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as made:
        # The database's own user must get in.
        Path(made).chmod(0o711)
        folder = Path(made) / "demo"
        command = [sys.executable, "-c", RONDE, "demo", *size, "--port", "0"]
        command += ["--directory", str(folder), "--json"]
        environment = os.environ | variables
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            with opened(told["url"]) as demo:
                yield dataclasses.replace(demo, folder=folder, plan=told["plan"]["id"])
            process.terminate()


@contextlib.contextmanager
def opened(url: str) -> Iterator[Demo]:
    """Look at a demo that serves already; where it keeps its data is not known."""
    person = {"person": "coordinator"}
    token = httpx.post(f"{url}/demo/token", data=person, trust_env=False).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    with httpx.Client(base_url=url, headers=bearer, timeout=60, trust_env=False) as client:
        plan = client.get("/v1/weekly-plans").raise_for_status().json()["items"][0]["id"]
        yield Demo(url, Path(), plan, client)


class Visitor:
    """Somebody at a browser of their own, signed in, and all that went wrong before their eyes."""

    def __init__(self, browser: Any, demo: Demo | Turns, **manner: Any) -> None:
        self.language = manner.pop("language", "fr")
        self.context = browser.new_context(**{"viewport": DESKTOP, "locale": "fr-FR"} | manner)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.demo, self.troubles = demo, []
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("console", self._hear)
        self.page.on("request", self._see)

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"{message.type}: {message.text}")

    def _see(self, request: Any) -> None:
        if not request.url.startswith((self.demo.url, "data:", "blob:")):
            self.troubles.append(f"asked elsewhere: {request.url}")

    def sign_in(self, person: str = "Coordination") -> None:
        self.page.goto(f"{self.demo.url}/console/?lang={self.language}")
        self.page.locator(".sign-in .choices button").first.wait_for()
        names = ("Coordination", "Inspector", "Reader", "Administration", "Other organisation")
        self.page.locator(".sign-in .choices button").nth(names.index(person)).click()
        self.page.locator("h1").wait_for()
        self.settle()

    def sign_in_with(self, email: str, password: str) -> None:
        """Sign in with an account, on the page that asks for it."""
        form = self.page.locator("form.part")
        form.get_by_label("Adresse électronique").fill(email)
        form.get_by_label("Mot de passe").fill(password)
        form.get_by_role("button", name="Se connecter").click()
        self.page.locator("h1", has_text="Aujourd’hui").wait_for()
        self.settle()

    def invite(self, name: str, email: str) -> str:
        """Invite somebody on the page of access; give the link to hand over."""
        form = self.page.locator("section", has_text="Inviter").locator("form").first
        form.get_by_label("Nom").fill(name)
        form.get_by_label("Adresse électronique").fill(email)
        form.get_by_role("button", name="Inviter").click()
        return str(form.locator(".secret").input_value())

    def take_up(self, link: str, password: str) -> None:
        """Follow an invitation and choose a password; then be where one signs in."""
        self.page.goto(link)
        self.page.get_by_label("Mot de passe").fill(password)
        self.page.get_by_role("button", name="Enregistrer").click()
        self.page.get_by_text("Mot de passe enregistré").wait_for()
        self.page.get_by_role("link", name="Se connecter").click()

    def open(self, path: str) -> None:
        self.page.evaluate("path => { location.hash = path }", path)
        self.page.wait_for_timeout(50)
        self.page.locator("main h1").wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until every part has its content."""
        self.page.wait_for_load_state("networkidle")
        expect(self.page.locator("[aria-busy]")).to_have_count(0, timeout=PATIENCE_MS)

    def close(self) -> None:
        self.context.close()


def a_place(demo: Demo) -> str:
    return str(demo.ask("/priorities", limit=1)["items"][0]["accommodation_id"])


def await_score(demo: Demo, place: str) -> None:
    """Wait until a new place has a score: a browser tells of each thing that is not found."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while demo.client.get(f"/v1/scores/{place}").status_code != 200:
        assert time.monotonic() < until, "never scored"
        time.sleep(0.2)
