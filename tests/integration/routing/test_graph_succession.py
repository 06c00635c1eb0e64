"""Which graph may follow which, and the way back to an earlier one."""

import asyncio
import contextlib
import shutil
from types import SimpleNamespace

import pytest

from routing.main import create_app, run_worker
from routing.settings import Settings
from shared.testing import OURS, THEIRS, bearer, in_process

MAP = "application/octet-stream"


def comb(teeth, west=2.36, limit=50, rules=0):
    """Draw a street with side streets: two junctions for each, but the last.

    At the first `rules` of them one may not turn from the street into the side street.
    """
    nodes, ways = [], []
    for n in range(teeth):
        for row, lat in enumerate((48.86, 48.861)):
            lon = west + n / 1000
            nodes.append(f'<node id="{2 * n + row + 1}" lon="{lon:.7f}" lat="{lat}"/>')
        ways.append([2 * n + 1, 2 * n + 2])
    ways.append([2 * n + 1 for n in range(teeth)])
    drawn = "".join(
        f'<way id="{number}">{"".join(f"<nd ref={chr(34)}{ref}{chr(34)}/>" for ref in refs)}'
        f'<tag k="highway" v="residential"/><tag k="maxspeed" v="{limit}"/></way>'
        for number, refs in enumerate(ways, 1)
    )
    ruled = "".join(
        f'<relation id="{n}"><member type="way" ref="{teeth + 1}" role="from"/>'
        f'<member type="node" ref="{2 * n + 1}" role="via"/>'
        f'<member type="way" ref="{n + 1}" role="to"/>'
        '<tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation>'
        for n in range(1, rules + 1)
    )
    return f'<osm version="0.6">{"".join(nodes)}{drawn}{ruled}</osm>'.encode()


@pytest.fixture
async def routing(database, tmp_path):
    """Run the service and its worker; both share a folder of imports and of blobs."""
    (tmp_path / "import").mkdir()
    settings = Settings(
        **database("routing").settings(),
        import_dir=tmp_path / "import",
        blobs_url=f"file://{tmp_path}/blobs",
    )
    async with in_process(create_app(settings)) as client:
        client.headers.update(bearer())
        work = asyncio.create_task(run_worker(settings))
        try:
            yield SimpleNamespace(client=client, settings=settings)
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


async def ended(routing, answer):
    """Follow the job of an answer to its end."""
    assert answer.status_code == 202, answer.text
    for _ in range(300):
        job = (await routing.client.get(answer.headers["location"])).json()
        if job["state"] not in {"queued", "running"}:
            return job
        await asyncio.sleep(0.1)
    pytest.fail(f"the job does not end: {job}")


async def sent(routing, content, **params):
    answer = await routing.client.post(
        "/v1/graphs", content=content, headers={"Content-Type": MAP}, params=params
    )
    return await ended(routing, answer)


async def active(routing):
    listed = (await routing.client.get("/v1/graphs")).json()["items"]
    return [graph["id"] for graph in listed if graph["state"] == "active"]


async def test_a_map_much_smaller_than_the_one_in_use_fails_in_words_and_changes_nothing(routing):
    whole = await sent(routing, comb(20))
    cut = await sent(routing, comb(5))
    assert cut["state"] == "failed"
    assert "junctions where the graph in use has" in cut["message"]
    assert "replace=true" in cut["message"]
    assert await active(routing) == [whole["id"]]


async def test_a_map_on_which_journeys_take_other_times_fails_unless_that_is_meant(routing):
    whole = await sent(routing, comb(60, limit=20))
    faster = await sent(routing, comb(60, limit=130))
    assert faster["state"] == "failed"
    assert "sampled journeys take a quarter more or less" in faster["message"]
    assert await active(routing) == [whole["id"]]
    assert (await sent(routing, comb(60, limit=130), replace=True))["state"] == "done"
    slightly = await sent(routing, comb(60, limit=120))
    assert slightly["state"] == "done", slightly["message"]
    told = (await routing.client.get(f"/v1/graphs/{slightly['id']}")).json()
    assert told["changed_share"] == 0.0


async def test_a_map_that_lost_its_turn_restrictions_is_taken_for_cut_short(routing):
    whole = await sent(routing, comb(200, rules=25))
    told = (await routing.client.get(f"/v1/graphs/{whole['id']}")).json()
    assert told["profiles"][0]["restrictions"] == {"kept": 25, "applied": 25}
    cut = await sent(routing, comb(200))
    assert "0 turn restrictions where the graph in use has 25" in cut["message"]
    assert await active(routing) == [whole["id"]]


async def test_the_age_of_the_map_is_told_with_the_graph_and_by_the_probe(routing):
    assert (await routing.client.get("/readyz")).json()["graph"] is None
    first = await sent(routing, comb(5), country="DE")
    probe = (await routing.client.get("/readyz")).json()
    assert probe["status"] == "ok"
    assert probe["graph"]["id"] == first["id"]
    # The file does not say when it was drawn: the graph's own age is told.
    assert probe["graph"]["age_days"] == 0
    told = (await routing.client.get("/v1/graphs")).json()["items"][0]
    assert (told["country"], told["licence"], told["osm_timestamp"]) == ("DE", "ODbL-1.0", None)
    assert [it["profile"] for it in told["profiles"]] == ["drive", "walk", "bike"]
    assert len(told["profile_sha256"]) == 64


async def test_a_graph_whose_predecessor_is_lost_is_not_compared(routing):
    await sent(routing, comb(20, limit=20))
    shutil.rmtree(routing.settings.import_dir.parent / "blobs")
    next_one = await sent(routing, comb(20, limit=130))
    assert next_one["state"] == "done", next_one["message"]


async def test_a_smaller_map_is_taken_when_that_is_asked_for_by_query_or_by_message(routing):
    await sent(routing, comb(20))
    smaller = await sent(routing, comb(10), replace=True)
    assert smaller["state"] == "done"
    (routing.settings.import_dir / "town.osm").write_bytes(comb(5))
    wanted = {"path": "town.osm", "replace": True}
    smallest = await ended(routing, await routing.client.post("/v1/graphs", json=wanted))
    assert smallest["state"] == "done"
    assert await active(routing) == [smallest["id"]]


async def test_a_small_map_of_another_city_may_follow_a_large_one(routing):
    await sent(routing, comb(20))
    elsewhere = await sent(routing, comb(5, west=4.8))
    assert elsewhere["state"] == "done", elsewhere["message"]
    assert await active(routing) == [elsewhere["id"]]


async def test_an_administrator_goes_back_to_an_earlier_graph(routing):
    first = await sent(routing, comb(20))
    second = await sent(routing, comb(21))
    assert await active(routing) == [second["id"]]
    for _ in range(2):
        back = await routing.client.post(f"/v1/graphs/{first['id']}/activation")
        assert back.status_code == 200, back.text
        assert (back.json()["id"], back.json()["state"]) == (first["id"], "active")
    assert await active(routing) == [first["id"]]
    places = [{"lon": 2.36, "lat": 48.86}]
    body = {"sources": places, "targets": places}
    answer = (await routing.client.post("/v1/matrices", json=body)).json()
    assert answer["graph_id"] == first["id"]


async def test_a_graph_this_version_cannot_read_is_not_brought_back(routing):
    first = await sent(routing, comb(20))
    second = await sent(routing, comb(21))
    shutil.rmtree(routing.settings.import_dir.parent / "blobs")
    refused = await routing.client.post(f"/v1/graphs/{first['id']}/activation")
    assert refused.status_code == 409
    assert "import its map file again" in refused.json()["detail"]
    assert await active(routing) == [second["id"]]


async def test_only_an_administrator_goes_back_and_only_to_a_graph_that_is_there(routing):
    for role in ("reader", "planner", "manager", "service"):
        answer = await routing.client.post(f"/v1/graphs/{OURS}/activation", headers=bearer(role))
        assert answer.status_code == 403
    assert (await routing.client.post(f"/v1/graphs/{THEIRS}/activation")).status_code == 404
