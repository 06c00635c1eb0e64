"""A kill in the middle of an import leaves the graph before it serving."""

import time
from pathlib import Path

import pytest
from system import new_system

pytestmark = pytest.mark.storm

OSM = Path(__file__).parents[3] / "shared" / "data" / "osm"
MAP = {"Content-Type": "application/octet-stream"}
PLACES = [{"lon": 2.3601, "lat": 48.8621}, {"lon": 2.3722, "lat": 48.8663}]


def extract(name):
    path = OSM / name
    if not path.exists():
        pytest.skip(f"the extract {name} is not on this machine")
    return path.read_bytes()


def sent(client, content, **params):
    answer = client.post("/v1/graphs", content=content, headers=MAP, params=params, timeout=60)
    answer.raise_for_status()
    return answer.headers["location"]


def follow(client, location, states, *, step=None, within_s=240):
    """Wait until a job is in one of some states, and has begun a step if one is named."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        job = client.get(location).raise_for_status().json()
        if job["state"] in states and (step is None or step in (job["message"] or "")):
            return job
        time.sleep(0.05)
    pytest.fail(f"the job does not get there: {job}")


def test_a_kill_during_an_import_leaves_the_old_graph_serving_and_it_is_done_again() -> None:
    small, large = extract("paris_bss.osm.pbf"), extract("heidelberg.osm.pbf")
    with new_system() as system:
        client = system.client("admin")
        first = follow(client, sent(client, small), {"done"})
        location = sent(client, large)
        follow(client, location, {"running"}, step="building the network")
        system.kill()
        system.start()
        client = system.client("admin")
        body = {"sources": PLACES, "targets": PLACES}
        answer = client.post("/v1/matrices", json=body).raise_for_status().json()
        assert (answer["method"], answer["graph_id"]) == ("roads", first["id"])
        again = follow(client, location, {"done"})
        listed = client.get("/v1/graphs").json()["items"]
        states = {graph["id"]: graph["state"] for graph in listed}
        assert states == {again["id"]: "active", first["id"]: "retired"}
