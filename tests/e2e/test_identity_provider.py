"""Signing in with a real OpenID Connect provider: `oidc-provider`, run by node beside a Ronde.

Code and PKCE as the console does it, a program's own credentials, keys that rotate, and signing
out; against the gateway and, past it, each service.
"""

import base64
import hashlib
import json
import re
import secrets
import time
import weakref
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from identity_provider import Provider, installed, key
from system import System, new_system
from token_parts import decoded

from shared.testing import OURS

pytestmark = pytest.mark.slow

SIGNED_IN, SIGNED_OUT = "http://127.0.0.1:9/signed-in", "http://127.0.0.1:9/signed-out"
PATHS = {
    "gateway": "/v1/me",
    "inspections": "/v1/accommodations",
    "scoring": "/v1/scores",
    "routing": "/v1/plans",
}
# A service reads an issuer's keys once a minute.
KEYS_S = 60


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with installed(tmp_path_factory.mktemp("provider")) as made:
        made.start(key("first"))
        yield made


@pytest.fixture(scope="module")
def ronde(provider: Provider) -> Iterator[System]:
    issuers = json.dumps([provider.issuer])
    variables = {f"{name}_ISSUERS".upper(): issuers for name in PATHS}
    variables["GATEWAY_SIGN_IN_CLIENTS"] = json.dumps({provider.issuer: "console"})
    with new_system(demo=False, **variables) as system:
        yield system


class Person:
    """Somebody with a browser at the provider."""

    def __init__(self, provider: Provider) -> None:
        self.about = provider.about()
        self.browser = httpx.Client(trust_env=False, follow_redirects=False)
        weakref.finalize(self, self.browser.close)
        self.verifier = secrets.token_urlsafe(48)

    def code(self, name: str, **more: str) -> dict[str, list[str]]:
        """Go to the provider, sign in there, and come back with what it says, a code at best."""
        state = secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": "console",
            "redirect_uri": SIGNED_IN,
            "scope": "openid",
            "state": state,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        url = httpx.URL(self.about["authorization_endpoint"], params=asked | more)
        said = parse_qs(urlsplit(self._walk(str(url), name)).query)
        assert said["state"] == [state]
        return said

    def token(self, **form: str) -> httpx.Response:
        """Ask for tokens, as a page does: without a secret."""
        wanted = {"client_id": "console", "redirect_uri": SIGNED_IN} | form
        return httpx.post(self.about["token_endpoint"], data=wanted, trust_env=False)

    def sign_in(self, name: str) -> dict[str, str]:
        """Sign in and give the code for tokens."""
        code = self.code(name)["code"][0]
        answer = self.token(grant_type="authorization_code", code=code, code_verifier=self.verifier)
        return answer.raise_for_status().json()

    def _walk(self, url: str, name: str) -> str:
        """Follow the redirects, filling in what is asked, until one leads back to the console."""
        answer = self.browser.get(url)
        for _ in range(12):
            if answer.is_redirect:
                url = str(answer.url.join(answer.headers["location"]))
                if url.startswith((SIGNED_IN, SIGNED_OUT)):
                    return url
                answer = self.browser.get(url)
            else:
                answer = self._fill_in(answer, name)
        raise AssertionError(f"never came back: {answer.url} {answer.text[:500]}")

    def _fill_in(self, page: httpx.Response, name: str) -> httpx.Response:
        assert page.status_code == 200, page.text
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)[1]
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        if hidden.get("prompt") == "login":
            hidden |= {"login": name, "password": "anything"}
        if "logout" in page.text and "xsrf" in hidden:
            hidden["logout"] = "yes"
        return self.browser.post(str(page.url.join(action)), data=hidden)

    def sign_out(self, token: dict[str, str]) -> str:
        """Sign out at the provider, as the console's button does."""
        asked = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": SIGNED_OUT}
        url = httpx.URL(self.about["end_session_endpoint"], params=asked)
        return self._walk(str(url), "")

    def is_signed_in(self) -> bool:
        """Ask the provider without showing anybody a page."""
        return "error" not in self.code("", prompt="none")


def statuses(ronde: System, token: str) -> set[int]:
    """Return what the gateway, and each service past it, answer to a token."""
    headers = {"Authorization": f"Bearer {token}"}
    return {
        httpx.get(url + path, headers=headers, trust_env=False).status_code
        for service, path in PATHS.items()
        for url in {ronde.running.gateway_url, ronde.running.urls[service]}
    }


def machine_token(provider: Provider) -> str:
    """Get a program's token for its own credentials."""
    answer = httpx.post(
        provider.about()["token_endpoint"],
        data={"grant_type": "client_credentials"},
        auth=("dashboard", "a%20secret%20of%20the%20dashboard"),
        trust_env=False,
    )
    return answer.raise_for_status().json()["access_token"]


def test_a_person_signs_in_by_code_and_pkce_and_signs_out(
    provider: Provider, ronde: System
) -> None:
    options = httpx.get(f"{ronde.running.gateway_url}/v1/sign-in-options", trust_env=False).json()
    assert options["providers"] == {provider.issuer: "console"}
    person = Person(provider)
    token = person.sign_in("planner-amina")
    assert statuses(ronde, token["access_token"]) == {200}
    me = httpx.get(
        f"{ronde.running.gateway_url}/v1/me",
        headers={"Authorization": f"Bearer {token['access_token']}"},
        trust_env=False,
    ).json()
    assert (me["subject"], me["organisation"]) == ("planner-amina", str(OURS))
    assert "plan_visits" in me["allowed_actions"]
    assert statuses(ronde, token["id_token"]) == {401}, "an identity is not a permission"
    assert person.is_signed_in()
    assert person.sign_out(token).startswith(SIGNED_OUT)
    assert not person.is_signed_in()
    renewed = person.token(grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert (renewed.status_code, renewed.json()["error"]) == (400, "invalid_grant")


def test_a_stolen_code_is_worth_nothing_without_its_verifier(provider: Provider) -> None:
    person = Person(provider)
    code = person.code("planner-amina")["code"][0]
    thief = person.token(grant_type="authorization_code", code=code, code_verifier="w" * 64)
    assert (thief.status_code, thief.json()["error"]) == (400, "invalid_grant")


def test_a_program_calls_with_its_own_credentials(provider: Provider, ronde: System) -> None:
    token = machine_token(provider)
    assert decoded(token)["sub"] == "dashboard"
    assert statuses(ronde, token) == {200}


def test_keys_rotate_and_a_withdrawn_one_is_refused_within_a_minute(
    provider: Provider, ronde: System
) -> None:
    first, second = key("one"), key("two")
    provider.start(first)
    old = machine_token(provider)
    until = time.monotonic() + KEYS_S
    while statuses(ronde, old) != {200}:
        assert time.monotonic() < until, "a new key is asked for soon after it was seen"
        time.sleep(1)
    provider.start(second, first)
    new = machine_token(provider)
    assert decoded(new, part=0)["kid"] == "two"
    assert statuses(ronde, old) == {200}, "while it is still published"
    until = time.monotonic() + KEYS_S
    while statuses(ronde, new) != {200}:
        assert time.monotonic() < until
        time.sleep(1)
    provider.start(second)
    withdrawn_at = time.monotonic()
    while statuses(ronde, old) != {401}:
        assert time.monotonic() < withdrawn_at + KEYS_S + 10
        time.sleep(1)
    print(f"\nrefused everywhere {time.monotonic() - withdrawn_at:.0f} s after it was withdrawn")
    assert statuses(ronde, new) == {200}


def test_while_the_provider_is_away_known_keys_go_on_serving(
    provider: Provider, ronde: System
) -> None:
    known = machine_token(provider)
    assert statuses(ronde, known) == {200}
    provider.stop()
    assert statuses(ronde, known) == {200}
