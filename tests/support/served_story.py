"""All services on loopback with something of everything in their records, for as long as a block.

No worker runs any more once they are given: what is asked for is all that changes.
"""

import asyncio
import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import httpx
import osmium
from neighbour import MONDAY, NAME, ROLES, Neighbour, be_granted, settle
from served_apart import apart
from whole import Whole, whole

from shared.testing import OURS, THEIRS, TestDatabase

# Streets round the block of the story's hotel.
CORNERS = [(2.345, 48.848), (2.355, 48.848), (2.355, 48.852), (2.345, 48.852)]
MAP, CSV = ({"Content-Type": it} for it in ("application/octet-stream", "text/csv"))
FORM = re.compile(r"/openrosa/forms/([^/]+)/([^/]+)/form\.xml")
ADDRESSES = "numero;nom_voie;code_postal;nom_commune;lon;lat\n1;rue du Lac;75011;Paris;2.35;48.85\n"
# What a parameter of a path is called where no list tells it.
NAMED = {
    "code": [NAME, "building"],
    "name": [NAME],
    "number": ["1"],
    "round_id": [f"{MONDAY:%Y%m%d}-a"],
    "system": [NAME],
    "external_id": [NAME],
    "version": ["1"],
    "week": [str(MONDAY)],
}


@dataclass(frozen=True)
class Served:
    """Where the services answer, and what exists: ids by the list that shows them."""

    urls: Mapping[str, str]
    ids_of: Mapping[str, Sequence[str]]

    def existing(self, path: str, name: str) -> Sequence[str]:
        """Give what a parameter of a path, or a field, may be so that there is such a thing."""
        before = path.partition(f"/{{{name}}}")[0]
        of_that_name = f"/v1/{name.removesuffix('_id')}s"
        return self.ids_of.get(before) or self.ids_of.get(of_that_name) or NAMED.get(name, [])


@contextlib.contextmanager
def served_story(make: Callable[[str], TestDatabase]) -> Iterator[Served]:
    """Serve the services until the end of the block, in a thread of their own."""
    with tempfile.TemporaryDirectory() as folder:

        async def serve(ready: "Future[Served]", ended: asyncio.Event) -> None:
            async with whole(make, Path(folder)) as ronde:
                ids_of = await _tell(ronde, Path(folder))
                ready.set_result(Served(ronde.urls, ids_of))
                await ended.wait()

        with apart(serve) as running:
            yield running


async def _tell(ronde: Whole, folder: Path) -> dict[str, list[str]]:
    """Let everything happen; return the ids of what there is by then."""
    clients = {name: ronde.client(*ROLES, organisation=THEIRS, service=name) for name in ronde.apps}
    neighbour = Neighbour(clients)
    await _draw_roads(clients["routing"], folder)
    await settle(ronde, neighbour)
    friend = ronde.client(*ROLES, organisation=OURS, service="inspections")
    await be_granted(neighbour, friend)
    await ronde.index(THEIRS)
    await ronde.end_workers()
    for service, app in ronde.apps.items():
        for path, methods in app.openapi()["paths"].items():
            if path.startswith("/v1/") and "get" in methods and "{" not in path:
                answer = await clients[service].get(path)
                if answer.status_code == 200:
                    neighbour.keep(path, answer.json())
    return neighbour.ids_of | await _beside_lists(clients)


async def _draw_roads(routing: httpx.AsyncClient, folder: Path) -> None:
    """Have the roads of a small map, which everybody shares."""
    drawn = folder / "block.osm.pbf"
    writer = osmium.SimpleWriter(str(drawn))
    for number, corner in enumerate(CORNERS, 1):
        writer.add_node(osmium.osm.mutable.Node(id=number, location=corner, version=1))
    tags = {"highway": "residential", "name": "rue du Lac"}
    writer.add_way(osmium.osm.mutable.Way(id=1, nodes=[1, 2, 3, 4, 1], tags=tags, version=1))
    writer.close()
    sent = await routing.post(
        "/v1/graphs", params={"name": "block"}, content=drawn.read_bytes(), headers=MAP
    )
    for _ in range(600):
        job = (await routing.get(sent.headers["Location"])).json()
        if job["state"] in {"done", "failed"}:
            break
        await asyncio.sleep(0.1)
    assert job["state"] == "done", job


async def _beside_lists(clients: Mapping[str, httpx.AsyncClient]) -> dict[str, list[str]]:
    """Find what no list shows: a job of each service, and the forms field apps are offered."""
    record, scoring, routing = (clients[it] for it in ("inspections", "scoring", "routing"))
    asked = {
        "/v1/inspections/jobs": record.post("/v1/address-imports", content=ADDRESSES, headers=CSV),
        "/v1/scoring/jobs": scoring.post("/v1/score-runs"),
        "/v1/routing/jobs": routing.post(
            "/v1/graphs", params={"name": "none"}, content=b"no map", headers=MAP
        ),
    }
    found = {}
    for path, asking in asked.items():
        answer = await asking
        assert answer.status_code == 202, answer.text
        found[path] = [answer.headers["Location"].rpartition("/")[2]]
    forms = FORM.findall((await record.get("/openrosa/formList")).text)
    found["/openrosa/forms"] = [form for form, _ in forms]
    return found | {"/openrosa/forms/{form_id}": [version for _, version in forms]}
