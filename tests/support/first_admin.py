"""Somebody with an account of a Ronde that knows no identity provider, as after a first start."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from commands import run
from system import System

EMAIL, PASSWORD = "pascale@example.org", "a long enough password"


def let_in(system: System) -> None:
    """Give a Ronde its first account."""
    person = ("--organisation", "A", "--email", EMAIL)
    where = ("--directory", system.directory)
    done = run("access", "first-admin", *person, *where, RONDE_PASSWORD=PASSWORD)
    assert done.returncode == 0, done.stderr


@contextmanager
def signed_in(system: System) -> Iterator[httpx.Client]:
    """Give a client that is signed in."""
    url = system.running.gateway_url
    person = {"email": EMAIL, "password": PASSWORD}
    answer = httpx.post(f"{url}/v1/sessions", json=person, trust_env=False, timeout=30)
    assert answer.status_code == 201, answer.text
    opened = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    with httpx.Client(base_url=url, headers=opened, trust_env=False, timeout=60) as client:
        yield client


def verified(system: System, client: httpx.Client) -> None:
    """See that the chains of the record and of the audit are whole."""
    token = client.headers["Authorization"].removeprefix("Bearer ")
    known = {"RONDE_URL": system.running.gateway_url, "RONDE_TOKEN": token}
    chain = run("record", "verify", "--json", **known)
    assert (chain.returncode, json.loads(chain.stdout)["whole"]) == (0, True), chain.stderr
    audit = run("verify-audit", "--directory", system.directory, "--json")
    assert (audit.returncode, json.loads(audit.stdout)["whole"]) == (0, True), audit.stderr
