"""Keys of programs and of addresses: exchanged at the edge, narrow, counted, revoked, unseen."""

import asyncio
import io
import json
import logging
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from gateway_edge import Edge, answer, edge
from starlette.types import Receive, Scope, Send
from token_parts import decoded

from gateway.domain.rate_limit import Rate
from gateway.use_cases import exchange_key, keyring
from shared.auth import Verifier
from shared.telemetry import JSONFormatter
from shared.testing import OURS, THEIRS, TestDatabase, bearer

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
NEW = {
    "name": "tableau de bord",
    "roles": ["reader"],
    "scopes": ["inspections:read", "gateway:read"],
    "expires_at": TOMORROW,
}


async def new_key(door: Edge, **changes: object) -> dict[str, str]:
    made = await door.client.post("/v1/keys", json=NEW | changes)
    assert made.status_code == 201, made.text
    return made.json()


def by(key: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


def secret_of(key: dict[str, str]) -> str:
    return key["key"][-43:]


async def test_a_key_passes_as_a_short_token_that_services_trust(door: Edge):
    key = await new_key(door, territories=["75"])
    got = await door.client.get("/v1/visits", headers=by(key))
    assert got.status_code == 200
    sent = dict(door.upstream.asked[0]["headers"])[b"authorization"].decode()
    assert key["key"] not in sent
    service = Verifier([f"{door.url}/access"], "ronde")
    claims = await service.claims(sent.removeprefix("Bearer "))
    assert claims["sub"] == f"key:{key['id']}"
    assert (claims["orgs"], claims["roles"]) == ([str(OURS)], ["reader"])
    assert claims["territories"] == ["75"]
    assert claims["exp"] - claims["iat"] <= 300
    me = (await door.client.get("/v1/me", headers=by(key))).json()
    assert me["scopes"] == NEW["scopes"]
    again = await door.client.get("/v1/visits", headers=by(key))
    assert again.status_code == 200
    assert dict(door.upstream.asked[1]["headers"])[b"authorization"].decode() == sent


async def test_a_key_does_what_its_scopes_name_and_nothing_else(door: Edge):
    key = await new_key(door)
    for method, path, status in [
        ("GET", "/v1/visits", 200),
        ("POST", "/v1/visits", 403),
        ("GET", "/v1/plans", 403),
        ("POST", "/v1/keys", 403),
        ("GET", "/v1/me", 200),
    ]:
        got = await door.client.request(method, path, headers=by(key))
        assert got.status_code == status, (method, path)
    writer = await new_key(door, scopes=["inspections:write"])
    assert (await door.client.post("/v1/visits", headers=by(writer))).status_code == 200


async def test_a_key_is_shown_once_kept_as_a_digest_and_revoked_at_once(
    door: Edge, gateway_database: TestDatabase
):
    key = await new_key(door)
    secret = secret_of(key)
    with gateway_database.administer() as connection:
        rows = connection.execute("select row_to_json(access_key)::text from access_key")
        assert secret not in str(rows.fetchall())
    assert (await door.client.get("/v1/visits", headers=by(key))).status_code == 200
    await asyncio.gather(*(door.app.state.usage.flush() for _ in range(3)))
    page = (await door.client.get("/v1/keys", params={"limit": 1000})).json()
    listed = next(it for it in page["items"] if it["id"] == key["id"])
    assert "key" not in listed
    assert listed["last_used_at"] is not None
    assert (await door.client.delete(f"/v1/keys/{key['id']}")).status_code == 204
    refused = await door.client.get("/v1/visits", headers=by(key))
    assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (401, "unauthenticated")
    assert (await door.client.delete(f"/v1/keys/{key['id']}")).status_code == 204
    assert (await door.client.delete("/v1/keys/000000000000")).status_code == 404


async def test_another_replica_hears_of_a_revoked_key_soon(
    door: Edge, gateway_database: TestDatabase, monkeypatch
):
    monkeypatch.setattr(exchange_key, "LOOKED_UP_S", 0.2)
    key = await new_key(door)
    settings = {"database_url": gateway_database.url, "system_url": gateway_database.system_url}
    async with edge(key_secret="a secret of the tests", **settings) as other:
        assert (await other.client.get("/v1/visits", headers=by(key))).status_code == 200
        await door.client.delete(f"/v1/keys/{key['id']}")
        await asyncio.sleep(0.25)
        assert (await other.client.get("/v1/visits", headers=by(key))).status_code == 401


async def test_a_wrong_secret_an_old_key_and_another_organisations_list_give_nothing(
    door: Edge, gateway_database: TestDatabase
):
    key = await new_key(door)
    for wrong in (
        key["key"][:-1] + ("A" if key["key"][-1] != "A" else "B"),
        "ronde_000000000000_" + "A" * 43,
        "ronde_short",
        "ronde_",
    ):
        got = await door.client.get("/v1/visits", headers={"Authorization": f"Bearer {wrong}"})
        assert got.status_code == 401, wrong
    theirs = bearer(organisation=THEIRS)
    assert (await door.client.get("/v1/keys", headers=theirs)).json()["items"] == []
    assert (await door.client.delete(f"/v1/keys/{key['id']}", headers=theirs)).status_code == 404
    with gateway_database.administer() as connection:
        connection.execute("update access_key set expires_at = now()")
    door.app.state.key_exchange._known.clear()
    assert (await door.client.get("/v1/visits", headers=by(key))).status_code == 401


async def test_a_stranger_who_tries_keys_is_slowed_down(door: Edge, monkeypatch):
    monkeypatch.setattr("gateway.api.admission._STRANGERS", Rate(0.001, 20))
    statuses = []
    for number in range(30):
        wrong = {"Authorization": f"Bearer ronde_{number:012x}_{'A' * 43}"}
        statuses.append((await door.client.get("/v1/visits", headers=wrong)).status_code)
    assert statuses == 20 * [401] + 10 * [429]
    assert door.upstream.asked == []


async def test_nobody_makes_a_key_stronger_than_themselves(door: Edge):
    for changes in ({"roles": ["service"]}, {"scopes": ["all"]}, {"scopes": []}, {"secret": "x"}):
        assert (await door.client.post("/v1/keys", json=NEW | changes)).status_code == 422, changes
    past = {"expires_at": datetime(2020, 1, 1, tzinfo=UTC).isoformat()}
    far = {"expires_at": (datetime.now(UTC) + timedelta(days=1000)).isoformat()}
    for changes in (past, far):
        got = await door.client.post("/v1/keys", json=NEW | changes)
        assert got.json()["errors"][0]["pointer"] == "/expires_at"
    planner = await door.client.post("/v1/keys", json=NEW, headers=bearer("planner"))
    assert planner.status_code == 403


async def test_a_key_has_its_own_rate_and_its_day(door: Edge, gateway_database: TestDatabase):
    hurried = await new_key(door, rate_per_s=1)
    statuses = [
        (await door.client.get("/v1/visits", headers=by(hurried))).status_code for _ in range(7)
    ]
    assert statuses[:5] == [200] * 5
    assert 429 in statuses
    modest = await new_key(door, daily_quota=3)
    got = [await door.client.get("/v1/visits", headers=by(modest)) for _ in range(5)]
    assert [it.status_code for it in got] == [200, 200, 200, 429, 429]
    assert got[4].json()["type"].endswith("/quota-used-up")
    assert 0 < int(got[4].headers["retry-after"]) <= 86_400
    await door.app.state.usage.flush()
    with gateway_database.administer() as connection:
        used = connection.execute(
            "select requests from key_usage where key_id = %s", [modest["id"]]
        ).fetchall()
    assert used == [(3,)]


async def test_replicas_share_the_day_of_a_key(door: Edge, gateway_database: TestDatabase):
    key = await new_key(door, daily_quota=4)
    settings = {"database_url": gateway_database.url, "system_url": gateway_database.system_url}
    async with edge(key_secret="a secret of the tests", **settings) as other:
        for replica in (door, other):
            for _ in range(2):
                assert (await replica.client.get("/v1/visits", headers=by(key))).is_success
            await replica.app.state.usage.flush()
        assert (await other.client.get("/v1/visits", headers=by(key))).status_code == 429


async def test_a_program_gets_a_token_for_its_key_by_oauth(door: Edge):
    key = await new_key(door)
    form = {"grant_type": "client_credentials", "client_id": key["id"]}
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as program:
        for secret in (key["key"], secret_of(key)):
            got = await program.post("/access/token", data=form | {"client_secret": secret})
            assert got.status_code == 200, got.text
        wrong = await program.post("/access/token", data=form | {"client_secret": "guess"})
        token = {"Authorization": f"Bearer {got.json()['access_token']}"}
        passed = await program.get("/v1/visits", headers=token)
        narrow = await program.post("/v1/visits", headers=token)
    assert 0 < got.json()["expires_in"] <= 300
    assert (wrong.status_code, passed.status_code, narrow.status_code) == (401, 200, 403)


async def test_a_service_gets_its_token_for_its_secret(gateway_database: TestDatabase):
    settings = {"database_url": gateway_database.url, "system_url": gateway_database.system_url}
    form = {"grant_type": "client_credentials", "client_id": "scoring"}
    async with edge(
        key_secret="a secret of the tests", service_secrets={"scoring": "its own"}, **settings
    ) as door:
        wrong = await door.client.post("/access/token", data=form | {"client_secret": "guess"})
        empty = await door.client.post(
            "/access/token", data=form | {"client_id": "routing", "client_secret": ""}
        )
        got = await door.client.post("/access/token", data=form | {"client_secret": "its own"})
        token = {"Authorization": f"Bearer {got.json()['access_token']}"}
        me = await door.client.get("/v1/me", headers=token | {"Ronde-Organisation": str(THEIRS)})
    assert (wrong.status_code, empty.status_code) == (401, 422)
    assert me.json()["organisation"] == str(THEIRS), "it says for whom it works"
    assert me.json()["roles"] == ["service"]


PATHS = ["/v1/visits/7", "/v1/plans"]


async def new_address(door: Edge, **changes: object) -> dict[str, str]:
    wanted = {"name": "agenda", "paths": PATHS, "expires_at": TOMORROW} | changes
    made = await door.client.post("/v1/url-tokens", json=wanted, headers=bearer("reader"))
    assert made.status_code == 201, made.text
    return made.json()


async def test_an_address_opens_what_it_names_to_who_sends_no_header(door: Edge):
    made = await new_address(door)
    base = httpx.URL(made["base_url"]).path
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as calendar:
        for path, status in {
            "/v1/visits/7": 200,
            "/v1/plans/3/calendar?week=2": 200,
            "/v1/visits": 403,
            "/v1/visits/78": 403,
            "/v1/me": 403,
        }.items():
            assert (await calendar.get(base + path)).status_code == status, path
        assert (await calendar.post(f"{base}/v1/plans")).status_code == 403, "it only reads"
        assert (await calendar.get("/t/ronde_none/v1/plans")).status_code == 401
        for bare in ["/t/", "/t/ronde_none", f"{base}/", f"{base}/docs", f"{base}/access/keys"]:
            assert (await calendar.get(bare)).status_code == 404, "an address opens /v1/ alone"
    asked = door.upstream.asked[1]
    assert (asked["path"], asked["query_string"]) == ("/v1/plans/3/calendar", b"week=2")
    claims = decoded(dict(asked["headers"])[b"authorization"].decode())
    assert claims["roles"] == ["reader"]
    assert claims["scopes"] == ["inspections:read", "routing:read"]
    header = {"Authorization": f"Bearer {made['base_url'].rsplit('/', 1)[1]}"}
    assert (await door.client.get("/v1/plans", headers=header)).status_code == 401
    key = await new_key(door, scopes=["routing:read"])
    assert (await door.client.get(f"/t/{key['key']}/v1/plans")).status_code == 401
    listed = (await door.client.get("/v1/url-tokens")).json()["items"]
    assert made["id"] in {it["id"] for it in listed}
    assert (await door.client.delete(f"/v1/url-tokens/{made['id']}")).status_code == 204
    assert (await door.client.get(f"{base}/v1/plans")).status_code == 401


async def test_a_service_that_writes_whole_addresses_is_told_where_it_is_reached(door: Edge):
    made = await new_address(door, paths=["/ogc"])
    base = made["base_url"]
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as gis:
        root = httpx.URL(base).path
        invented = {"Ronde-Base-Url": "https://elsewhere.example"}
        assert (await gis.get(f"{root}/ogc/collections", headers=invented)).status_code == 200
        assert (await gis.get(f"{root}/ogc")).status_code == 200
        assert (await gis.get(f"{root}/ogc/")).status_code == 200
        assert (await gis.get(f"{root}/openrosa/formList")).status_code == 403
    await door.client.get("/ogc/collections", headers=invented)
    await door.client.get("/v1/visits", headers=invented)
    told = [dict(it["headers"]).get(b"ronde-base-url", b"").decode() for it in door.upstream.asked]
    assert told == [base, base, base, base.split("/t/")[0], ""]
    paths = [it["path"] for it in door.upstream.asked]
    assert paths == ["/ogc/collections", "/ogc", "/ogc", "/ogc/collections", "/v1/visits"]


@pytest.mark.parametrize(
    "path", ["/v1/visits/../keys", "/ogcs", "/v1//visits", "/metrics", "visits"]
)
async def test_an_address_is_made_for_plain_paths_only(door: Edge, path: str):
    wanted = {"name": "agenda", "paths": [path], "expires_at": TOMORROW}
    assert (await door.client.post("/v1/url-tokens", json=wanted)).status_code == 422


async def test_no_log_line_and_no_answer_holds_a_secret(door: Edge):
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JSONFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    level, _ = root.level, root.setLevel(logging.DEBUG)

    async def breaks(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, b"", status=500)

    try:
        made, key = await new_address(door), await new_key(door)
        secret = made["base_url"][-43:]
        base = httpx.URL(made["base_url"]).path
        door.upstream.handler = breaks
        answers = [
            await door.client.get(f"{base}{path}")
            for path in ("/v1/visits/7", "/v1/scores", "/nowhere", "")
        ]
        answers.append(await door.client.get("/v1/visits", headers=by(key)))
        logging.getLogger("any").warning("a line", extra={"path": f"{base}/v1/plans"})
        logging.getLogger("any").warning("key %s", key["key"])
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    told = lines.getvalue()
    assert "a line" in told
    assert secret not in told
    assert secret_of(key) not in told
    for it in answers:
        assert secret not in it.text
        assert secret not in json.dumps(dict(it.headers))


async def test_signing_keys_rotate_unnoticed_and_are_shared_by_replicas(
    door: Edge, gateway_database: TestDatabase
):
    key = await new_key(door)
    ring = door.app.state.keyring
    before = await door.client.get("/access/keys")
    token, _ = await ring.token(keyring.Subject("someone", [OURS], ["reader"]))
    ring._rotate_after = timedelta(0)
    await ring.refresh()
    ring._rotate_after = timedelta(days=30)
    announced = (await door.client.get("/access/keys")).json()["keys"]
    assert len(announced) == len(before.json()["keys"]) + 1, "announced before it signs"
    assert all("d" not in it for it in announced), "only public halves"
    again, _ = await ring.token(keyring.Subject("someone", [OURS], ["reader"]))
    assert decoded(again, part=0)["kid"] == decoded(token, part=0)["kid"]
    with gateway_database.administer() as connection:
        connection.execute("update signing_key set signs_from = signs_from - interval '10 minutes'")
    await ring.refresh()
    newer, _ = await ring.token(keyring.Subject("someone", [OURS], ["reader"]))
    assert decoded(newer, part=0)["kid"] != decoded(token, part=0)["kid"]
    service = Verifier([ring.issuer], "ronde")
    for it in (token, newer):
        assert (await service.claims(it))["sub"] == "someone"
    settings = {"database_url": gateway_database.url, "system_url": gateway_database.system_url}
    async with edge(key_secret="a secret of the tests", **settings) as other:
        other_kids = {it["kid"] for it in (await other.client.get("/access/keys")).json()["keys"]}
        assert other_kids == {it["kid"] for it in announced}
        assert (await other.client.get("/v1/visits", headers=by(key))).status_code == 200
    with gateway_database.administer() as connection:
        stored = str(connection.execute("select private from signing_key").fetchall())
        connection.execute("update signing_key set signs_from = signs_from - interval '1 hour'")
    assert '"d"' not in stored
    await ring.refresh()
    assert len((await door.client.get("/access/keys")).json()["keys"]) == 1


async def test_keys_whose_secret_is_out_are_replaced_at_once(door: Edge):
    ring = door.app.state.keyring
    token, _ = await ring.token(keyring.Subject("someone", [OURS], ["reader"]))
    await ring.replace()
    fresh = Verifier([ring.issuer], "ronde")
    with pytest.raises(Exception, match="not valid here"):
        await fresh.claims(token)
    newer, _ = await ring.token(keyring.Subject("someone", [OURS], ["reader"]))
    assert (await fresh.claims(newer))["sub"] == "someone"
