"""Forged tokens: refused by the gateway and, past it, by each service."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from pydantic import SecretStr
from system import System, new_system
from token_parts import decoded

from gateway.use_cases.keyring import Sealer
from shared.issuer import DEMO_ORGANISATION, Issuer
from shared.postgres import EmbeddedPostgres

PATHS = {
    "gateway": "/v1/me",
    "inspections": "/v1/accommodations",
    "scoring": "/v1/scores",
    "routing": "/v1/plans",
}
EMAIL, PASSWORD = "first@a.example", "quatre mots tirés au sort"


@dataclass
class Genuine:
    """A Ronde in production mode, a token its gateway signed, and its published key."""

    system: System
    token: str
    key: ECKey

    @property
    def claims(self) -> dict[str, object]:
        return decoded(self.token)

    @property
    def head(self) -> dict[str, object]:
        return decoded(self.token, part=0)


@pytest.fixture(scope="module")
def genuine() -> Iterator[Genuine]:
    with new_system(demo=False) as system:
        system.command(
            "access", "first-admin", "--organisation", "A", "--email", EMAIL,
            "--directory", str(system.directory), RONDE_PASSWORD=PASSWORD,
        )  # fmt: skip
        url = system.running.gateway_url
        signed_in = httpx.post(
            f"{url}/v1/sessions", json={"email": EMAIL, "password": PASSWORD}, trust_env=False
        )
        assert signed_in.status_code == 201, signed_in.text
        token = signed_in.json()["access_token"]
        published = httpx.get(f"{url}/access/keys", trust_env=False).json()
        kid = decoded(token, part=0)["kid"]
        key = next(it for it in KeySet.import_key_set(published).keys if it.kid == kid)
        yield Genuine(system, token, key)


def unpadded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def altered(it: Genuine, **changes: object) -> str:
    head, _, signature = it.token.split(".")
    return f"{head}.{unpadded(it.claims | changes)}.{signature}"


def signed_by_a_stranger(it: Genuine, **head: object) -> str:
    key = ECKey.generate_key("P-256")
    return jwt.encode({"alg": "ES256"} | it.head | head, it.claims, key)


def with_secret(it: Genuine, secret: bytes) -> str:
    signed = f"{unpadded(it.head | {'alg': 'HS256'})}.{unpadded(it.claims)}"
    digest = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def as_rsa(it: Genuine) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode(it.head | {"alg": "RS256"}, it.claims, key)


def with_own_key_inside(it: Genuine) -> str:
    key = ECKey.generate_key("P-256")
    head = {"alg": "ES256", "jwk": key.as_dict(private=False), "kid": it.key.kid}
    return jwt.encode(head, it.claims, key)


def of_the_demo_issuer(it: Genuine) -> str:
    demo = Issuer(it.system.running.gateway_url)
    return demo.token("demo:admin", organisations=[DEMO_ORGANISATION], roles=["admin"])


FORGERIES: dict[str, Callable[[Genuine], str]] = {
    "alg none": lambda it: f"{unpadded(it.head | {'alg': 'none'})}.{unpadded(it.claims)}.",
    "alg None": lambda it: f"{unpadded(it.head | {'alg': 'None'})}.{unpadded(it.claims)}.",
    "HS256 with the public PEM": lambda it: with_secret(it, it.key.as_pem(private=False)),
    "HS256 with the public JWK": lambda it: with_secret(
        it, json.dumps(it.key.as_dict(private=False)).encode()
    ),
    "HS256 with nothing": lambda it: with_secret(it, b""),
    "RS256 by a stranger": as_rsa,
    "kid is a path": lambda it: signed_by_a_stranger(it, kid="../../../../dev/null"),
    "kid is SQL": lambda it: signed_by_a_stranger(it, kid="' or 1=1 --"),
    "kid is absent": lambda it: signed_by_a_stranger(it, kid=""),
    "kid is ours": signed_by_a_stranger,
    "its own key inside": with_own_key_inside,
    "later exp": lambda it: altered(it, exp=int(time.time()) + 10**6),
    "other roles": lambda it: altered(it, roles=["admin", "service"]),
    "other organisation": lambda it: altered(it, orgs=["00000000-0000-4000-8000-0000000000ff"]),
    "other issuer": lambda it: altered(it, iss="http://stranger.example"),
    "no signature": lambda it: it.token.rpartition(".")[0] + ".",
    "two parts": lambda it: it.token.rpartition(".")[0],
    "of the demo issuer": of_the_demo_issuer,
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_refused_everywhere(genuine: Genuine, forgery: str) -> None:
    token = FORGERIES[forgery](genuine)
    for service, path in PATHS.items():
        # The gateway passes it on to none of them, and none of them relies on that.
        urls = {genuine.system.running.gateway_url, genuine.system.running.urls[service]}
        for url in urls:
            answer = get(url + path, token)
            assert answer.status_code == 401, (url + path, answer.text)
            assert answer.json()["type"].endswith("/unauthenticated")


def test_the_genuine_token_is_believed_everywhere(genuine: Genuine) -> None:
    for service, path in PATHS.items():
        urls = {genuine.system.running.gateway_url, genuine.system.running.urls[service]}
        for url in urls:
            answer = get(url + path, genuine.token)
            assert answer.status_code == 200, (url + path, answer.text)


def test_what_our_own_key_signed_is_refused_when_it_is_for_others_or_over(
    genuine: Genuine,
) -> None:
    key = private_key(genuine)
    for changes in ({"aud": "other"}, {"aud": None}, {"exp": int(time.time()) - 60}, {"exp": None}):
        kept = {name: it for name, it in (genuine.claims | changes).items() if it is not None}
        token = jwt.encode(genuine.head, kept, key)
        for service, path in PATHS.items():
            for url in {genuine.system.running.gateway_url, genuine.system.running.urls[service]}:
                assert get(url + path, token).status_code == 401, (changes, url)


def private_key(it: Genuine) -> ECKey:
    """Take the gateway's own key out of its database, as only its operator can."""
    folder = it.system.directory
    secret = json.loads((folder / "key-secret.json").read_text())["gateway"]
    where = EmbeddedPostgres(folder / "postgres").conninfo("gateway", "gateway")
    with psycopg.connect(where) as connection:
        sealed = connection.execute(
            "select private from signing_key where id = %s", [it.key.kid]
        ).fetchone()[0]
    return ECKey.import_key(json.loads(Sealer(SecretStr(secret)).unseal(sealed)))


def test_production_serves_no_demo_issuer(genuine: Genuine) -> None:
    url = genuine.system.running.gateway_url
    assert httpx.post(f"{url}/demo/token", trust_env=False).status_code in {404, 405}


def get(url: str, token: str) -> httpx.Response:
    return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
