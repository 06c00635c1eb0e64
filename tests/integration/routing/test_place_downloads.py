"""The map of a place by its name, from servers on loopback that answer as the public ones do."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import osmnx
import pytest
from typer.testing import CliRunner

from routing.cli import graph_commands
from routing.store.bundle import read_meta

SQUARE = [[2.36, 48.86], [2.37, 48.86], [2.37, 48.87], [2.36, 48.87], [2.36, 48.86]]
FOUND = [
    {
        "place_id": 1,
        "osm_type": "relation",
        "osm_id": 7,
        "lat": "48.865",
        "lon": "2.365",
        "class": "boundary",
        "type": "administrative",
        "place_rank": 16,
        "importance": 0.5,
        "addresstype": "town",
        "name": "Ville",
        "display_name": "Ville, France",
        "boundingbox": ["48.86", "48.87", "2.36", "2.37"],
        "geojson": {"type": "Polygon", "coordinates": [SQUARE]},
    }
]
TOWN = (
    '<osm version="0.6"><node id="1" lon="2.36" lat="48.86"/><node id="2" lon="2.37" lat="48.86"/>'
    '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>'
)


class Servers(BaseHTTPRequestHandler):
    """Answers searches and questions about the map; `told` collects what it was asked."""

    told: list[str]
    overpass_status = 200

    def do_GET(self):
        found = [] if "Nowhere" in self.path else FOUND
        self._answer(200, json.dumps(found))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.told.append(parse_qs(body)["data"][0])
        self._answer(self.overpass_status, TOWN)

    def _answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def servers(monkeypatch):
    handler = type("OurServers", (Servers,), {"told": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(osmnx.settings, "nominatim_url", f"{url}/")
    monkeypatch.setattr(osmnx.settings, "overpass_url", f"{url}/api")
    monkeypatch.setattr(osmnx.settings, "use_cache", False)
    try:
        yield handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def build(tmp_path, *arguments):
    out = ["--out", str(tmp_path / "graph")]
    return CliRunner().invoke(graph_commands, ["build", *arguments, *out])


def test_a_graph_is_built_from_the_name_of_a_place(servers, tmp_path):
    ran = build(tmp_path, "--place", "Ville, France")
    assert ran.exit_code == 0, ran.output
    assert read_meta(tmp_path / "graph").source_name == "Ville, France.osm"
    (asked,) = servers.told
    assert "(48.8600000,2.3600000,48.8700000,2.3700000)" in asked
    assert 'relation["type"="restriction"]' in asked


def test_an_unknown_place_ends_the_command_with_a_sentence(servers, tmp_path):
    ran = build(tmp_path, "--place", "Nowhere")
    assert ran.exit_code == 1
    assert "no place is called 'Nowhere'" in ran.output
    assert servers.told == []


def test_a_map_server_that_refuses_ends_the_command_with_a_sentence(servers, tmp_path):
    servers.overpass_status = 429
    ran = build(tmp_path, "--place", "Ville, France")
    assert ran.exit_code == 1
    assert "does not give the roads of 'Ville, France'" in ran.output
    assert not (tmp_path / "graph").exists()


def test_without_a_connection_the_command_ends_with_a_sentence(servers, tmp_path, monkeypatch):
    monkeypatch.setattr(osmnx.settings, "nominatim_url", "http://127.0.0.1:9/")
    ran = build(tmp_path, "--place", "Ville, France")
    assert ran.exit_code == 1
    assert "gets no answer" in ran.output


@pytest.mark.parametrize("arguments", [[], ["--pbf", "town.osm", "--place", "Ville"]])
def test_a_map_is_named_in_one_way(tmp_path, arguments):
    ran = build(tmp_path, *arguments)
    assert ran.exit_code == 2
    assert "give either --pbf or --place" in ran.output
