"""What people who mean harm try at the gateway with what they rightly have, or with nothing."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from gateway_edge import Edge, edge, raw
from joserfc import jwt

from gateway.store.access_tables import AccountRow
from gateway.use_cases import own_account
from gateway.use_cases.invite import Person, first_administrator, written
from shared.auth import Verifier
from shared.paging import encode
from shared.problems import Problem
from shared.testing import ISSUER, OURS, THEIRS, TestDatabase, bearer

ADMIN = bearer()
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
PASSWORD = "quatre mots tirés au sort"
KEY = {"name": "k", "roles": ["reader"], "scopes": ["inspections:read"], "expires_at": TOMORROW}


async def made(door: Edge, **changes: object) -> dict[str, str]:
    got = await door.client.post("/v1/keys", json=KEY | changes)
    assert got.status_code == 201, got.text
    return got.json()


async def token_of(door: Edge, key: dict[str, str]) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": key["key"]}
    got = await door.client.post("/access/token", data=form)
    return {"Authorization": f"Bearer {got.json()['access_token']}"}


async def line(door: Edge, target: str, *headers: str, method: str = "GET") -> int:
    """Send a request as written, and return the status."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]
    return int((await raw(door.url, "\r\n".join(lines).encode())).split()[1])


@pytest.mark.parametrize(
    "rest",
    [
        "%2Fv1%2Fvisits%2F7%2Fx/v1/accommodations",
        "/v1/visits/7/../../accommodations",
        "/v1/visits/7/%2e%2e/%2e%2e/accommodations",
        "/v1/visits/7//x",
    ],
)
async def test_an_address_opens_no_other_path_by_how_it_is_written(door: Edge, rest: str):
    wanted = {"name": "agenda", "paths": ["/v1/visits/7"], "expires_at": TOMORROW}
    address = (await door.client.post("/v1/url-tokens", json=wanted)).json()
    base = httpx.URL(address["base_url"]).path
    assert await line(door, f"{base}/v1/visits/7/x") == 200
    asked = len(door.upstream.asked)
    assert await line(door, base + rest) in {401, 403, 404}
    assert len(door.upstream.asked) == asked, "nothing went to a service"


async def test_an_address_takes_no_token_but_its_own(door: Edge):
    token = bearer()["Authorization"].removeprefix("Bearer ")
    assert await line(door, f"/t/{token}/v1/visits") == 401
    assert await line(door, f"/t/{token}/v1/keys") == 401
    assert door.upstream.asked == []


async def test_two_authorizations_are_refused_so_that_none_is_checked_for_the_other(door: Edge):
    good, other = (f"Authorization: {bearer(it)['Authorization']}" for it in ("reader", "admin"))
    assert await line(door, "/v1/visits", good) == 200
    for path in ("/v1/visits", "/v1/keys", "/v1/me"):
        assert await line(door, path, other, good) == 401, path
    assert len(door.upstream.asked) == 1


async def test_a_key_makes_no_key_or_address_of_wider_scopes(door: Edge):
    key = await made(door, roles=["admin", "reader"], scopes=["gateway:write"])
    by = {"Authorization": f"Bearer {key['key']}"}
    wider = await door.client.post("/v1/keys", json=KEY, headers=by)
    assert wider.status_code == 403
    assert "inspections:read" in wider.json()["detail"]
    wanted = {"name": "agenda", "paths": ["/v1/visits"], "expires_at": TOMORROW}
    assert (await door.client.post("/v1/url-tokens", json=wanted, headers=by)).status_code == 403
    as_wide = KEY | {"scopes": ["gateway:read"]}
    assert (await door.client.post("/v1/keys", json=as_wide, headers=by)).status_code == 201


async def test_the_token_of_a_key_keeps_its_quota_and_ends_with_it(door: Edge):
    key = await made(door, daily_quota=2)
    by = await token_of(door, key)
    got = [(await door.client.get("/v1/visits", headers=by)).status_code for _ in range(3)]
    assert got == [200, 200, 429]
    other = await made(door)
    by = await token_of(door, other)
    assert (await door.client.get("/v1/visits", headers=by)).status_code == 200
    await door.client.delete(f"/v1/keys/{other['id']}")
    assert (await door.client.get("/v1/visits", headers=by)).status_code == 401


async def test_the_token_of_a_key_lasts_no_longer_than_the_key(door: Edge):
    soon = (datetime.now(UTC) + timedelta(seconds=40)).isoformat()
    by = await token_of(door, await made(door, expires_at=soon, scopes=["gateway:read"]))
    me = (await door.client.get("/v1/me", headers=by)).json()
    assert datetime.fromisoformat(me["expires_at"]) <= datetime.fromisoformat(soon)


async def test_who_administers_some_territories_gives_no_others(door: Edge):
    local = {"name": "l", "roles": ["admin"], "territories": ["75"]}
    key = await made(door, roles=["admin"], territories=["75"], scopes=["gateway:write"])
    by = {"Authorization": f"Bearer {key['key']}"}
    for territories in ([], ["93"], ["75", "93"]):
        person = local | {"email": "l@a.example", "territories": territories}
        got = await door.client.post("/v1/invitations", json=person, headers=by)
        assert got.status_code == 403, territories
    person = local | {"email": "l@a.example"}
    invited = await door.client.post("/v1/invitations", json=person, headers=by)
    assert invited.status_code == 201
    path = f"/v1/accounts/{invited.json()['account_id']}"
    etag = {"If-Match": (await door.client.get(path)).headers["etag"]}
    for territories in ([], ["93"]):
        change = {"territories": territories}
        got = await door.client.patch(path, json=change, headers=by | etag)
        assert got.status_code == 403, territories


async def test_the_session_of_an_identity_provider_is_not_ours_to_end(door: Edge):
    claims = {"sid": "no uuid", "roles": ["reader"]}
    by = {"Authorization": f"Bearer {foreign(claims)}"}
    assert (await door.client.delete("/v1/sessions/current", headers=by)).status_code == 404


async def test_a_rate_too_slow_to_count_is_refused(door: Edge):
    got = await door.client.post("/v1/keys", json=KEY | {"rate_per_s": 5e-324})
    assert got.status_code == 422


async def test_a_key_is_answered_by_a_problem_while_the_database_is_away():
    async with edge(key_secret="a secret of the tests") as door:
        by = {"Authorization": f"Bearer ronde_{'0' * 12}_{'x' * 43}"}
        got = await door.client.get("/v1/visits", headers=by)
        listed = await door.client.get("/v1/keys")
    assert (got.status_code, got.headers["content-type"]) == (503, "application/problem+json")
    assert (listed.status_code, listed.headers["retry-after"]) == (503, "2")
    assert "database does not answer" in listed.json()["detail"]


async def test_addresses_end_with_the_account_that_made_them(door: Edge):
    account, by = await joined(door, "maker@a.example")
    wanted = {"name": "agenda", "paths": ["/v1/visits"], "expires_at": TOMORROW}
    address = (await door.client.post("/v1/url-tokens", json=wanted, headers=by)).json()
    path = httpx.URL(address["base_url"]).path + "/v1/visits"
    assert await line(door, path) == 200
    at = f"/v1/accounts/{account['id']}"
    etag = {"If-Match": (await door.client.get(at)).headers["etag"]}
    off = await door.client.patch(at, json={"state": "disabled"}, headers=etag)
    assert off.status_code == 200
    door.app.state.key_exchange._known.clear()
    assert await line(door, path) == 401


async def test_a_mail_box_is_not_flooded_and_the_first_link_used_ends_the_others(
    gateway_database: TestDatabase, cheap_passwords: None
):
    async with edge(
        database_url=gateway_database.url,
        system_url=gateway_database.system_url,
        key_secret="a secret of the tests",
        smtp_url="smtp://mail.test",
    ) as door:
        state = door.app.state
        person = Person("flooded@a.example", "F", ["reader"], [])
        account = await first_administrator(state.database, "Flooded", person, PASSWORD)
        with gateway_database.administer() as connection:
            old = connection.execute(
                "update invitation set expires_at = now() + interval '50 minutes' "
                "where account_id = %s returning id",
                [account.id],
            ).fetchall()
        asked = [
            door.client.post("/v1/password-resets", json={"email": person.email}) for _ in range(5)
        ]
        assert {it.status_code for it in await asyncio.gather(*asked)} == {202}
        with gateway_database.administer() as connection:
            links = connection.execute(
                "select id from invitation where account_id = %s", [account.id]
            ).fetchall()
        assert len(links) == 2, "the one before, and one for all that was asked at once"
        assert [(await accepted(door, it[0])) for it in links] == [201, 404]
    assert old


async def test_who_found_a_token_does_not_guess_the_password(door: Edge):
    _, by = await joined(door, "guessed@a.example")
    new = "encore quatre mots au sort"
    tried = [
        (
            await door.client.post(
                "/v1/me/password", json={"current": current, "password": new}, headers=by
            )
        ).status_code
        for current in [f"guess {number}" for number in range(5)] + [PASSWORD]
    ]
    assert tried == [422] * 5 + [429]


async def test_two_administrators_do_not_take_each_other_away_at_once(door: Edge):
    organisation, database = uuid4(), door.app.state.database
    by = bearer("admin", organisation=organisation)
    first, second = [
        UUID((await joined(door, f"admin{it}@a.example", by=by, role="admin"))[0]["id"])
        for it in range(2)
    ]
    less = own_account.Wanted(None, ["reader"], None, None, drop_authenticator=False)

    async def demote(account_id: UUID) -> None:
        async with database.session(organisation) as session:
            await own_account.change(session, await session.get(AccountRow, account_id), less)

    async with database.session(organisation) as session:
        await own_account.change(session, await session.get(AccountRow, first), less)
        other = asyncio.create_task(demote(second))
        await asyncio.sleep(0.3)
    with pytest.raises(Problem, match="administers"):
        await other


async def test_asking_for_a_lost_answer_does_not_prolong_the_time_to_ask(
    door: Edge, gateway_database: TestDatabase
):
    await joined(door, "lost@a.example")
    body = {"email": "lost@a.example", "password": PASSWORD}
    first = (await door.client.post("/v1/sessions", json=body)).json()["refresh_token"]
    for age_s, status in ((0, 201), (20, 201), (20, 401)):
        with gateway_database.administer() as connection:
            connection.execute(
                "update account_session set renewed_at = renewed_at - make_interval(secs => %s) "
                "where id = %s",
                [age_s, first.partition(".")[0]],
            )
        renewal = await door.client.post("/v1/session-renewals", json={"refresh_token": first})
        assert renewal.status_code == status, age_s


@pytest.mark.parametrize("target", ["/t/a%ffb/v1/visits", "/t/%E2%82%AC/v1/visits", "/t/%/v1/x"])
async def test_an_address_written_wrongly_is_nobodys(door: Edge, target: str):
    assert await line(door, target) == 401


async def test_the_same_person_invited_at_once_is_invited_once(door: Edge):
    wanted = {"email": "once@a.example", "name": "O", "roles": ["reader"]}
    got = await asyncio.gather(
        *(door.client.post("/v1/invitations", json=wanted) for _ in range(5))
    )
    assert [it.status_code for it in got] == [201] * 5
    listed = (await door.client.get("/v1/accounts")).json()["items"]
    assert [it["email"] for it in listed].count("once@a.example") == 1


async def test_the_cursor_of_another_list_is_refused_not_unfound(door: Edge):
    got = await door.client.get("/v1/accounts", params={"cursor": encode("a@b.example", "1")})
    assert got.status_code == 422


async def test_keys_go_on_when_the_signing_key_is_replaced(door: Edge):
    key = await made(door)
    by = {"Authorization": f"Bearer {key['key']}"}
    assert (await door.client.get("/v1/visits", headers=by)).status_code == 200
    await door.app.state.keyring.replace()
    door.app.state.key_exchange._known[key["id"]].good_until = 0.0
    assert (await door.client.get("/v1/visits", headers=by)).status_code == 200
    sent = dict(door.upstream.asked[-1]["headers"])[b"authorization"].decode()
    service = Verifier([f"{door.url}/access"], "ronde")
    assert (await service.claims(sent.removeprefix("Bearer ")))["sub"] == f"key:{key['id']}"


async def test_a_forgotten_password_needs_no_mail_server(door: Edge):
    account, _ = await joined(door, "forgot@a.example")
    path = f"/v1/accounts/{account['id']}/links"
    assert (await door.client.post(path, headers=bearer("manager"))).status_code == 403
    theirs = bearer("admin", organisation=THEIRS)
    assert (await door.client.post(path, headers=theirs)).status_code == 404
    earlier, latest = [(await door.client.post(path)).json()["link"] for _ in range(2)]
    for link, status in ((earlier, 404), (latest, 201)):
        answer = {"token": link.partition("#")[2], "password": "encore quatre mots au sort"}
        got = await door.client.post("/v1/invitation-acceptances", json=answer)
        assert got.status_code == status


async def test_who_knows_only_the_id_of_a_session_does_not_end_it(door: Edge):
    await joined(door, "steady@a.example")
    body = {"email": "steady@a.example", "password": PASSWORD}
    good = (await door.client.post("/v1/sessions", json=body)).json()["refresh_token"]
    for token, status in ((good.partition(".")[0] + ".made.up", 401), (good, 201)):
        renewal = await door.client.post("/v1/session-renewals", json={"refresh_token": token})
        assert renewal.status_code == status


async def test_the_secret_of_a_service_is_not_guessed_for_long(gateway_settings):
    secrets = {"routing": "made up for the tests"}
    form = {"grant_type": "client_credentials", "client_id": "routing", "client_secret": "guess"}
    async with edge(**gateway_settings | {"service_secrets": secrets}) as door:
        path, right = "/access/token", form | {"client_secret": secrets["routing"]}
        assert (await door.client.post(path, data=right)).status_code == 200
        got = [(await door.client.post(path, data=form)).status_code for _ in range(60)]
        assert (got[0], got[-1]) == (401, 429)
        assert (await door.client.post(path, data=right)).status_code == 429


async def test_who_is_disabled_or_has_a_new_password_is_out_at_once(door: Edge):
    account, by = await joined(door, "leaving@a.example")
    path = f"/v1/accounts/{account['id']}"
    etag = (await door.client.get(path)).headers["etag"]
    assert (await door.client.get("/v1/visits", headers=by)).status_code == 200
    gone = await door.client.patch(path, json={"state": "disabled"}, headers={"If-Match": etag})
    assert gone.status_code == 200, gone.text
    assert (await door.client.get("/v1/visits", headers=by)).status_code == 401
    _, by = await joined(door, "changing@a.example")
    change = {"current": PASSWORD, "password": "encore quatre mots au sort"}
    changed = await door.client.post("/v1/me/password", json=change, headers=by)
    assert changed.status_code == 204
    assert (await door.client.get("/v1/visits", headers=by)).status_code == 401


async def test_an_authenticator_is_begun_with_the_password_not_with_a_found_token(door: Edge):
    _, by = await joined(door, "found@a.example")
    path = "/v1/me/authenticator"
    assert (await door.client.post(path, headers=by)).status_code == 422
    wrong = await door.client.post(path, json={"current": "guess"}, headers=by)
    assert wrong.json()["errors"][0]["pointer"] == "/current"
    begun = await door.client.post(path, json={"current": PASSWORD}, headers=by)
    assert begun.status_code == 201


async def test_another_secret_than_the_keys_were_sealed_with_is_told(gateway_settings):
    key = {"grant_type": "client_credentials", "client_id": "r", "client_secret": "s"}
    async with edge(**gateway_settings | {"service_secrets": {"r": "s"}}) as door:
        assert (await door.client.post("/access/token", data=key)).status_code == 200
    other = gateway_settings | {"key_secret": "another secret of forty characters, made up"}
    async with edge(**other | {"service_secrets": {"r": "s"}}) as door:
        got = await door.client.post("/access/token", data=key)
        assert got.status_code == 503
        assert "GATEWAY_KEY_SECRET" in got.json()["detail"]


async def joined(
    door: Edge, email: str, *, by: dict[str, str] = ADMIN, role: str = "reader"
) -> tuple[dict[str, str], dict[str, str]]:
    """Invite somebody who accepts and signs in; return the account, and headers."""
    wanted = {"email": email, "name": "A", "roles": [role]}
    invited = await door.client.post("/v1/invitations", json=wanted, headers=by)
    link = invited.json()["link"]
    answer = {"token": link.partition("#")[2], "password": PASSWORD}
    account = (await door.client.post("/v1/invitation-acceptances", json=answer)).json()
    signed_in = await door.client.post("/v1/sessions", json={"email": email, "password": PASSWORD})
    return account, {"Authorization": f"Bearer {signed_in.json()['access_token']}"}


async def accepted(door: Edge, invitation_id: UUID) -> int:
    token = written(invitation_id, door.app.state.sealer)
    answer = {"token": token, "password": "encore quatre mots au sort"}
    return (await door.client.post("/v1/invitation-acceptances", json=answer)).status_code


def foreign(more: dict[str, object]) -> str:
    """Sign what an identity provider might, with claims of its own."""
    now = int(time.time())
    claims = {"iss": ISSUER.url, "aud": "ronde", "sub": "f", "iat": now, "exp": now + 60}
    header = {"alg": "ES256", "kid": ISSUER.key.kid}
    return jwt.encode(header, claims | {"orgs": [str(OURS)]} | more, ISSUER.key)
