"""Who has access: invited in the console, and signed in with the password they chose."""

from uuid import uuid4

import httpx
import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from console_demo import TOKEN_IS_OVER, Demo, Visitor
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PASSWORD = "quatre mots tirés au sort"


def test_somebody_invited_chooses_a_password_and_signs_in(
    browser, administrator: Visitor, demo: Demo
):
    administrator.open("#/admin")
    email = f"{uuid4().hex[:8]}@association.example"
    link = administrator.invite("Amina", email)
    assert link.startswith(demo.url)
    assert Axe().run(administrator.page).violations_count == 0

    guest = Visitor(browser, demo)
    guest.page.goto(link)
    guest.page.get_by_label("Mot de passe").fill("trop court")
    guest.page.get_by_role("button", name="Enregistrer").click()
    expect(guest.page.get_by_text("Mot de passe enregistré")).to_have_count(0)
    guest.take_up(link, PASSWORD)
    guest.sign_in_with(email, PASSWORD)
    assert guest.page.get_by_role("link", name="Accès", exact=True).count() == 0
    assert guest.troubles == []
    # Many parts of a page find at once that the token is over; its successor is asked for once.
    renewals = []
    guest.page.on("request", lambda it: renewals.append(it.url) if "renewals" in it.url else None)
    guest.page.evaluate(TOKEN_IS_OVER)
    guest.open("#/territories")
    assert guest.page.locator(".sign-in").count() == 0
    assert guest.page.locator(".trouble").count() == 0
    assert len(renewals) == 1
    change_of_own(guest)
    guest.close()


def change_of_own(guest: Visitor) -> None:
    """Add an authenticator, and change the password, in one's own account."""
    guest.page.get_by_role("link", name="Mon compte").click()
    code = guest.page.locator(".part:has(h2:text('Code à usage unique'))")
    code.get_by_label("Mot de passe actuel").fill(PASSWORD)
    code.get_by_role("button", name="Commencer").click()
    key = code.locator(".secret").input_value()
    assert Axe().run(guest.page).violations_count == 0
    code.get_by_label("Code à six chiffres").fill(pyotp.TOTP(key).now())
    code.get_by_role("button", name="Confirmer").click()
    code.get_by_text("Le code est demandé").wait_for()
    password = guest.page.locator(".part:has(h2:text('Changer'))")
    password.get_by_label("Mot de passe actuel").fill(PASSWORD)
    password.get_by_label("Nouveau mot de passe").fill(f"{PASSWORD} encore")
    password.get_by_role("button", name="Changer").click()
    password.get_by_text("Le mot de passe est changé").wait_for()
    password.get_by_role("button", name="Se connecter").click()
    guest.page.locator(".sign-in").wait_for()


def test_a_key_is_shown_once_opens_what_it_says_and_is_revoked(administrator: Visitor, demo: Demo):
    administrator.open("#/admin")
    form = (
        administrator.page.locator("section", has_text="Clé pour un programme").locator("form").last
    )
    form.get_by_label("Nom").fill("entrepôt")
    form.get_by_role("button", name="Créer la clé").click()
    key = form.locator(".secret").input_value()
    with httpx.Client(
        base_url=demo.url, headers={"Authorization": f"Bearer {key}"}, trust_env=False
    ) as program:
        assert program.get("/v1/accommodations").status_code == 200
        assert program.post("/v1/accommodations", json={}).status_code == 403
        row = administrator.page.locator("tr", has_text="entrepôt")
        row.get_by_role("button", name="Révoquer").click()
        expect(row).to_have_count(0)
        assert program.get("/v1/accommodations").status_code == 401
