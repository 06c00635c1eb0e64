"""The console's files: served as they are, under a policy that lets nothing else in."""

from collections.abc import AsyncIterator, Callable

import pytest
from gateway_edge import Edge, edge

from gateway.api.console import FILES
from shared.testing import TestDatabase

PROVIDER = "https://sign-in.example/realms/ronde"


@pytest.fixture
async def ronde(module_database: Callable[[str], TestDatabase]) -> AsyncIterator[Edge]:
    kept = module_database("gateway")
    async with edge(**kept.settings(), sign_in_clients={PROVIDER: "console"}) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/console"])
async def test_who_comes_without_a_path_is_sent_to_the_console(ronde: Edge, path: str):
    sent = await ronde.client.get(path)
    assert (sent.status_code, sent.headers["location"]) == (307, "/console/")


async def test_the_link_of_an_invitation_leads_to_where_a_password_is_chosen(ronde: Edge):
    sent = await ronde.client.get("/invitation")
    assert (sent.status_code, sent.headers["location"]) == (307, "/console/?invitation")


async def test_every_file_is_served_under_the_policy(ronde: Edge):
    files = sorted(it for it in FILES.rglob("*") if it.is_file())
    assert len(files) > 20
    for file in files:
        got = await ronde.client.get(f"/console/{file.relative_to(FILES)}")
        assert got.content == file.read_bytes(), file
        policy = got.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "connect-src 'self' https://sign-in.example;" in policy
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["referrer-policy"] == "no-referrer"


async def test_a_file_is_sent_once_and_packed(ronde: Edge):
    first = await ronde.client.get("/console/style.css")
    assert first.headers["content-encoding"] == "gzip"
    etag = {"If-None-Match": first.headers["etag"]}
    again = await ronde.client.get("/console/style.css", headers=etag)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["nothing.js", "..%2fmain.py", "%2e%2e/main.py", "vendor/", "..", "pages%00.js"]
)
async def test_nothing_else_is_served(ronde: Edge, path: str):
    got = await ronde.client.get(f"/console/{path}")
    assert got.status_code in {307, 404}
    assert b"import" not in got.content
