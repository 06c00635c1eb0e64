"""Accounts of the gateway: invited, signed in, renewed, locked out for a while, and disabled."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
from gateway_edge import Edge, edge
from mail_box import mail_taken

from gateway.main import run_worker
from gateway.settings import Settings
from gateway.use_cases import passwords
from gateway.use_cases import sign_in as signing
from gateway.use_cases.invite import Person, first_administrator
from shared.testing import OURS, THEIRS, TestDatabase, bearer

PASSWORD = "quatre mots tirés au sort"


async def member(door: Edge, email: str, *roles: str) -> dict[str, str]:
    """Invite somebody and accept; return the account."""
    wanted = {"email": email, "name": "Amina", "roles": list(roles or ("reader",))}
    invited = await door.client.post("/v1/invitations", json=wanted)
    assert invited.status_code == 201, invited.text
    token = invited.json()["link"].partition("#")[2]
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as stranger:
        accepted = await stranger.post(
            "/v1/invitation-acceptances", json={"token": token, "password": PASSWORD}
        )
        again = await stranger.post(
            "/v1/invitation-acceptances", json={"token": token, "password": PASSWORD}
        )
    assert accepted.status_code == 201, accepted.text
    assert again.status_code == 404, "an invitation works once"
    return accepted.json()


async def sign_in(door: Edge, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as stranger:
        body = {"email": email, "password": password, **more}
        return await stranger.post("/v1/sessions", json=body)


def headers(signed_in: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {signed_in.json()['access_token']}"}


async def test_who_is_invited_signs_in_and_is_who_they_were_invited_as(door: Edge):
    account = await member(door, "Amina@Association.example", "planner", "reader")
    signed_in = await sign_in(door, "amina@association.EXAMPLE")
    assert signed_in.status_code == 201
    assert signed_in.headers["cache-control"] == "no-store"
    me = (await door.client.get("/v1/me", headers=headers(signed_in))).json()
    assert me["subject"] == f"account:{account['id']}"
    assert me["roles"] == ["planner", "reader"]
    assert me["organisation"] == str(OURS)
    assert "plan_visits" in me["allowed_actions"]
    assert "administer_access" not in me["allowed_actions"]
    passed = await door.client.get("/v1/visits", headers=headers(signed_in))
    assert passed.status_code == 200
    assert (await door.client.get("/v1/accounts", headers=headers(signed_in))).status_code == 403


async def test_the_first_administrator_can_do_everything(
    door: Edge, gateway_database: TestDatabase
):
    database = door.app.state.database
    person = Person("chef@elsewhere.example", "Chef", ["admin"], [])
    await first_administrator(database, "Elsewhere", person, PASSWORD)
    with pytest.raises(Exception, match="has an account"):
        await first_administrator(database, "Elsewhere", person, PASSWORD)
    signed_in = await sign_in(door, "chef@elsewhere.example")
    listed = await door.client.get("/v1/accounts", headers=headers(signed_in))
    assert [it["email"] for it in listed.json()["items"]] == ["chef@elsewhere.example"]
    with gateway_database.administer() as connection:
        kept = connection.execute("select row_to_json(account)::text from account").fetchall()
    assert PASSWORD not in str(kept)
    assert "$argon2id$" in str(kept)


async def test_passwords_cost_what_they_should():
    kept = await passwords.hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.is_right(PASSWORD, kept)
    assert not await passwords.is_right(PASSWORD, None)


async def test_all_refusals_to_sign_in_read_the_same(door: Edge):
    await member(door, "same@a.example")
    wrong = await sign_in(door, "same@a.example", "not the password")
    nobody = await sign_in(door, "nobody@a.example", "not the password")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.json()["detail"] == nobody.json()["detail"]


async def test_guesses_are_locked_out_but_a_known_device_is_not(door: Edge):
    await member(door, "target@a.example")
    device = (await sign_in(door, "target@a.example")).json()["device_token"]
    guesses = await asyncio.gather(
        *(sign_in(door, "target@a.example", f"guess {number}") for number in range(12))
    )
    statuses = [it.status_code for it in guesses]
    assert statuses.count(401) <= 5, "guesses sent at once count as well"
    assert statuses.count(429) >= 7
    refused = await sign_in(door, "target@a.example")
    assert refused.status_code == 429, "even the right password, from where guesses came"
    assert refused.json()["type"].endswith("/too-many-attempts")
    assert 1 <= int(refused.headers["retry-after"]) <= 31
    owner = await sign_in(door, "target@a.example", device_token=device)
    assert owner.status_code == 201
    forged = device[:-1] + ("0" if device[-1] != "0" else "1")
    assert (await sign_in(door, "target@a.example", device_token=forged)).status_code == 429


async def test_an_office_that_signs_in_often_is_not_locked_out(
    door: Edge, gateway_database: TestDatabase, monkeypatch
):
    with gateway_database.administer() as connection:
        connection.execute("delete from sign_in_failure")
    monkeypatch.setattr("gateway.domain.lockout._MOST_OF_ADDRESS", 3)
    monkeypatch.setattr("gateway.domain.lockout._MOST_OF_ACCOUNT", 3)
    await member(door, "busy@a.example")
    statuses = [(await sign_in(door, "busy@a.example")).status_code for _ in range(6)]
    assert statuses == 6 * [201]


async def test_a_lock_ends_by_itself(door: Edge, gateway_database: TestDatabase):
    await member(door, "patient@a.example")
    for number in range(6):
        await sign_in(door, "patient@a.example", f"guess {number}")
    assert (await sign_in(door, "patient@a.example")).status_code == 429
    with gateway_database.administer() as connection:
        connection.execute("update sign_in_failure set locked_until = now()")
    assert (await sign_in(door, "patient@a.example")).status_code == 201


async def test_an_authenticator_is_asked_for_and_no_code_counts_twice(door: Edge, monkeypatch):
    await member(door, "totp@a.example")
    known = headers(await sign_in(door, "totp@a.example"))
    begin = {"current": PASSWORD}
    made = await door.client.post("/v1/me/authenticator", json=begin, headers=known)
    assert made.status_code == 201
    assert "issuer=Ronde" in made.json()["uri"]
    totp = pyotp.TOTP(made.json()["secret"])
    start = datetime.now(UTC)

    async def confirm(code: str) -> int:
        answer = await door.client.put("/v1/me/authenticator", json={"code": code}, headers=known)
        return answer.status_code

    wrong = "000000" if totp.at(start) != "000000" else "111111"
    assert await confirm(wrong) == 401
    assert (await sign_in(door, "totp@a.example")).status_code == 201, "not yet in force"
    assert await confirm(totp.at(start)) == 204
    assert await confirm(totp.at(start)) == 409
    bare = await sign_in(door, "totp@a.example")
    assert (bare.status_code, bare.json()["type"].rsplit("/")[-1]) == (401, "code-required")
    replayed = await sign_in(door, "totp@a.example", code=totp.at(start))
    assert replayed.status_code == 401, "the code that confirmed is used up"
    later = totp.at(start + timedelta(seconds=30))
    assert (await sign_in(door, "totp@a.example", code=later)).status_code == 201
    assert (await sign_in(door, "totp@a.example", code=later)).status_code == 401


async def renew(door: Edge, token: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as stranger:
        return await stranger.post("/v1/session-renewals", json={"refresh_token": token})


async def test_a_stolen_refresh_token_ends_the_session(door: Edge, monkeypatch):
    await member(door, "renewing@a.example")
    first = (await sign_in(door, "renewing@a.example")).json()["refresh_token"]
    second = (await renew(door, first)).json()["refresh_token"]
    repeated = await renew(door, first)
    assert repeated.status_code == 201, "an answer that was lost may be asked for again"
    assert second != repeated.json()["refresh_token"]
    monkeypatch.setattr(signing, "_GRACE", timedelta(0))
    latest = repeated.json()["refresh_token"]
    assert (await renew(door, first)).status_code == 401, "used before"
    assert (await renew(door, latest)).status_code == 401, "and so the session is over"
    for nonsense in ("x", "x.y", "00000000-0000-4000-8000-000000000001.y"):
        assert (await renew(door, nonsense)).status_code == 401


async def test_signing_out_ends_session_and_token(door: Edge):
    await member(door, "leaving@a.example")
    signed_in = await sign_in(door, "leaving@a.example")
    gone = await door.client.delete("/v1/sessions/current", headers=headers(signed_in))
    assert gone.status_code == 204
    assert (await renew(door, signed_in.json()["refresh_token"])).status_code == 401
    assert (await door.client.get("/v1/visits", headers=headers(signed_in))).status_code == 401
    assert (await door.client.get("/v1/me", headers=headers(signed_in))).status_code == 401
    assert (await door.client.delete("/v1/sessions/current")).status_code == 404


async def test_an_account_is_changed_by_who_read_it_and_disabled_at_once(door: Edge):
    account = await member(door, "changing@a.example")
    path = f"/v1/accounts/{account['id']}"
    signed_in = await sign_in(door, "changing@a.example")
    etag = (await door.client.get(path)).headers["etag"]
    off = {"state": "disabled"}
    assert (await door.client.patch(path, json=off)).status_code == 428
    got = await door.client.patch(path, json={"roles": ["planner"]}, headers={"If-Match": etag})
    assert got.json()["roles"] == ["planner"]
    stale = await door.client.patch(path, json=off, headers={"If-Match": etag})
    assert stale.status_code == 412
    now = {"If-Match": got.headers["etag"]}
    assert (await door.client.patch(path, json=off, headers=now)).status_code == 200
    assert (await renew(door, signed_in.json()["refresh_token"])).status_code == 401
    assert (await sign_in(door, "changing@a.example")).status_code == 401
    service = await door.client.patch(path, json={"roles": ["service"]}, headers=now)
    assert service.status_code == 422, "a service's role is nobody's to give"


async def test_somebody_always_administers_an_organisation(door: Edge):
    them = bearer("admin", organisation=OURS)
    account = await member(door, "only@a.example", "admin")
    path = f"/v1/accounts/{account['id']}"
    etag = {"If-Match": (await door.client.get(path)).headers["etag"]}
    kept = await door.client.patch(path, json={"state": "disabled"}, headers=them | etag)
    assert kept.status_code == 409
    await member(door, "second@a.example", "admin")
    assert (await door.client.patch(path, json={"roles": ["reader"]}, headers=etag)).is_success


async def test_others_see_nothing_of_our_accounts(door: Edge):
    account = await member(door, "ours@a.example")
    theirs = bearer(organisation=THEIRS)
    assert (await door.client.get("/v1/accounts", headers=theirs)).json()["items"] == []
    path = f"/v1/accounts/{account['id']}"
    assert (await door.client.get(path, headers=theirs)).status_code == 404


async def test_a_password_is_changed_by_who_knows_it_and_may_not_be_weak(door: Edge):
    await member(door, "safe@a.example")
    known = headers(await sign_in(door, "safe@a.example"))

    async def change(current: str, password: str) -> httpx.Response:
        body = {"current": current, "password": password}
        return await door.client.post("/v1/me/password", json=body, headers=known)

    assert (await change("not it", "encore quatre mots au sort")).json()["errors"][0][
        "pointer"
    ] == "/current"
    for weak in ("short", "aaaaaaaaaaaaaaaa", "safe is my password"):
        assert (await change(PASSWORD, weak)).status_code == 422
    assert (await change(PASSWORD, "encore quatre mots au sort")).status_code == 204
    assert (await sign_in(door, "safe@a.example")).status_code == 401
    assert (await sign_in(door, "safe@a.example", "encore quatre mots au sort")).is_success


async def test_invitations_go_by_mail_where_there_is_a_server(
    gateway_database: TestDatabase,
):
    settings = {
        "database_url": gateway_database.url,
        "system_url": gateway_database.system_url,
        "key_secret": "a secret of the tests",
    }
    async with mail_taken() as mailbox, edge(**settings, smtp_url=mailbox.url) as door:
        settings["smtp_url"] = mailbox.url
        wanted = {"email": "by.mail@a.example", "name": "B", "roles": ["reader"]}
        invited = (await door.client.post("/v1/invitations", json=wanted)).json()
        assert (invited["mailed"], invited["link"]) == (True, None)
        worker = asyncio.create_task(run_worker(Settings(gateway_url=door.url, **settings)))
        try:
            async with asyncio.timeout(20):
                while not mailbox.mails:  # noqa: ASYNC110 - a list tells nobody
                    await asyncio.sleep(0.05)
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
        (mail,) = mailbox.mails
        assert mailbox.recipients() == ["by.mail@a.example"]
        link = next(it for it in mail.get_content().split() if "/invitation#" in it)
        accepted = await door.client.post(
            "/v1/invitation-acceptances",
            json={"token": link.partition("#")[2], "password": PASSWORD},
        )
        assert accepted.status_code == 201
        reset = {"email": "by.mail@a.example"}
        assert (await door.client.post("/v1/password-resets", json=reset)).status_code == 202
        nobody = {"email": "nobody@a.example"}
        assert (await door.client.post("/v1/password-resets", json=nobody)).status_code == 202
    with gateway_database.administer() as connection:
        jobs = connection.execute("select arguments from job where kind = 'send_link'").fetchall()
    assert len(jobs) == 2
    assert all(list(it[0]) == ["invitation_id"] for it in jobs), "ids only"
    assert link.partition("#")[2] not in json.dumps(jobs)


async def test_without_its_secret_the_gateway_signs_nobody_in(gateway_database: TestDatabase):
    async with edge(
        database_url=gateway_database.url, system_url=gateway_database.system_url
    ) as door:
        assert (await door.client.get("/v1/sign-in-options")).json()["accounts"] is False
        wanted = {"email": "x@a.example", "name": "B", "roles": ["reader"]}
        got = await door.client.post("/v1/invitations", json=wanted)
        assert got.status_code == 503
        assert "GATEWAY_KEY_SECRET" in got.json()["detail"]
