"""Bad input gives a clear answer and loses nothing, through the gateway."""

import time
from pathlib import Path

import httpx
import osmium
import pytest
from system import System

HEADER = "external_id;name;postcode;city;rooms;lat;lon"
GOOD = "BAD-{0:03};Hôtel {0};75011;Paris;20;48,85;2,35"
BROKEN = {
    5: ("rooms", "BAD-004;Hôtel 4;75011;Paris;vingt;48,85;2,35"),
    17: ("postcode", "BAD-016;Hôtel 16;750;Paris;20;48,85;2,35"),
    29: ("name", "BAD-028;;75011;Paris;20;48,85;2,35"),
    41: ("rooms", "BAD-040;Hôtel 40;75011;Paris;-3;48,85;2,35"),
    56: ("lat", "BAD-055;Hôtel 55;75011;Paris;20;2,35;48,85"),
    73: ("external_id", ";Hôtel 72;75011;Paris;20;48,85;2,35"),
    99: ("lat", "BAD-098;Hôtel 98;75011;Paris;20;0;0"),
}


def register() -> bytes:
    rows = [BROKEN[line][1] if line in BROKEN else GOOD.format(line - 1) for line in range(2, 102)]
    return "\r\n".join([HEADER, *rows]).encode("cp1252")


def import_register(client: httpx.Client, *, dry_run: bool) -> dict[str, object]:
    answer = client.post(
        "/v1/accommodation-imports",
        params={"dry_run": dry_run},
        content=register(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    report: dict[str, object] = answer.json()
    return report


def known(client: httpx.Client) -> int:
    page = client.get("/v1/accommodations", params={"limit": 1000}).json()
    return sum(item["external_id"].startswith("BAD-") for item in page["items"])


def test_a_register_with_seven_broken_rows_of_a_hundred(ronde: System) -> None:
    client = ronde.client()
    tried = import_register(client, dry_run=True)
    assert (tried["rows"], tried["created"], tried["rejected"]) == (100, 93, 7)
    assert known(client) == 0
    done = import_register(client, dry_run=False)
    assert (done["created"], done["rejected"]) == (93, 7)
    assert known(client) == 93
    for report in (tried, done):
        errors = report["errors"]
        assert isinstance(errors, list)
        assert {(it["line"], it["column"]) for it in errors} == {
            (line, column) for line, (column, _) in BROKEN.items()
        }
        assert all(it["reason"] for it in errors)


def write_square(path: Path) -> None:
    """Write a map of four streets round a block."""
    corners = [(2.35, 48.85), (2.36, 48.85), (2.36, 48.86), (2.35, 48.86)]
    writer = osmium.SimpleWriter(str(path))
    for number, corner in enumerate(corners, 1):
        writer.add_node(osmium.osm.mutable.Node(id=number, location=corner, version=1))
    writer.add_way(
        osmium.osm.mutable.Way(
            id=1, nodes=[1, 2, 3, 4, 1], tags={"highway": "residential"}, version=1
        )
    )
    writer.close()


def load(client: httpx.Client, content: bytes) -> dict[str, object]:
    answer = client.post(
        "/v1/graphs",
        params={"name": "square"},
        content=content,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 202, answer.text
    until = time.monotonic() + 60
    while time.monotonic() < until:
        job: dict[str, object] = client.get(answer.headers["Location"]).json()
        if job["state"] in {"done", "failed"}:
            return job
        time.sleep(0.1)
    raise AssertionError("the graph was not built in a minute")


def active(client: httpx.Client) -> list[str]:
    return [it["id"] for it in client.get("/v1/graphs").json()["items"] if it["state"] == "active"]


@pytest.mark.parametrize(
    ("keep", "sentence"), [(0.6, "cut short"), (0.0, "not an OpenStreetMap file")]
)
def test_a_truncated_map_fails_in_words_and_the_old_roads_serve(
    ronde: System, tmp_path: Path, keep: float, sentence: str
) -> None:
    client = ronde.client("admin")
    write_square(tmp_path / "square.osm.pbf")
    whole = (tmp_path / "square.osm.pbf").read_bytes()
    assert load(client, whole)["state"] == "done"
    before = active(client)
    failed = load(client, whole[: int(len(whole) * keep)] if keep else b"no map at all")
    assert failed["state"] == "failed"
    assert sentence in str(failed["message"])
    assert active(client) == before
    corner = {"lon": 2.35, "lat": 48.85}
    other = {"lon": 2.36, "lat": 48.86}
    matrix = client.post("/v1/matrices", json={"sources": [corner], "targets": [other]}).json()
    assert matrix["method"] == "roads"
    assert matrix["travel_s"][0][0] > 0
