"""An organisation of its own on a running Ronde: its people have accounts, its programs keys."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx
from system import System

from gateway.jobs.commands import run_first_admin

PASSWORD = "quatre mots tirés au sort"
COORDINATOR = ("reader", "inspector", "planner", "manager")
Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Organisation:
    """What its first administrator may do; nobody of another organisation sees any of it."""

    system: System
    name: str
    admin: httpx.Client

    def person(self, name: str, *roles: str) -> httpx.Client:
        """Invite somebody, who chooses a password and signs in; without roles, a coordinator."""
        email = f"{name}@{self.name}.example"
        wanted = {"email": email, "name": name, "roles": list(roles or COORDINATOR)}
        link = told(self.admin.post("/v1/invitations", json=wanted), 201)["link"]
        accepted = {"token": link.partition("#")[2], "password": PASSWORD}
        told(httpx.post(self._url("/v1/invitation-acceptances"), json=accepted, **PLAIN), 201)
        return signed_in(self.system, email)

    def program(self, name: str, *roles: str, scopes: list[str]) -> httpx.Client:
        """Make a key for a partner's program, of a day."""
        until = datetime.now(UTC) + timedelta(days=1)
        wanted = {"name": name, "roles": list(roles), "scopes": scopes}
        made = self.admin.post("/v1/keys", json=wanted | {"expires_at": until.isoformat()})
        return self.system.client_with(told(made, 201)["key"])

    def _url(self, path: str) -> str:
        return f"{self.system.running.gateway_url}{path}"


PLAIN = {"trust_env": False, "timeout": 60}


def founded(system: System, name: str) -> Organisation:
    """Make an organisation as `ronde access first-admin` does, and sign its administrator in."""
    email = f"direction@{name}.example"
    made = run_first_admin(system.directory, name, name="Direction", email=email, password=PASSWORD)
    assert made.good, made.sentence
    return Organisation(system, name, signed_in(system, email))


def signed_in(system: System, email: str) -> httpx.Client:
    """Sign in with an account."""
    url = f"{system.running.gateway_url}/v1/sessions"
    person = {"email": email, "password": PASSWORD}
    return system.client_with(told(httpx.post(url, json=person, **PLAIN), 201)["access_token"])


def told(answer: httpx.Response, status: int = 200) -> dict[str, object]:
    """Read an answer that must have this status."""
    assert answer.status_code == status, f"{answer.request.url.path}: {answer.text}"
    return answer.json()


def items(client: httpx.Client, path: str, **query: object) -> list[dict[str, object]]:
    """Read a list to its end."""
    found, cursor = [], {}
    while True:
        page = told(client.get(path, params={"limit": 100} | query | cursor))
        found += page["items"]
        if page.get("next_cursor") is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def until(look: Callable[[], Seen | None], what: str, patience_s: float = 60) -> Seen:
    """Look again and again until something is there."""
    give_up = time.monotonic() + patience_s
    while not (seen := look()):
        assert time.monotonic() < give_up, f"{what}: not after {patience_s:.0f} s"
        time.sleep(0.05)
    return seen


def changed(
    client: httpx.Client, path: str, changes: Mapping[str, object], verb: str = "PATCH"
) -> dict[str, object]:
    """Change a thing as it was read just before."""
    etag = {"If-Match": client.get(path).headers["etag"]}
    return told(client.request(verb, path, json=changes, headers=etag))


def names_in(text: str, words: Mapping[str, str]) -> list[str]:
    """Tell which of the words a text holds, by what they are called, however they are spaced."""
    plain = "".join(text.split()).casefold()
    return [name for name, it in words.items() if "".join(it.split()).casefold() in plain]
