"""Keys of field apps: in an address, of one inspector, for one protocol, as a QR code too."""

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from gateway_edge import Edge, answer, body_of
from starlette.types import Receive, Scope, Send
from token_parts import decoded

from shared.testing import bearer

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
INSPECTOR = str(uuid4())
FACTS = {
    "id": INSPECTOR,
    "facts": {"working_days": [], "office": {"lon": 2.3, "lat": 48.8}},
    "has_home": False,
    "updated_at": TOMORROW,
}


async def routing_knows_one(scope: Scope, receive: Receive, send: Send) -> None:
    await body_of(receive)
    known = scope["path"] == f"/v1/inspectors/{INSPECTOR}" or "inspectors" not in scope["path"]
    await answer(send, json.dumps(FACTS).encode(), status=200 if known else 404)


@pytest.fixture
async def made(door: Edge) -> dict[str, str]:
    door.upstream.handler = routing_knows_one
    wanted = {"name": "phone", "inspector_id": INSPECTOR, "expires_at": TOMORROW}
    answered = await door.client.post("/v1/field-keys", json=wanted, headers=bearer("planner"))
    assert answered.status_code == 201, answered.text
    assert answered.headers["cache-control"] == "no-store"
    return answered.json()


async def test_a_field_key_opens_its_protocol_and_nothing_else(door: Edge, made: dict[str, str]):
    root = httpx.URL(made["server_url"]).path
    base = root.removesuffix("/openrosa")
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as device:
        assert (await device.get(f"{root}/formList?formID=a")).status_code == 200
        assert (await device.head(f"{root}/submission")).status_code == 200
        sent = await device.post(f"{root}/submission", files={"a": b"b"})
        assert sent.status_code == 200
        for method, path in {
            "GET": "/v1/visits",
            "POST": "/v1/inspections",
            "PUT": "/ogc",
            "HEAD": "/openrosas",
        }.items():
            assert (await device.request(method, base + path)).status_code in {403, 404}, path
    asked = door.upstream.asked[-1]
    headers = dict(asked["headers"])
    assert headers[b"ronde-base-url"].decode() == made["server_url"].removesuffix("/openrosa")
    claims = decoded(headers[b"authorization"].decode())
    assert (claims["inspector"], claims["roles"]) == (INSPECTOR, ["inspector"])
    assert claims["scopes"] == ["inspections:write"]


async def test_a_field_key_counts_in_no_header(door: Edge, made: dict[str, str]):
    secret = made["server_url"].split("/")[-2]

    refused = await door.client.get("/v1/visits", headers={"Authorization": f"Bearer {secret}"})

    assert refused.status_code == 401


async def test_a_revoked_field_key_opens_nothing(door: Edge, made: dict[str, str]):
    root = httpx.URL(made["server_url"]).path
    listed = (await door.client.get("/v1/field-keys", headers=bearer("planner"))).json()["items"]
    assert [it["inspector_id"] for it in listed if it["id"] == made["id"]] == [INSPECTOR]
    assert "ronde_" not in json.dumps(listed)

    ended = await door.client.delete(f"/v1/field-keys/{made['id']}", headers=bearer("planner"))

    assert ended.status_code == 204
    assert (await door.client.get(f"{root}/formList")).status_code == 401
    of_another_kind = await door.client.delete(f"/v1/url-tokens/{made['id']}")
    assert of_another_kind.status_code == 404


async def test_the_settings_are_those_that_collect_scans(made: dict[str, str]):
    settings = json.loads(zlib.decompress(base64.b64decode(made["settings"])))

    assert settings["general"]["server_url"] == made["server_url"]
    assert {"general", "admin", "project"} <= settings.keys()
    assert made["qr_svg"].startswith("<svg")


@pytest.mark.parametrize(
    ("role", "wanted", "status"),
    [
        ("inspector", {}, 403),
        ("reader", {}, 403),
        ("planner", {"inspector_id": str(uuid4())}, 404),
        ("planner", {"expires_at": "2020-01-01T00:00:00Z"}, 422),
        ("planner", {"paths": ["/v1"]}, 422),
    ],
)
async def test_a_field_key_is_made_by_who_plans_for_an_inspector(
    door: Edge, role: str, wanted: dict[str, object], status: int
):
    door.upstream.handler = routing_knows_one
    asked = {"name": "phone", "inspector_id": INSPECTOR, "expires_at": TOMORROW} | wanted

    refused = await door.client.post("/v1/field-keys", json=asked, headers=bearer(role))

    assert refused.status_code == status, refused.text
