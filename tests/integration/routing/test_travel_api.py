"""Travel over HTTP: matrices, ways with their steps, and the map under them."""

import gzip
import io
import json
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import nanoarrow as na
import numpy as np
import osmium
import polars as pl
import pytest

from routing.main import create_app
from routing.settings import Settings
from routing.store.bundle_blobs import BundleBlobs
from routing.store.graph_build import build_bundle
from routing.store.graphs import activate
from routing.store.tables import GraphRow
from shared.testing import bearer, in_process

OSM = Path(__file__).parents[4] / "shared" / "data" / "osm"
TILE = "/v1/basemap/14/8299/5636.json"
ARROW = "application/vnd.apache.arrow.stream"
MORNING = "2026-03-02T08:30:00+01:00"


def street(number, nodes, name, *, kind="residential", extra=""):
    inside = "".join(f'<nd ref="{node}"/>' for node in nodes)
    tags = f'<tag k="highway" v="{kind}"/><tag k="name" v="{name}"/>{extra}'
    return f'<way id="{number}">{inside}{tags}</way>'


def town():
    """Draw two streets that cross, and a third from the end of the first."""
    places = {1: (2.36, 48.86), 2: (2.362, 48.86), 3: (2.364, 48.86), 4: (2.362, 48.862)}
    places |= {5: (2.364, 48.862)}
    nodes = "".join(f'<node id="{n}" lon="{lon}" lat="{lat}"/>' for n, (lon, lat) in places.items())
    ways = [
        street(1, (1, 2, 3), "Rue Haute", kind="primary"),
        street(2, (2, 4), "Rue Basse"),
        street(3, (3, 5, 4), "Quai Neuf"),
    ]
    return f'<osm version="0.6">{nodes}{"".join(ways)}</osm>'.encode()


@pytest.fixture
async def routing(database, tmp_path):
    """Run the service, without a graph yet."""
    settings = Settings(**database("routing").settings(), blobs_url=f"file://{tmp_path}/blobs")
    app = create_app(settings)
    async with in_process(app) as client:
        client.headers.update(bearer())
        yield SimpleNamespace(client=client, app=app, settings=settings, folder=tmp_path)


async def load(routing, content, name="town.osm"):
    """Build a graph and let it serve, as the import does in its child process."""
    id = uuid4()
    meta, bundle = built(routing, content, name)
    west, south, east, north = meta.bbox
    row = GraphRow(
        id=id,
        name=name,
        state="active",
        bundle=bundle,
        source_sha256=meta.source_sha256,
        nodes=meta.drive.nodes,
        arcs=meta.drive.arcs,
        length_km=meta.drive.length_km,
        component_share=meta.drive.component_share,
        missing_nodes=0,
        cut_ways=0,
        west=west,
        south=south,
        east=east,
        north=north,
        attribution=meta.attribution,
    )
    async with routing.app.state.database.plain_session() as session:
        await activate(session, row)
    return str(id)


def built(routing, content, name):
    source = routing.folder / name
    source.write_bytes(content)
    directory = routing.folder / uuid4().hex
    meta = build_bundle(source, directory)
    return meta, BundleBlobs.at(routing.settings.blobs_url, None).put(directory)


@pytest.fixture
async def in_town(routing):
    routing.graph_id = await load(routing, town())
    return routing


def position(lon, lat=48.86):
    return {"lon": lon, "lat": lat}


CORNERS = [position(2.361), position(2.363), position(2.362, 48.861), position(2.363, 48.862)]


async def matrix(routing, headers=None, **wanted):
    body = {"sources": CORNERS, "targets": CORNERS, **wanted}
    return await routing.client.post("/v1/matrices", json=body, headers=headers or {})


async def route(routing, *places, **wanted):
    body = {"positions": list(places), **wanted}
    return (await routing.client.post("/v1/routes", json=body)).json()


async def test_lengths_are_given_on_request_and_are_those_of_the_routes(in_town):
    plain = (await matrix(in_town)).json()
    assert plain.get("length_m") is None
    answer = (await matrix(in_town, lengths=True)).json()
    assert answer["travel_s"] == plain["travel_s"]
    for i, j in ((0, 1), (0, 3), (2, 3), (3, 0)):
        way = await route(in_town, CORNERS[i], CORNERS[j])
        assert answer["length_m"][i][j] == way["length_m"] > 50
        assert answer["travel_s"][i][j] == way["travel_s"]
    assert [answer["length_m"][n][n] for n in range(4)] == [0] * 4


async def test_arrow_holds_the_figures_of_json(in_town):
    far = position(2.36, 48.9)
    wanted = {"targets": [*CORNERS, far], "lengths": True}
    told = (await matrix(in_town, **wanted)).json()
    answer = await matrix(in_town, {"Accept": ARROW}, **wanted)
    assert answer.headers["content-type"] == ARROW
    table = pl.read_ipc_stream(answer.content)
    assert table["travel_s"].to_list() == told["travel_s"]
    assert table["length_m"].to_list() == told["length_m"]
    assert told["travel_s"][0][4] is told["length_m"][0][4] is None
    rest = answer.content[: answer.content.index(b"travel_s") + 4000].decode("latin-1")
    assert f'"graph_id":"{in_town.graph_id}"' in rest


@pytest.mark.parametrize(("sources", "targets"), [(0, 2), (2, 0), (1, 1)])
async def test_arrow_may_be_empty(in_town, sources, targets):
    wanted = {"sources": CORNERS[:sources], "targets": CORNERS[:targets]}
    answer = await matrix(in_town, {"Accept": ARROW}, **wanted)
    told = (await matrix(in_town, **wanted)).json()
    # Polars reads no lists of length 0.
    rows = na.ArrayStream.from_readable(io.BytesIO(answer.content)).read_all().to_pylist()
    assert [row["travel_s"] for row in rows] == told["travel_s"]


@pytest.mark.parametrize(
    ("size", "lengths", "words"),
    [
        ((2001, 2000), False, "4,002,000 pairs; at most 4,000,000"),
        ((400, 300), True, "120,000 pairs; with lengths at most 100,000"),
    ],
)
async def test_too_many_pairs_are_refused_with_their_number(in_town, size, lengths, words):
    wanted = {"sources": [CORNERS[0]] * size[0], "targets": [CORNERS[1]] * size[1]}
    answer = await matrix(in_town, **wanted, lengths=lengths)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert answer.json()["errors"][0]["pointer"] == "/targets"


async def test_the_most_pairs_are_answered(in_town):
    wanted = {"sources": [CORNERS[0]] * 20_000, "targets": [CORNERS[1]] * 200}
    answer = await matrix(in_town, {"Accept": ARROW}, **wanted)
    assert answer.status_code == 200
    assert pl.read_ipc_stream(answer.content)["travel_s"].to_numpy().shape == (20_000, 200)


async def test_the_morning_takes_longer_than_free_roads_and_says_so(in_town):
    free = (await matrix(in_town)).json()
    rush = (await matrix(in_town, departs_at=MORNING)).json()
    assert (free["period"], rush["period"]) == (None, "morning_rush")
    assert rush["travel_s"][0][1] > 1.2 * free["travel_s"][0][1]
    way = await route(in_town, CORNERS[0], CORNERS[1], departs_at=MORNING)
    assert (way["period"], way["travel_s"]) == ("morning_rush", rush["travel_s"][0][1])


async def test_walking_takes_longer_than_driving_and_knows_no_rush(in_town):
    drive = (await matrix(in_town)).json()
    walk = (await matrix(in_town, profile="walk", departs_at=MORNING)).json()
    assert (walk["profile"], walk["method"], walk["period"]) == ("walk", "roads", None)
    assert walk["travel_s"][0][1] > 2 * drive["travel_s"][0][1]
    way = await route(in_town, CORNERS[0], CORNERS[1], profile="walk")
    assert (way["profile"], way["travel_s"]) == ("walk", walk["travel_s"][0][1])


async def test_a_way_is_told_street_by_street_in_two_languages(in_town):
    way = await route(in_town, CORNERS[0], CORNERS[2])
    steps = way["legs"][0]["steps"]
    assert [step["street"] for step in steps] == ["Rue Haute", "Rue Basse", "Rue Basse"]
    assert [step["turn"] for step in steps] == ["depart", "left", "arrive"]
    assert steps[1]["text"] == {
        "fr": "Tournez à gauche sur Rue Basse",
        "en": "Turn left onto Rue Basse",
    }
    assert steps[1]["position"] == position(2.362)
    assert sum(step["length_m"] for step in steps) == pytest.approx(way["length_m"], abs=0.3)


async def test_a_point_in_the_sea_has_null_times_and_a_reason(in_town):
    answer = (await matrix(in_town, sources=[position(2.36, 48.9), CORNERS[0]])).json()
    assert answer["travel_s"][0] == [None] * 4
    assert answer["sources"][0]["state"] == "refused"
    assert "more than 500 m: no way leads there" in answer["sources"][0]["reason"]["en"]
    assert "aucun trajet" in answer["sources"][0]["reason"]["fr"]
    assert answer["sources"][1]["reason"] is None


async def test_a_point_on_an_island_of_roads_has_null_times_and_a_reason(routing):
    island = street(9, (8, 9), "Rue de l'Ile")
    nodes = "".join(f'<node id="{n}" lon="2.39" lat="48.86{n}"/>' for n in (8, 9))
    whole = town().decode().replace("<way", f"{nodes}<way", 1).replace("</osm>", f"{island}</osm>")
    await load(routing, whole.encode())
    there = position(2.39, 48.8685)
    answer = (await matrix(routing, sources=[there], targets=[CORNERS[0], there])).json()
    assert answer["travel_s"] == [[None, None]]
    assert "joined to the network" in answer["sources"][0]["reason"]["en"]
    way = await routing.client.post("/v1/routes", json={"positions": [there, CORNERS[0]]})
    assert way.status_code == 409


async def test_a_map_imported_twice_has_tiles_of_each_version(in_town):
    first = await in_town.client.get(TILE)
    second_id = await load(in_town, town())
    second = await in_town.client.get(TILE)
    assert first.json()["graph_id"] == in_town.graph_id
    assert second.json()["graph_id"] == second_id
    assert first.json()["roads"] == second.json()["roads"]


async def test_before_any_graph_every_way_of_travelling_is_guessed_and_says_so(routing):
    for profile in ("drive", "walk", "bike"):
        answer = (await matrix(routing, profile=profile, lengths=True)).json()
        assert (answer["method"], answer["profile"]) == ("crow_fly", profile)
        assert answer["travel_s"][0][1] > 0
        assert answer["length_m"][0][1] > 100
    tile = await routing.client.get("/v1/basemap/14/8299/5636.json")
    assert (tile.json()["roads"], tile.json()["graph_id"]) == ([], None)


async def test_a_graph_this_version_cannot_read_is_answered_as_none(in_town):
    assert (await matrix(in_town)).json()["method"] == "roads"
    (meta,) = kept_files(in_town, "meta.json")
    meta.write_text(meta.read_text().replace('"format": ', '"format": 9'))
    in_town.app.state.roads = create_app(in_town.settings).state.roads
    assert (await matrix(in_town)).json()["method"] == "crow_fly"


def kept_files(routing, name):
    """List what the service keeps beside its blobs."""
    return Path(routing.settings.blobs_url.removeprefix("file://")).rglob(name)


async def test_a_tile_shows_the_streets_and_a_browser_need_not_load_it_twice(in_town):
    tile = await in_town.client.get(TILE)
    assert tile.status_code == 200
    kinds = [it["road_class"] for it in tile.json()["roads"]]
    assert kinds == ["primary", "residential"]
    assert tile.json()["graph_id"] == in_town.graph_id
    assert tile.json()["attribution"] == "© OpenStreetMap contributors"
    etag = {"If-None-Match": tile.headers["etag"]}
    again = await in_town.client.get(TILE, headers=etag)
    assert (again.status_code, again.content) == (304, b"")
    await load(in_town, town().replace(b"Rue", b"Allee"))
    fresh = await in_town.client.get(TILE, headers=etag)
    assert fresh.status_code == 200
    assert fresh.headers["etag"] != tile.headers["etag"]


async def test_a_tile_comes_packed_or_plain_and_is_drawn_once(in_town):
    plain = await in_town.client.get(TILE, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    (kept,) = kept_files(in_town, "*.json.gz")
    assert gzip.decompress(kept.read_bytes()) == plain.content
    drawn_at = kept.stat().st_mtime_ns
    packed = await in_town.client.get(TILE, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert kept.stat().st_mtime_ns == drawn_at


@pytest.mark.parametrize("place", ["20/0/0", "3/8/0", "3/0/8", "3/-1/0", "a/0/0"])
async def test_a_tile_off_the_map_is_refused(routing, place):
    answer = await routing.client.get(f"/v1/basemap/{place}.json")
    assert answer.status_code == 422


class Blocked:
    """Refuses connections to anything but local sockets, and remembers who tried."""

    def __init__(self):
        self.tried = []
        self.on = False
        sys.addaudithook(self._hook)

    def _hook(self, event, arguments):
        if not self.on:
            return
        outward = event == "socket.connect" and not isinstance(arguments[1], str | bytes)
        if outward or event in {"socket.getaddrinfo", "socket.sendto", "subprocess.Popen"}:
            self.tried.append((event, arguments))
            raise PermissionError("the network is blocked")


async def test_no_request_about_roads_calls_anybody(in_town):
    network = Blocked()
    client = in_town.client
    network.on = True
    try:
        answers = [
            await matrix(in_town, lengths=True, departs_at=MORNING),
            await matrix(in_town, {"Accept": ARROW}, profile="bike"),
            await client.post("/v1/routes", json={"positions": CORNERS}),
            await client.get(TILE),
            await client.get("/v1/graphs"),
        ]
    finally:
        network.on = False
    assert [answer.status_code for answer in answers] == [200] * 5
    assert network.tried == []


class StreetsOfNodes(osmium.SimpleHandler):
    """Gathers the names of the streets through each place of a map."""

    def __init__(self):
        super().__init__()
        self.names = defaultdict(set)

    def way(self, way):
        if "highway" in way.tags:
            for node in way.nodes:
                if node.location.valid():
                    place = node.location.lon, node.location.lat
                    self.names[place].add(way.tags.get("name"))


async def test_on_a_real_map_each_step_lies_on_the_street_it_names(routing):
    path = OSM / "paris_bss.osm.pbf"
    if not path.exists():
        pytest.skip("the extract paris_bss.osm.pbf is not on this machine")
    await load(routing, path.read_bytes(), path.name)
    known = StreetsOfNodes()
    known.apply_file(str(path), locations=True)
    rng = np.random.default_rng(4)
    places = [
        position(*place)
        for place in zip(
            rng.uniform(2.354, 2.378, 30).tolist(),
            rng.uniform(48.859, 48.869, 30).tolist(),
            strict=True,
        )
    ]
    way = await route(routing, *places)
    times = (await matrix(routing, sources=places, targets=places)).json()["travel_s"]
    checked = 0
    for number, leg in enumerate(way["legs"]):
        assert leg["travel_s"] == times[number][number + 1]
        line = [tuple(point) for point in leg["geometry"]["coordinates"]]
        starts = [tuple(step["position"].values()) for step in leg["steps"]]
        seen = 0
        for step, (start, end) in zip(leg["steps"], pairwise(starts), strict=False):
            first = line.index(start, seen)
            last = line.index(end, first)
            seen = last
            if step["turn"] != "roundabout":
                on_street = [known.names[place] for place in line[first + 1 : last]]
                assert all(step["street"] in names for names in on_street if names)
                checked += len(on_street)
    assert checked > 200


async def test_the_plain_engine_can_be_forced_and_gives_the_same(in_town):
    fast = (await matrix(in_town, lengths=True)).json()
    forced = in_town.settings.model_copy(update={"engine": "dijkstra"})
    in_town.app.state.roads = create_app(forced).state.roads
    assert (await matrix(in_town, lengths=True)).json() == fast
    assert json.dumps(fast["travel_s"]).count("null") == 0
