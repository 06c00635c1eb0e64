"""Tokens: only those our issuers signed, for us, now, are believed."""

import asyncio
import base64
import hmac
import json
import time
from functools import partial
from types import SimpleNamespace
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from shared.auth import Verifier, bearer, caller_of, discover_keys
from shared.issuer import Issuer
from shared.problems import Problem
from shared.serve import listen, serving

ORGANISATION = UUID(int=1)
ISSUER = Issuer("http://issuer.test")


class Source:
    """Gives an issuer's keys and counts how often it was asked."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.asked = 0

    async def __call__(self, _issuer: str) -> KeySet:
        self.asked += 1
        return KeySet.import_key_set(self.issuer.keys())


def verifier(source: Source | None = None) -> Verifier:
    return Verifier([ISSUER.url], "ronde", key_source=source or Source(ISSUER))


def good_token(**changes: object) -> str:
    claims = {
        "iss": ISSUER.url,
        "aud": "ronde",
        "sub": "somebody",
        "exp": int(time.time()) + 100,
        "orgs": [str(ORGANISATION)],
        "roles": ["reader"],
    } | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": ISSUER.key.kid}, kept, ISSUER.key)


def unpadded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def tampered(**changes: object) -> str:
    head, body, signature = good_token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    return ".".join([head, unpadded(claims | changes), signature])


def with_algorithm_none() -> str:
    _, body, _ = good_token().split(".")
    return f"{unpadded({'alg': 'none', 'kid': ISSUER.key.kid})}.{body}."


def signed_with_the_public_key_as_a_secret() -> str:
    _, body, _ = good_token().split(".")
    signed = f"{unpadded({'alg': 'HS256', 'kid': ISSUER.key.kid})}.{body}"
    digest = hmac.digest(ISSUER.key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def signed_by_another_key(kid: str | None = None) -> str:
    stranger = ECKey.generate_key("P-256")
    head = {"alg": "ES256", "kid": kid or ISSUER.key.kid}
    return jwt.encode(head, {"iss": ISSUER.url}, stranger)


def nested_too_deeply() -> str:
    head, _, signature = good_token().split(".")
    deep = base64.urlsafe_b64encode(b"[" * 30_000).rstrip(b"=").decode()
    return f"{head}.{deep}.{signature}"


def without_signature() -> str:
    head, body, _ = good_token().split(".")
    return f"{head}.{body}."


async def test_a_good_token_is_believed() -> None:
    claims = await verifier().claims(good_token())
    assert claims["sub"] == "somebody"


@pytest.mark.parametrize(
    "token",
    [
        "not a token",
        "a.b.c",
        with_algorithm_none(),
        signed_with_the_public_key_as_a_secret(),
        signed_by_another_key(),
        without_signature(),
        nested_too_deeply(),
        tampered(roles=["admin"]),
        tampered(exp=int(time.time()) + 10_000),
        good_token(exp=int(time.time()) - 60),
        good_token(exp=None),
        good_token(aud="another"),
        good_token(aud=None),
        good_token(sub=None),
        good_token(iss="http://stranger.test"),
        good_token(iss=None),
    ],
)
async def test_any_other_token_is_refused_with_401(token: str) -> None:
    with pytest.raises(Problem) as refused:
        await verifier().claims(token)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"] == "Bearer"


async def test_keys_are_fetched_once_for_many_tokens() -> None:
    source = Source(ISSUER)
    asked = verifier(source)
    for subject in ("one", "two", "two"):
        await asked.claims(good_token(sub=subject))
    assert source.asked == 1


async def test_an_unknown_key_is_asked_for_again_only_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Source(Issuer(ISSUER.url))
    asked = verifier(source)
    for _ in range(3):
        with pytest.raises(Problem):
            await asked.claims(good_token())
    assert source.asked == 1
    source.issuer = ISSUER
    monkeypatch.setattr("shared.auth.REFETCH_S", 0.0)
    assert (await asked.claims(good_token()))["sub"] == "somebody"
    assert source.asked == 2


async def test_a_verified_token_is_remembered_no_longer_than_it_is_valid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = verifier()
    token = good_token(exp=int(time.time()) + 2)
    await asked.claims(token)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 20)
    with pytest.raises(Problem):
        await asked.claims(token)


async def test_the_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.auth.CACHE_SIZE", 2)
    asked = verifier()
    for subject in "abc":
        await asked.claims(good_token(sub=subject))
    assert len(asked._seen) == 2


async def test_an_issuer_that_does_not_answer_is_our_trouble_not_the_callers() -> None:
    async def unreachable(_issuer: str) -> KeySet:
        raise httpx.ConnectError("refused")

    with pytest.raises(Problem) as refused:
        await Verifier([ISSUER.url], "ronde", key_source=unreachable).claims(good_token())
    assert refused.value.status == 503


def pass_time(monkeypatch: pytest.MonkeyPatch, elapsed_s: float) -> None:
    """Let keys grow older, but not the event loop, whose timeouts must end what hangs."""
    then = time.monotonic() + elapsed_s
    clock = SimpleNamespace(monotonic=lambda: then, time=time.time)
    monkeypatch.setattr("shared.auth.time", clock)


class Away(Source):
    """Gives the keys once and then hangs, until it is told to fail."""

    def __init__(self, issuer: Issuer) -> None:
        super().__init__(issuer)
        self.hung_up = asyncio.Event()

    async def __call__(self, issuer: str) -> KeySet:
        if not self.asked:
            return await super().__call__(issuer)
        self.asked += 1
        await self.hung_up.wait()
        raise httpx.ConnectTimeout("no answer")


async def test_forged_tokens_do_not_delay_valid_ones_while_the_issuer_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Away(ISSUER)
    asked = verifier(source)
    await asked.claims(good_token())
    pass_time(monkeypatch, 60)
    forged = [
        asyncio.create_task(asked.claims(signed_by_another_key(f"key {n}"))) for n in range(5)
    ]
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        assert (await asked.claims(good_token(sub="another")))["sub"] == "another"
    source.hung_up.set()
    refusals = await asyncio.gather(*forged, return_exceptions=True)
    assert {it.status for it in refusals if isinstance(it, Problem)} == {503}
    assert source.asked == 2


async def test_a_withdrawn_key_loses_trust_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(ISSUER)
    asked = verifier(source)
    await asked.claims(good_token())
    source.issuer = Issuer(ISSUER.url)
    pass_time(monkeypatch, 55)
    await asked.claims(good_token(sub="just in time"))
    pass_time(monkeypatch, 65)
    with pytest.raises(Problem) as refused:
        await asked.claims(good_token(sub="too late"))
    assert refused.value.status == 401
    assert source.asked == 2


async def test_old_keys_are_asked_for_by_one_request_and_serve_the_others_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Away(ISSUER)
    asked = verifier(source)
    await asked.claims(good_token())
    pass_time(monkeypatch, 61)
    first = asyncio.create_task(asked.claims(good_token(sub="first")))
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await asked.claims(good_token(sub="second"))
    source.hung_up.set()
    assert (await first)["sub"] == "first"
    await asked.claims(good_token(sub="third"))
    assert source.asked == 2


async def test_an_issuer_that_was_away_at_the_start_is_soon_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Source(ISSUER)

    async def late(issuer: str) -> KeySet:
        keys = await source(issuer)
        if source.asked == 1:
            raise httpx.ConnectError("refused")
        return keys

    asked = Verifier([ISSUER.url], "ronde", key_source=late)
    for _ in range(3):
        with pytest.raises(Problem) as refused:
            await asked.claims(good_token())
        assert refused.value.status == 503
    assert source.asked == 1
    pass_time(monkeypatch, 2)
    assert (await asked.claims(good_token()))["sub"] == "somebody"


@pytest.mark.parametrize(
    "answer", ["<html>Sign in</html>", "[]", "7", '{"jwks_uri": 7}', "[" * 30_000, "not here"]
)
@pytest.mark.parametrize("spoiled", ["discovery", "keys"])
async def test_an_issuer_that_answers_nonsense_is_our_trouble_not_the_callers(
    monkeypatch: pytest.MonkeyPatch, answer: str, spoiled: str
) -> None:
    about = {"jwks_uri": f"{ISSUER.url}/keys"}

    def serve(request: httpx.Request) -> httpx.Response:
        if spoiled == "discovery" or request.url.path == "/keys":
            return httpx.Response(200, text=answer)
        return httpx.Response(200, json=about)

    client = partial(httpx.AsyncClient, transport=httpx.MockTransport(serve))
    monkeypatch.setattr("shared.auth.httpx.AsyncClient", client)
    with pytest.raises(Problem) as refused:
        await Verifier([ISSUER.url], "ronde").claims(good_token())
    assert refused.value.status == 503


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer   ", "Basic abc"])
def test_a_header_without_a_bearer_token_is_refused(header: str | None) -> None:
    with pytest.raises(Problem) as refused:
        bearer(header)
    assert refused.value.status == 401


def claims(**changes: object) -> dict[str, object]:
    return {"sub": "me", "orgs": [str(ORGANISATION)], "roles": ["reader"]} | changes


def test_the_caller_acts_for_the_organisation_of_the_token() -> None:
    caller = caller_of(claims(territories=["75"]), None)
    assert caller.organisation == ORGANISATION
    assert caller.territories == ("75",)


def test_unknown_roles_count_for_nothing() -> None:
    assert caller_of(claims(roles=["reader", "emperor"]), None).roles == {"reader"}
    assert caller_of(claims(roles="admin"), None).roles == frozenset()


def test_who_has_several_organisations_says_which() -> None:
    other = UUID(int=2)
    several = claims(orgs=[str(ORGANISATION), str(other)])
    with pytest.raises(Problem, match="Say for which"):
        caller_of(several, None)
    assert caller_of(several, str(other)).organisation == other


@pytest.mark.parametrize(
    ("orgs", "wanted", "status"),
    [
        ([], None, 403),
        (["not a UUID"], None, 403),
        ([str(ORGANISATION), ""], str(ORGANISATION), 403),
        ([str(ORGANISATION)], str(UUID(int=9)), 403),
        ([str(ORGANISATION)], "x", 400),
    ],
)
def test_an_organisation_the_token_does_not_name_is_refused(
    orgs: list[str], wanted: str | None, status: int
) -> None:
    with pytest.raises(Problem) as refused:
        caller_of(claims(orgs=orgs), wanted)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("roles", "hidden"), [(["inspector"], True), (["inspector", "planner"], False)]
)
def test_scores_are_hidden_from_who_is_an_inspector_and_nothing_else(
    roles: list[str], hidden: bool
) -> None:
    assert caller_of(claims(roles=roles), None).is_only_inspector is hidden


@pytest.mark.parametrize(
    ("header", "more"),
    [
        ({"typ": "logout+jwt"}, {}),
        ({"typ": "dpop+jwt"}, {}),
        ({"typ": ""}, {}),
        ({}, {"typ": "ID"}),
        ({}, {"typ": "Refresh"}),
        ({}, {"nonce": "n-0S6"}),
        ({}, {"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"}),
    ],
)
async def test_a_token_that_is_not_for_access_is_refused(header, more):
    claims = jwt.decode(good_token(), ISSUER.key).claims | more
    token = jwt.encode({"alg": "ES256", "kid": ISSUER.key.kid} | header, claims, ISSUER.key)
    with pytest.raises(Problem) as refused:
        await verifier().claims(token)
    assert refused.value.status == 401


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
async def test_a_token_that_says_it_is_for_access_is_taken(typ):
    claims = jwt.decode(good_token(), ISSUER.key).claims | {"typ": "Bearer"}
    header = {"alg": "ES256", "kid": ISSUER.key.kid, "typ": typ}
    assert await verifier().claims(jwt.encode(header, claims, ISSUER.key))


async def test_keys_of_a_discovery_that_names_another_issuer_are_not_taken():
    app = FastAPI()
    told = {"issuer": "http://other.test"}

    @app.get("/.well-known/openid-configuration")
    def discover() -> dict[str, str]:
        return told | {"jwks_uri": f"{url}/keys"}

    @app.get("/keys")
    def keys() -> object:
        return ISSUER.keys()

    sockets = [listen("127.0.0.1", 0)]
    url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    async with serving([app], sockets):
        with pytest.raises(ValueError, match=r"other\.test"):
            await discover_keys(url)
        told["issuer"] = url
        assert (await discover_keys(url)).keys
