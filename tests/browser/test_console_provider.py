"""Signing in at an identity provider from the console, in a browser, and out again."""

import json
from typing import Any

import pytest
from console_demo import PATIENCE_MS, TOKEN_IS_OVER
from identity_provider import Provider, installed, key
from playwright.sync_api import expect
from system import System, new_system

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

SERVICES = ("GATEWAY", "INSPECTIONS", "SCORING", "ROUTING")


@pytest.fixture
def provider(tmp_path):
    with installed(tmp_path) as made:
        yield made


@pytest.fixture
def ronde(provider: Provider):
    variables = {f"{it}_ISSUERS": json.dumps([provider.issuer]) for it in SERVICES}
    variables["GATEWAY_SIGN_IN_CLIENTS"] = json.dumps({provider.issuer: "console"})
    with new_system(demo=False, **variables) as system:
        provider.console = f"{system.running.gateway_url}/console/"
        provider.start(key("first"))
        yield system


def sign_in(page: Any) -> None:
    page.get_by_role("button", name="Se connecter chez").click()
    page.locator("input[name=login]").fill("planner-amina")
    page.locator("input[name=password]").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    page.locator("h1", has_text="Aujourd’hui").wait_for()


def test_a_person_signs_in_at_their_provider_and_out_of_it(
    browser, provider: Provider, ronde: System
):
    context = browser.new_context(locale="fr-FR")
    page, troubles = context.new_page(), []
    page.set_default_timeout(PATIENCE_MS)
    ours = ronde.running.gateway_url

    def hear(message: Any) -> None:
        # The provider's own pages ask for fonts of others.
        if message.type == "error" and message.location["url"].startswith(ours):
            troubles.append(f"{message.text} {message.location['url']}")

    page.on("console", hear)
    page.goto(f"{ours}/console/?lang=fr")
    sign_in(page)
    assert "code=" not in page.url, "the code does not stay in the address"
    page.get_by_role("link", name="Mon compte").click()
    page.get_by_text("Rôles : planification").wait_for()
    expect(page.get_by_label("Mot de passe")).to_have_count(0)
    page.reload()
    page.get_by_text("Rôles : planification").wait_for()
    page.evaluate(TOKEN_IS_OVER)
    page.get_by_role("link", name="Semaines").click()
    page.locator("h1", has_text="Semaines").wait_for()
    assert [it for it in troubles if "401" not in it] == [], "the provider gives another token"

    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.locator(".sign-in").wait_for()
    sign_in(page)
    provider.stop()
    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_text("mais pas chez le fournisseur").wait_for()
    assert page.locator(".sign-in").count() == 1
    assert [it for it in troubles if "401" not in it] == []
    context.close()
