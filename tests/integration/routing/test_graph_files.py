"""Map files become road graphs on disk, or say why not."""

import contextlib
import gzip
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from routing.domain.lodgings import LODGING_KINDS
from routing.domain.profiles import CLASS_NUMBER
from routing.domain.road_check import (
    Extent,
    GraphShrunkError,
    NetworkUnsoundError,
    check_succession,
)
from routing.domain.road_errors import (
    NoRoadError,
    OsmFileEmptyError,
    OsmFileError,
    OsmFileUnreadableError,
)
from routing.domain.road_network import RoadNetwork
from routing.domain.speeds import NODE_DELAY_MS
from routing.store.bundle import (
    BundleError,
    read_lodgings,
    read_meta,
    read_network,
    read_texts,
)
from routing.store.graph_build import build_bundle
from routing.store.osm_file import read_osm
from routing.store.roads import open_roads

OSM = Path(__file__).parents[4] / "shared" / "data" / "osm"

NODES = {n: (2.30 + n % 10 / 1000, 48.80 + n // 10 / 1000) for n in range(40)}


def osm_xml(ways, nodes=NODES, tagged=None, relations=""):
    """Write a map by hand: ways are (nodes, tags), `tagged` the tags of nodes."""

    def tags(pairs):
        return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in pairs.items())

    text = ['<?xml version="1.0"?><osm version="0.6">']
    for n, (lon, lat) in nodes.items():
        told = tags((tagged or {}).get(n, {}))
        text.append(f'<node id="{n + 1}" lon="{lon:.7f}" lat="{lat:.7f}">{told}</node>')
    for number, (members, pairs) in enumerate(ways, 1):
        refs = "".join(f'<nd ref="{n + 1}"/>' for n in members)
        text.append(f'<way id="{number}">{refs}{tags(pairs)}</way>')
    return "".join([*text, relations, "</osm>"])


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


STREET = {"highway": "residential"}


def extract(name):
    path = OSM / name
    if not path.exists():
        pytest.skip(f"the extract {name} is not on this machine")
    return path


def test_a_map_written_by_hand_gives_the_graph_it_draws(tmp_path):
    ways = [([0, 1, 2], STREET), ([2, 12, 22], STREET), ([2, 3], {"highway": "footway"})]
    source = write(tmp_path / "town.osm", osm_xml(ways))
    built = build_bundle(source, tmp_path / "graph")
    assert (built.drive.nodes, built.drive.arcs, built.missing_nodes) == (2, 2, 0)
    assert built.source_name == "town.osm"
    assert built.drive.length_km == pytest.approx(2 * 0.0733 + 2 * 0.1112, abs=0.001)
    roads = open_roads(tmp_path / "graph")
    assert roads.method == "roads"
    points = roads.polyline(NODES[0], NODES[22])
    assert np.allclose(points, [NODES[n] for n in (0, 1, 2, 12, 22)], atol=1e-7)


def test_a_oneway_street_of_the_map_is_longer_to_drive_back(tmp_path):
    ways = [([0, 1], {**STREET, "oneway": "yes"}), ([1, 11, 10, 0], STREET)]
    build_bundle(write(tmp_path / "town.osm", osm_xml(ways)), tmp_path / "graph")
    lon, lat = np.array([NODES[0], NODES[1]]).T
    travel_s, _ = open_roads(tmp_path / "graph").matrix(lon, lat)
    assert travel_s[1, 0] > 2 * travel_s[0, 1]


def test_a_way_is_cut_where_the_extract_lost_its_nodes(tmp_path):
    nodes = {n: place for n, place in NODES.items() if n not in {3, 4, 8}}
    ways = [([0, 1, 2, 3, 4, 5, 6], STREET), ([2, 12, 15, 5], STREET), ([7, 8, 9], STREET)]
    found = read_osm(write(tmp_path / "cut.osm", osm_xml(ways, nodes)))
    assert (found.read.missing_nodes, found.read.cut_ways) == (3, 2)
    assert np.diff(found.ways("drive").way_offsets).tolist() == [3, 2, 4]
    built = build_bundle(tmp_path / "cut.osm", tmp_path / "graph")
    assert (built.missing_nodes, built.cut_ways, built.drive.component_share) == (3, 2, 1.0)


def test_a_ferry_takes_as_long_as_it_says_even_if_tagged_as_a_road(tmp_path):
    ferry = {"route": "ferry", "motorcar": "yes", "duration": "00:10", "highway": "proposed"}
    ways = [([0, 1], STREET), ([1, 2], ferry), ([2, 3], STREET)]
    built = build_bundle(write(tmp_path / "port.osm", osm_xml(ways)), tmp_path / "graph")
    network = read_network(tmp_path / "graph")
    crossing = network.edge_class == CLASS_NUMBER["ferry"]
    assert network.edge_forward_ms[crossing].tolist() == [pytest.approx(600_000, abs=1)]
    assert not network.edge_may_stop[crossing].any()
    assert list(built.profiles) == ["drive", "walk", "bike"]


def test_the_streets_of_a_graph_keep_their_names_and_numbers(tmp_path):
    ways = [
        ([0, 1], {**STREET, "name": "Rue Haute", "ref": "D 7"}),
        ([1, 2], {**STREET, "name": "Rue Haute"}),
        ([2, 3], STREET),
    ]
    build_bundle(write(tmp_path / "town.osm", osm_xml(ways)), tmp_path / "graph")
    network, texts = read_network(tmp_path / "graph"), read_texts(tmp_path / "graph")
    named = {
        (texts[name], texts[number])
        for name, number in zip(network.edge_name, network.edge_number, strict=True)
    }
    assert named == {("Rue Haute", "D 7"), ("Rue Haute", None), (None, None)}
    assert len(texts) == 2


def test_a_map_without_a_path_for_walkers_gives_a_graph_without_them(tmp_path):
    ways = [([0, 1, 2], {**STREET, "foot": "no", "bicycle": "no"})]
    built = build_bundle(write(tmp_path / "town.osm", osm_xml(ways)), tmp_path / "graph")
    assert list(built.profiles) == ["drive"]
    with pytest.raises(BundleError, match="has no roads to walk on"):
        read_network(tmp_path / "graph", "walk")


def test_delays_are_read_from_the_nodes_of_the_map(tmp_path):
    tagged = {1: {"highway": "traffic_signals"}, 2: {"highway": "crossing"}}
    found = read_osm(write(tmp_path / "lit.osm", osm_xml([([0, 1, 2], STREET)], tagged=tagged)))
    assert found.ways("drive").delayed_ref.tolist() == [2]
    assert found.ways("drive").delay_ms.tolist() == [NODE_DELAY_MS["traffic_signals"]]


def test_barriers_that_stop_cars_are_read_from_the_nodes_of_the_map(tmp_path):
    tagged = {
        1: {"barrier": "bollard"},
        2: {"barrier": "gate"},
        3: {"barrier": "gate", "access": "private"},
    }
    ways = [([0, 1, 2, 3], STREET), ([10, 11], {"barrier": "block"})]
    found = read_osm(write(tmp_path / "quay.osm", osm_xml(ways, tagged=tagged)))
    assert found.ways("drive").blocked_ref.tolist() == [2, 4]
    assert found.ways("drive").way_offsets.tolist() == [0, 4]


def test_lodgings_keep_their_place_kind_and_rooms_and_no_name(tmp_path):
    secret = {"name": "Hôtel du Nord", "phone": "+33 1 00 00 00 00", "website": "https://x.test"}
    tagged = {
        30: {"tourism": "hotel", "rooms": "12", **secret},
        31: {"tourism": "hostel", "rooms": "a few", **secret},
        32: {"tourism": "museum", **secret},
    }
    ways = [
        ([0, 1, 2], STREET),
        ([10, 11, 21, 20, 10], {"tourism": "guest_house", **secret}),
        ([13, 14, 24, 23, 13], {}),
    ]
    relation = (
        '<relation id="1"><member type="way" ref="3" role="outer"/>'
        '<tag k="type" v="multipolygon"/><tag k="tourism" v="apartment"/></relation>'
    )
    source = write(tmp_path / "town.osm", osm_xml(ways, tagged=tagged, relations=relation))
    build_bundle(source, tmp_path / "graph")
    seen = read_lodgings(tmp_path / "graph")
    assert [LODGING_KINDS[kind] for kind in seen.lodging_kind] == [
        "hotel",
        "hostel",
        "guest_house",
        "apartment",
    ]
    assert seen.lodging_rooms.tolist() == [12, -1, -1, -1]
    assert seen.lodging_lon_e7.tolist()[2:] == [23_005_000, 23_035_000]
    assert seen.lodging_lat_e7.tolist()[2:] == [488_015_000, 488_015_000]
    files = [path for path in (tmp_path / "graph").rglob("*") if path.is_file()]
    assert len(files) > 20
    assert not any(b"Nord" in file.read_bytes() for file in files)


def test_a_lodging_whose_corners_are_partly_lost_is_placed_by_the_others(tmp_path):
    nodes = {n: place for n, place in NODES.items() if n != 21}
    ways = [([0, 1, 2], STREET), ([10, 11, 21, 20, 10], {"tourism": "hotel"})]
    seen = read_osm(write(tmp_path / "town.osm", osm_xml(ways, nodes))).lodgings
    assert seen.lodging_lon_e7.tolist() == [23_005_000]
    assert seen.lodging_lat_e7.tolist() == [488_015_000]


def test_a_network_that_does_not_hold_together_is_not_written(tmp_path, monkeypatch):
    def unsound(_network):
        raise NetworkUnsoundError("it does not hold together")

    monkeypatch.setattr("routing.store.graph_build.check_network", unsound)
    with pytest.raises(NetworkUnsoundError):
        build_bundle(
            write(tmp_path / "town.osm", osm_xml([([0, 1, 2], STREET)])), tmp_path / "graph"
        )
    assert not (tmp_path / "graph").exists()


def test_a_compressed_map_is_read_whatever_its_name(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(gzip.compress(osm_xml([([0, 1, 2], STREET)]).encode()))
    assert len(read_osm(path).ways("drive").point_ref) == 3


def test_a_clipped_extract_of_paris_gives_a_usable_graph(tmp_path):
    built = build_bundle(extract("paris_bss.osm.pbf"), tmp_path / "graph")
    assert built.drive.nodes > 300
    assert built.missing_nodes > 0
    roads = open_roads(tmp_path / "graph")
    lon, lat = np.array([(2.360, 48.862), (2.372, 48.866), (2.366, 48.864)]).T
    travel_s, snaps = roads.matrix(lon, lat)
    assert snaps.states() == ["exact"] * 3
    assert ((travel_s > 30) | np.eye(3, dtype=bool)).all()
    assert travel_s.max() < 1200


def test_a_truncated_file_says_so_and_leaves_nothing_behind(tmp_path):
    whole = extract("heidelberg.osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OsmFileUnreadableError, match=r"cut\.osm\.pbf cannot be read .* again"):
        build_bundle(path, tmp_path / "graphs" / "graph")
    assert not (tmp_path / "graphs").exists()


def block_ends(pbf):
    """List where the blocks of a PBF file end: a 4-byte length, a header, and what it announces."""
    at, ends = 0, []
    while at < len(pbf):
        header_size = int.from_bytes(pbf[at : at + 4], "big")
        header = pbf[at + 4 : at + 4 + header_size]
        # The size of the block, a varint, is the header's last field.
        digits = header[header.rindex(b"\x18") + 1 :]
        size = sum((digit & 0x7F) << (7 * place) for place, digit in enumerate(digits))
        at += 4 + header_size + size
        ends.append(at)
    return ends


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(slice(-3, -1), id="either of the last two"),
        pytest.param(slice(-1), id="any", marks=pytest.mark.slow),
    ],
)
def test_a_file_cut_between_two_blocks_is_known_by_what_it_lacks(tmp_path, after):
    whole = extract("heidelberg.osm.pbf").read_bytes()
    ends = block_ends(whole)
    assert ends[-1] == len(whole)
    served = build_bundle(OSM / "heidelberg.osm.pbf", tmp_path / "served")
    smaller = []
    for number, end in enumerate(ends[after]):
        path = tmp_path / "cut.osm.pbf"
        path.write_bytes(whole[:end])
        with contextlib.suppress(OsmFileError):
            smaller.append(build_bundle(path, tmp_path / f"cut{number}"))
    cut = [built for built in smaller if built.drive.length_km < served.drive.length_km]
    assert cut
    for built in cut:
        with pytest.raises(GraphShrunkError, match="cut short"):
            check_succession(extent(served), extent(built))


def extent(built):
    return Extent(built.drive.nodes, built.drive.component_share, built.bbox)


def test_a_damaged_file_says_so(tmp_path):
    damaged = bytearray(extract("paris_bss.osm.pbf").read_bytes())
    damaged[40_000:40_200] = bytes(200)
    path = tmp_path / "damaged.osm.pbf"
    path.write_bytes(damaged)
    with pytest.raises(OsmFileUnreadableError, match="damaged or cut short"):
        read_osm(path)


def damaged(sound, broken):
    """Draw a street, with one of its attributes spoilt."""
    text = osm_xml([([0, 1, 2], STREET)])
    assert sound in text
    return text.replace(sound, broken, 1).encode()


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", OsmFileEmptyError, "is empty: download or export it again"),
        (b"accommodation;city\n", OsmFileUnreadableError, "give an extract named .osm.pbf or .osm"),
        (b"<osm version='0.6'><node", OsmFileUnreadableError, "cannot be read to its end"),
        (b"<osm version='0.6'></osm>", NoRoadError, "no road a car may use"),
        (b"<html></html>", OsmFileUnreadableError, "cannot be read to its end"),
        (b"BZh", OsmFileUnreadableError, "cannot be read to its end"),
        (damaged('lon="2.3010000"', 'lon="abc"'), OsmFileUnreadableError, "cannot be read to its"),
        (damaged('lon="2.3010000"', 'lon="999"'), OsmFileUnreadableError, "cannot be read to its"),
        (
            damaged('<node id="2"', '<node id="two"'),
            OsmFileUnreadableError,
            "cannot be read to its",
        ),
        (damaged('<nd ref="2"', '<nd ref="2e9"'), OsmFileUnreadableError, "cannot be read to its"),
        (damaged('<way id="1"', '<way id=""'), OsmFileUnreadableError, "cannot be read to its end"),
    ],
)
def test_a_file_that_is_no_map_says_what_to_do(tmp_path, content, error, message):
    path = tmp_path / "town.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(error, match=message):
        build_bundle(path, tmp_path / "graph")
    assert not (tmp_path / "graph").exists()


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(OsmFileUnreadableError, match="No such file"):
        build_bundle(tmp_path / "none.osm.pbf", tmp_path / "graph")


def test_a_version_is_never_overwritten(tmp_path):
    source = write(tmp_path / "town.osm", osm_xml([([0, 1, 2], STREET)]))
    build_bundle(source, tmp_path / "graph")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(FileExistsError, match="a version is immutable"):
        build_bundle(source, tmp_path / "graph")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_bundle_is_mapped_into_memory_not_read(tmp_path):
    built = build_bundle(
        write(tmp_path / "town.osm", osm_xml([([0, 1, 2], STREET)])), tmp_path / "graph"
    )
    network = read_network(tmp_path / "graph")
    for field in fields(RoadNetwork):
        array = getattr(network, field.name)
        assert isinstance(array, np.memmap)
        assert not array.flags.writeable
    assert read_meta(tmp_path / "graph") == built
    assert len(network.order) == network.n_nodes


def test_a_directory_that_holds_no_graph_says_how_to_build_one(tmp_path):
    with pytest.raises(BundleError, match="ronde graph build"):
        open_roads(tmp_path)


def test_a_bundle_of_another_format_or_without_an_array_is_refused(tmp_path):
    graph = tmp_path / "graph"
    build_bundle(write(tmp_path / "town.osm", osm_xml([([0, 1, 2], STREET)])), graph)
    (graph / "drive" / "order.npy").unlink()
    with pytest.raises(BundleError, match=r"lacks a readable order\.npy"):
        read_network(graph)
    told = json.loads((graph / "meta.json").read_text())
    (graph / "meta.json").write_text(json.dumps({**told, "format": 99}))
    with pytest.raises(BundleError, match="is of format 99, this version reads 3"):
        read_network(graph)


def test_without_a_graph_the_crow_flies():
    assert open_roads(None).method == "crow_fly"


def test_both_engines_agree_on_a_hundred_thousand_pairs_of_a_real_town(tmp_path):
    build_bundle(extract("heidelberg.osm.pbf"), tmp_path / "graph")
    network = read_network(tmp_path / "graph")
    rng = np.random.default_rng(7)
    picked = rng.integers(0, network.n_nodes, 320)
    lon = network.node_lon_e7[picked] / 1e7 + rng.normal(0, 6e-4, 320)
    lat = network.node_lat_e7[picked] / 1e7 + rng.normal(0, 4e-4, 320)
    fast, exact = (open_roads(tmp_path / "graph", engine) for engine in ("cch", "dijkstra"))
    travel_s, snaps = fast.matrix(lon, lat)
    assert travel_s.size > 100_000
    assert np.array_equal(travel_s, exact.matrix(lon, lat)[0])
    usable = np.array([state != "refused" for state in snaps.states()])
    assert (travel_s[np.ix_(usable, usable)] >= 0).all()
