"""Road graphs over HTTP: built in the background, switched when sound, measured."""

import asyncio
import contextlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from routing.main import create_app, run_worker
from routing.settings import Settings
from routing.store.tables import Table
from shared import paging
from shared.testing import OURS, THEIRS, bearer, in_process

OSM = Path(__file__).parents[4] / "shared" / "data" / "osm"
MAP = "application/octet-stream"
STREET = '<tag k="highway" v="residential"/>'


def town(extra="", tags=STREET, shift=0.0):
    """Draw a street of three nodes near the middle of Paris, and what else is asked for."""
    nodes = "".join(
        f'<node id="{n + 1}" lon="{2.36 + shift + n / 1000:.7f}" lat="48.86"/>' for n in range(3)
    )
    way = f'<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>{tags}</way>'
    return f'<osm version="0.6">{extra}{nodes}{way}</osm>'.encode()


def position(lon, lat=48.86):
    return {"lon": lon, "lat": lat}


@pytest.fixture
async def routing(database, tmp_path):
    """Run the service and its worker; both share a folder of imports and of blobs."""
    db = database("routing")
    (tmp_path / "import").mkdir()
    settings = Settings(
        **db.settings(), import_dir=tmp_path / "import", blobs_url=f"file://{tmp_path}/blobs"
    )
    app = create_app(settings)
    async with in_process(app) as client:
        client.headers.update(bearer())
        work = asyncio.create_task(run_worker(settings))
        try:
            yield SimpleNamespace(client=client, app=app, database=db, settings=settings)
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


async def matrix(routing, sources, targets):
    body = {"sources": sources, "targets": targets}
    return await routing.client.post("/v1/matrices", json=body)


async def test_before_any_graph_the_crow_flies_and_the_answer_says_so(routing):
    places = [position(2.36), position(2.37)]
    answer = (await matrix(routing, places, places)).json()
    assert answer["method"] == "crow_fly"
    assert answer["graph_id"] is None
    assert answer["travel_s"][0][0] == 0
    assert answer["travel_s"][0][1] == answer["travel_s"][1][0] > 100
    assert (await routing.client.get("/v1/graphs")).json() == {"items": [], "next_cursor": None}


async def test_a_map_file_that_is_sent_becomes_the_active_graph(routing):
    job = await sent(routing, town(), name="Petite ville")
    assert job["state"] == "done"
    graph = (await routing.client.get(f"/v1/graphs/{job['result']['graph_id']}")).json()
    assert graph["name"] == "Petite ville"
    assert graph["state"] == "active"
    assert (graph["nodes"], graph["arcs"]) == (2, 2)
    assert graph["attribution"] == "© OpenStreetMap contributors"
    answer = (await matrix(routing, [position(2.36)], [position(2.361), position(2.362)])).json()
    assert answer["method"] == "roads"
    assert answer["graph_id"] == graph["id"]
    assert answer["travel_s"][0][1] == pytest.approx(2 * answer["travel_s"][0][0], abs=1)
    assert [snap["state"] for snap in answer["targets"]] == ["exact", "exact"]


async def test_a_file_of_the_import_folder_is_built_by_its_path(routing):
    (routing.settings.import_dir / "town.osm").write_bytes(town())
    answer = await routing.client.post("/v1/graphs", json={"path": "town.osm", "name": "town"})
    job = await ended(routing, answer)
    assert job["state"] == "done"
    listed = (await routing.client.get("/v1/graphs")).json()["items"]
    assert [(graph["id"], graph["state"]) for graph in listed] == [(job["id"], "active")]


async def test_a_new_graph_retires_the_one_before_and_a_running_process_follows(routing):
    first = await sent(routing, town())
    before = (await matrix(routing, [position(2.36)], [position(2.362)])).json()
    second = await sent(routing, town(tags=STREET + '<tag k="maxspeed" v="10"/>'))
    after = (await matrix(routing, [position(2.36)], [position(2.362)])).json()
    assert (before["graph_id"], after["graph_id"]) == (first["id"], second["id"])
    assert after["travel_s"][0][0] > 2 * before["travel_s"][0][0]
    page = (await routing.client.get("/v1/graphs", params={"limit": 1})).json()
    assert [(it["id"], it["state"]) for it in page["items"]] == [(second["id"], "active")]
    rest = await routing.client.get("/v1/graphs", params={"cursor": page["next_cursor"]})
    assert [(it["id"], it["state"]) for it in rest.json()["items"]] == [(first["id"], "retired")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hotel;city\n", "is not an OpenStreetMap file: give an extract named .osm.pbf or .osm"),
        (town()[:-30], "it is damaged or cut short; download or export it again"),
        (town(tags=""), "no road a car may use"),
    ],
)
async def test_a_file_that_is_no_graph_fails_in_words_and_the_old_graph_serves(
    routing, content, sentence
):
    kept = await sent(routing, town())
    job = await sent(routing, content)
    assert job["state"] == "failed"
    assert sentence in job["message"]
    assert str(routing.settings.import_dir.parent) not in job["message"]
    answer = (await matrix(routing, [position(2.36)], [position(2.362)])).json()
    assert answer["graph_id"] == kept["id"]


async def test_the_lodgings_of_a_map_are_listed_without_their_names(routing):
    hotels = "".join(
        f'<node id="{90 + n}" lon="2.36{n}" lat="48.861"><tag k="tourism" v="hotel"/>'
        f'<tag k="name" v="Hôtel secret"/><tag k="rooms" v="{n or "many"}"/></node>'
        for n in range(3)
    )
    job = await sent(routing, town(extra=hotels))
    path = f"/v1/graphs/{job['id']}/lodgings"
    first = await routing.client.get(path, params={"limit": 2})
    assert "secret" not in first.text
    assert first.json()["items"] == [
        {"position": position(2.36, 48.861), "kind": "hotel", "rooms": None},
        {"position": position(2.361, 48.861), "kind": "hotel", "rooms": 1},
    ]
    rest = await routing.client.get(path, params={"cursor": first.json()["next_cursor"]})
    assert [item["rooms"] for item in rest.json()["items"]] == [2]
    assert rest.json()["next_cursor"] is None


async def test_the_same_key_gives_the_same_job(routing):
    headers = {"Content-Type": MAP, "Idempotency-Key": "monthly-1"}
    answers = [
        await routing.client.post("/v1/graphs", content=content, headers=headers)
        for content in (town(), town(), town(shift=0.1))
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 422]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[2].json()["type"].endswith("idempotency-key-reused")
    await ended(routing, answers[0])


@pytest.mark.parametrize("path", ["../secret.osm", "/etc/passwd", "a/../../x.osm"])
async def test_a_path_out_of_the_import_folder_is_refused(routing, path):
    answer = await routing.client.post("/v1/graphs", json={"path": path})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/path"
    assert "inside the import folder" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"json": {"path": "none.osm.pbf"}}, 422, "/path|copy it there"),
        ({"json": {"path": "x", "colour": 1}}, 422, "/colour"),
        ({"json": {"path": "x\0.osm"}}, 422, "/path|copy it there"),
        ({"json": {"path": "x" * 300}}, 422, "/path|copy it there"),
        ({"json": {"path": "x/" * 5000}}, 422, "/path|copy it there"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 422, "JSON"),
        ({"content": b"", "headers": {"Content-Type": MAP}}, 422, "send the map file itself"),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "Send a map file as"),
    ],
)
async def test_a_request_that_asks_for_nothing_usable_says_what_to_send(
    routing, request_, status, words
):
    answer = await routing.client.post("/v1/graphs", **request_)
    assert answer.status_code == status
    for word in words.split("|"):
        assert word in answer.text


async def test_only_an_administrator_may_load_a_graph(routing):
    for role in ("reader", "planner", "manager", "service"):
        answer = await routing.client.post(
            "/v1/graphs", content=town(), headers={"Content-Type": MAP, **bearer(role)}
        )
        assert answer.status_code == 403


async def test_a_graph_is_everybodys_and_a_job_its_organisations(routing):
    job = await sent(routing, town())
    theirs = bearer("reader", organisation=THEIRS)
    graph = await routing.client.get(f"/v1/graphs/{job['id']}", headers=theirs)
    assert graph.status_code == 200
    hidden = await routing.client.get(f"/v1/routing/jobs/{job['id']}", headers=theirs)
    assert hidden.status_code == 404


async def test_a_queued_import_can_be_cancelled(database, tmp_path):
    settings = Settings(**database("routing").settings(), blobs_url=f"file://{tmp_path}/blobs")
    async with in_process(create_app(settings)) as client:
        client.headers.update(bearer())
        answer = await client.post("/v1/graphs", content=town(), headers={"Content-Type": MAP})
        cancelled = await client.delete(answer.headers["location"])
        assert cancelled.json()["state"] == "cancelled"


async def test_what_is_not_there_is_not_found(routing):
    for path in (f"/v1/graphs/{OURS}", f"/v1/graphs/{OURS}/lodgings", f"/v1/routing/jobs/{OURS}"):
        assert (await routing.client.get(path)).status_code == 404


@pytest.mark.parametrize(
    "cursor", ["WyJ4Il0", "WyJ4IiwieSJd", paging.encode("²"), paging.encode("9" * 30)]
)
async def test_a_cursor_of_another_list_is_refused(routing, cursor):
    job = await sent(routing, town())
    for path in ("/v1/graphs", f"/v1/graphs/{job['id']}/lodgings"):
        answer = await routing.client.get(path, params={"cursor": cursor})
        assert answer.status_code == 422


async def test_points_whose_axes_are_exchanged_are_refused_with_the_right_ones(routing):
    await sent(routing, town())
    answer = await matrix(routing, [position(2.36)], [position(2.361), position(48.86, 2.361)])
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/targets/1"
    assert "send lon 2.361, lat 48.86" in error["detail"]


async def test_a_position_off_the_earth_is_refused_with_its_place(routing):
    answer = await matrix(routing, [position(2.36)], [position(2.36, 91)])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/targets/0/lat"


async def test_a_point_far_from_the_roads_has_null_times_and_is_marked(routing):
    await sent(routing, town())
    places = [position(2.36), position(2.36, 48.9), position(2.36, 48.862)]
    answer = (await matrix(routing, places, places)).json()
    assert [snap["state"] for snap in answer["sources"]] == ["exact", "refused", "approximate"]
    assert answer["travel_s"] == [[0, None, 0], [None, None, None], [0, None, 0]]


@pytest.mark.parametrize(("sources", "targets"), [(0, 0), (0, 2), (2, 0)])
async def test_an_empty_matrix_is_a_matrix(routing, sources, targets):
    await sent(routing, town())
    answer = await matrix(routing, [position(2.36)] * sources, [position(2.36)] * targets)
    assert answer.status_code == 200
    assert answer.json()["travel_s"] == [[]] * sources


async def test_a_route_goes_through_its_points_in_the_times_of_the_matrix(routing):
    path = OSM / "paris_bss.osm.pbf"
    if not path.exists():
        pytest.skip("the extract paris_bss.osm.pbf is not on this machine")
    assert (await sent(routing, path.read_bytes()))["state"] == "done"
    places = [position(2.360, 48.862), position(2.372, 48.866), position(2.366, 48.864)]
    route = (await routing.client.post("/v1/routes", json={"positions": places})).json()
    times = (await matrix(routing, places, places)).json()["travel_s"]
    assert [leg["travel_s"] for leg in route["legs"]] == [times[0][1], times[1][2]]
    assert route["travel_s"] == times[0][1] + times[1][2]
    assert route["length_m"] > 1000
    lines = [leg["geometry"]["coordinates"] for leg in route["legs"]]
    assert lines[0][-1] == pytest.approx(lines[1][0])
    snapped = [tuple(snap["position"].values()) for snap in route["snaps"]]
    assert np.allclose([lines[0][0], lines[0][-1], lines[1][-1]], snapped, atol=2e-7)
    assert route["attribution"] == "© OpenStreetMap contributors"


async def test_a_route_to_where_no_road_leads_says_which_point(routing):
    await sent(routing, town())
    places = [position(2.36), position(2.361), position(2.36, 48.9)]
    answer = await routing.client.post("/v1/routes", json={"positions": places})
    assert answer.status_code == 409
    assert "from /positions/1 to /positions/2" in answer.json()["detail"]


async def test_without_a_graph_a_route_is_a_straight_line(routing):
    places = [position(2.36), position(2.37)]
    route = (await routing.client.post("/v1/routes", json={"positions": places})).json()
    assert route["method"] == "crow_fly"
    assert route["legs"][0]["geometry"]["coordinates"] == [[2.36, 48.86], [2.37, 48.86]]
    assert route["attribution"] == ""


@pytest.mark.parametrize("after_s", [0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1])
async def test_a_worker_told_to_stop_while_it_starts_stops(database, after_s):
    work = asyncio.create_task(run_worker(Settings(**database("routing").settings())))
    await asyncio.sleep(after_s)
    work.cancel()
    done, _ = await asyncio.wait({work}, timeout=10)
    assert done == {work}
    assert work.cancelled()


async def test_two_graphs_can_never_be_active_at_once(routing):
    await sent(routing, town())
    with (
        routing.database.administer() as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute(
            "insert into graph select (jsonb_populate_record(g, "
            "jsonb_build_object('id', gen_random_uuid()))).* from graph g"
        )


def test_the_tables_are_those_of_the_migrations(database):
    engine = create_engine(database("routing").owner_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or is_ours(name)},
        )
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()


def is_ours(name):
    return name in Table.metadata.tables
