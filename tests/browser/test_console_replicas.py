"""Two gateways asked in turn, request by request: no page and no session minds which answers."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
import record
from console_demo import TOKEN_IS_OVER, Visitor
from playwright.sync_api import expect
from production import Production, running
from turns import Turns, turns_between

from shared.testing import DatabaseMaker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

RONDE = [sys.executable, "-m", "shared.cli"]
EMAIL, PASSWORD = "chef@maraude.example", "quatre mots tirés au sort"
PAGES = ("", "history", "plans", "visits", "territories", "about", "rules", "admin", "account")


@pytest.fixture
def production(databases: DatabaseMaker, tmp_path) -> Iterator[Production]:
    with running(databases, tmp_path) as made:
        yield made


@pytest.fixture
def turns(production: Production) -> Iterator[Turns]:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port = opened.getsockname()[1]
    production.start_beside("gateway", port)
    second = f"http://127.0.0.1:{port}"
    transport = httpx.HTTPTransport(retries=30)
    with httpx.Client(transport=transport, trust_env=False) as client:
        client.get(f"{second}/readyz").raise_for_status()
    with turns_between([production.urls["gateway"], second]) as made:
        yield made


def test_pages_and_sessions_do_not_mind_which_gateway_answers(
    browser, production: Production, turns: Turns
):
    subprocess.run(
        [*RONDE, "access", "first-admin", "--organisation", "Maraude", "--email", EMAIL],
        env=os.environ | production.environment | {"RONDE_PASSWORD": PASSWORD},
        check=True,
        capture_output=True,
    )
    member = Visitor(browser, turns)
    member.page.goto(f"{turns.url}/console/?lang=fr")
    member.sign_in_with(EMAIL, PASSWORD)
    token = member.page.evaluate("JSON.parse(sessionStorage.session).access_token")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=turns.url, headers=headers, trust_env=False) as client:
        for number in range(6):
            place = client.post("/v1/accommodations", json=record.accommodation(number))
            seen = record.inspection(place.raise_for_status().json()["id"])
            client.post("/v1/inspections", json=seen).raise_for_status()
    for name in PAGES:
        member.open(f"#/{name}")
        assert member.page.locator(".trouble").count() == 0, name
    member.page.evaluate(TOKEN_IS_OVER)
    member.open("#/history")
    assert member.page.locator(".sign-in").count() == 0, "renewed at either"

    member.open("#/admin")
    email = f"{uuid4().hex[:8]}@maraude.example"
    link = member.invite("Amina", email)
    guest = Visitor(browser, turns)
    guest.take_up(f"{turns.url}/invitation{link[link.index('#') :]}", PASSWORD)
    guest.sign_in_with(email, PASSWORD)
    expect(guest.page.get_by_role("link", name="Accès", exact=True)).to_have_count(0)
    guest.page.get_by_role("button", name="Se déconnecter").click()
    guest.page.locator(".sign-in").wait_for()

    assert [it for it in member.troubles if "401" not in it] == []
    assert guest.troubles == []
    assert min(turns.asked.values()) > 50
    assert len(turns.asked) == 2
    for it in (member, guest):
        it.close()
