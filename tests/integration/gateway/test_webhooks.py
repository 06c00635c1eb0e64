"""Webhooks over HTTP: made, changed, paused and ended by administrators; secrets told once."""

import uuid

import pytest
from gateway_edge import Edge, edge

from shared.testing import THEIRS, TestDatabase, bearer, token

NEW = {"url": "https://suivi.example/ronde", "name": "Suivi", "kinds": ["inspection.recorded"]}


@pytest.fixture
def new():
    """Give what is asked for with an address of its own: one address has one webhook."""
    return NEW | {"url": f"https://suivi.example/{uuid.uuid4()}"}


async def test_a_webhook_is_made_read_listed_changed_and_ended(door: Edge, new):
    made = await door.client.post("/v1/webhooks", json=new)
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    created = made.json()
    assert created["secret"].startswith("whsec_")
    at = f"/v1/webhooks/{created['id']}"
    read = await door.client.get(at)
    assert read.json() == {k: v for k, v in created.items() if k != "secret"}
    assert (read.json()["waiting"], read.json()["dead"]) == (0, 0)
    listed = (await door.client.get("/v1/webhooks", params={"limit": 1000})).json()
    assert read.json() in listed["items"]
    change = {"state": "paused", "kinds": []}
    for headers, status in [({}, 428), ({"If-Match": '"7"'}, 412)]:
        refused = await door.client.patch(at, json=change, headers=headers)
        assert refused.status_code == status
    tag = {"If-Match": read.headers["etag"]}
    changed = await door.client.patch(at, json=change, headers=tag)
    assert (changed.json()["state"], changed.json()["kinds"]) == ("paused", [])
    assert changed.json()["paused_because"] == "by tester"
    tag = {"If-Match": changed.headers["etag"]}
    resumed = await door.client.patch(at, json={"state": "active"}, headers=tag)
    assert resumed.json()["paused_because"] is None
    assert (await door.client.delete(at)).status_code == 204
    assert (await door.client.get(at)).status_code == 404


async def test_lists_go_on_from_page_to_page(door: Edge):
    for _ in range(3):
        await door.client.post(
            "/v1/webhooks", json=NEW | {"url": f"https://a.example/{uuid.uuid4()}"}
        )
    found, cursor = [], {}
    while True:
        page = (await door.client.get("/v1/webhooks", params={"limit": 1, **cursor})).json()
        found += [it["id"] for it in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(found) == len(set(found)) >= 3
    wrong = await door.client.get("/v1/webhooks", params={"cursor": "WyJhIiwgImIiXQ"})
    assert wrong.json()["errors"][0]["pointer"] == "query: cursor"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://suivi.example/"}, "/url"),
        ({"url": "https://somebody@suivi.example/"}, "/url"),
        ({"url": "https://suivi.example:0/"}, "/url"),
        ({"url": "https://suivi.example:99999/"}, "/url"),
        ({"url": "https://[::1/"}, "/url"),
        ({"url": "file:///etc/passwd"}, "/url"),
        ({"url": "https://suivi.example/#part"}, "/url"),
        ({"kinds": ["inspection.recorded", "inspection.dreamt"]}, "/kinds/1"),
        ({"name": ""}, "/name"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_what_is_wrong_is_named(door: Edge, change, pointer):
    refused = await door.client.post("/v1/webhooks", json=NEW | change)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_an_address_has_one_webhook_so_that_nothing_is_told_twice(door: Edge, new):
    first = (await door.client.post("/v1/webhooks", json=new)).json()
    again = await door.client.post("/v1/webhooks", json=new)
    assert again.status_code == 409
    assert first["id"] in again.json()["detail"]
    other = await door.client.post("/v1/webhooks", json=new | {"url": new["url"] + "/other"})
    moved = await door.client.patch(
        f"/v1/webhooks/{other.json()['id']}",
        json={"url": new["url"]},
        headers={"If-Match": other.headers["etag"]},
    )
    assert moved.status_code == 409
    theirs = await door.client.post("/v1/webhooks", json=new, headers=bearer(organisation=THEIRS))
    assert theirs.status_code == 201


async def test_only_administrators_of_the_whole_organisation_have_webhooks(door: Edge, new):
    made = (await door.client.post("/v1/webhooks", json=new)).json()
    at = f"/v1/webhooks/{made['id']}"
    for role in ("reader", "inspector", "planner", "manager", "auditor"):
        for method, path in [("POST", "/v1/webhooks"), ("GET", at), ("GET", f"{at}/deliveries")]:
            got = await door.client.request(method, path, json=new, headers=bearer(role))
            assert got.status_code == 403, (role, method, path)
    narrow = {"Authorization": f"Bearer {token('admin', territories=['75'])}"}
    assert (await door.client.post("/v1/webhooks", json=new, headers=narrow)).status_code == 403
    theirs = bearer(organisation=THEIRS)
    for method, path, body in [
        ("GET", "", None),
        ("PATCH", "", {"state": "paused"}),
        ("DELETE", "", None),
        ("GET", "/deliveries", None),
        ("GET", f"/deliveries/{made['id']}", None),
        ("POST", f"/deliveries/{made['id']}/resendings", None),
        ("POST", "/replays", {"states": ["dead"]}),
        ("POST", "/secrets", {"kept_h": 1}),
        ("POST", "/tests", None),
    ]:
        got = await door.client.request(
            method, at + path, json=body, headers=theirs | {"If-Match": '"1"'}
        )
        assert got.status_code == 404, (method, path)


async def test_secrets_lie_encrypted_and_are_never_told_again(
    door: Edge, new, gateway_database: TestDatabase
):
    made = (await door.client.post("/v1/webhooks", json=new)).json()
    at = f"/v1/webhooks/{made['id']}"
    replaced = await door.client.post(f"{at}/secrets", json={"kept_h": 1})
    assert replaced.status_code == 201
    assert replaced.headers["cache-control"] == "no-store"
    secrets = {made["secret"], replaced.json()["secret"]}
    assert len(secrets) == 2
    with gateway_database.administer() as connection:
        rows = str(
            connection.execute("select row_to_json(it)::text from webhook_secret it").fetchall()
        )
    page = (await door.client.get("/v1/webhooks", params={"limit": 1000})).text
    for secret in secrets:
        assert secret.removeprefix("whsec_") not in rows + page


async def test_a_gateway_without_a_secret_of_its_own_makes_no_webhook(gateway_settings, new):
    async with edge(**gateway_settings | {"key_secret": ""}) as poor:
        refused = await poor.client.post("/v1/webhooks", json=new)
        assert refused.status_code == 503
        assert "GATEWAY_KEY_SECRET" in refused.json()["detail"]
        listed = (await poor.client.get("/v1/webhooks", params={"limit": 1000})).json()
        assert new["url"] not in [it["url"] for it in listed["items"]]


async def test_networks_of_the_operator_may_be_reached_in_clear(gateway_settings, new):
    async with edge(**gateway_settings | {"webhook_networks": ("10.0.0.0/8",)}) as inner:
        made = await inner.client.post("/v1/webhooks", json=new | {"url": "http://intranet/ronde"})
        assert made.status_code == 201, made.text
