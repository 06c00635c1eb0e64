"""The register of inspectors over HTTP, and a scan of all that is told of a plan from homes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from home_scan import metres, nearest_m
from plan_requests import place_id, scattered
from planning_service import Planning, planning_service

from routing.domain.blurred import blurred
from shared.testing import THEIRS, TestDatabase, bearer

# The corner of a square kilometre: the middle of the square is far enough to tell them apart.
HOME = {"lon": 2.4571, "lat": 48.8049}
SOMEBODY = {
    "working_days": [{"weekday": day, "starts_min": 540, "ends_min": 1050} for day in range(1, 6)],
    "office": {"lon": 2.36, "lat": 48.87},
    "starts_at": "home",
    "ends_at": "home",
    "home": HOME,
}
ONE, TWO = place_id(901), place_id(902)


@pytest.fixture
async def planning(
    database: Callable[[str], TestDatabase], tmp_path: Path
) -> AsyncIterator[Planning]:
    async with planning_service(database("routing"), tmp_path) as service:
        yield service


async def test_a_home_goes_into_the_register_and_never_out(planning: Planning) -> None:
    async def put(who: str, status: int = 200, role: str = "planner", **change: object) -> str:
        headers = bearer(role)
        answer = await planning.http.put(f"/v1/inspectors/{who}", json=change, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.text

    text = await put(ONE, **SOMEBODY)
    assert '"has_home":true' in text
    kept = {name: value for name, value in SOMEBODY.items() if name != "home"}
    assert '"has_home":true' in await put(ONE, **{**kept, "never_alone": True})
    assert '"has_home":false' in await put(TWO, **{**kept, "home": None})
    await put(ONE, 403, "reader", **SOMEBODY)
    await put(ONE, 422, **{**SOMEBODY, "working_days": "always"})
    listed = await planning.http.get("/v1/inspectors?limit=1", headers=bearer("planner"))
    cursor = listed.json()["next_cursor"]
    rest = await planning.http.get(f"/v1/inspectors?cursor={cursor}", headers=bearer("planner"))
    assert sorted(it["id"] for page in (listed, rest) for it in page.json()["items"]) == sorted(
        [ONE, TWO]
    )
    assert nearest_m(text + listed.text + rest.text, (HOME["lon"], HOME["lat"])) > 300
    theirs = bearer("planner", organisation=THEIRS)
    assert (await planning.http.get(f"/v1/inspectors/{ONE}", headers=theirs)).status_code == 404
    assert (await planning.http.get("/v1/inspectors", headers=theirs)).json()["items"] == []
    assert (await planning.http.get("/v1/inspectors", headers=bearer("reader"))).status_code == 403
    crew = {"id": "est", "name": "Est", "inspector_ids": [ONE]}
    body = {"starts_on": "2026-03-02", "days": 1, "candidates": [], "crews": [crew]}
    alone = await planning.http.post("/v1/plans", json=body, headers=bearer("planner"))
    assert alone.json()["errors"][0]["pointer"] == "/crews/0/inspector_ids/0"
    sunday = {**body, "starts_on": "2026-03-08", "crews": [{**crew, "inspector_ids": [TWO]}]}
    idle = await planning.http.post("/v1/plans", json=sunday, headers=bearer("planner"))
    assert idle.json()["errors"][0]["pointer"] == "/crews/0"


def _files(folder: Path) -> list[str]:
    return [it.read_bytes().decode("latin-1") for it in folder.rglob("*") if it.is_file()]


async def test_nothing_told_of_a_plan_gives_a_home_away(
    planning: Planning, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    home = (HOME["lon"], HOME["lat"])
    assert metres(home, blurred(*home)) > 300
    await planning.http.put(f"/v1/inspectors/{ONE}", json=SOMEBODY, headers=bearer("planner"))
    crew = {"id": "est", "name": "Est", "inspector_ids": [ONE]}
    # Some of them are left out, with reasons that tell of detours.
    path = planning.path = await planning.solve(
        candidates=scattered(14, fixed_min=60), teams=[], crews=[crew]
    )
    plan = await planning.get(path)
    assert plan["rounds"]
    assert plan["unvisited"]
    first = plan["rounds"][0]["stops"][0]
    drop = {"kind": "drop", "accommodation_id": first["accommodation_id"]}
    assert (await planning.edit(0, drop)).status_code == 201
    await planning.edit(1, {"kind": "pin", "accommodation_id": place_id(77)})
    await planning.accept()
    ends = (
        *(
            f"{path}{end}"
            for end in ("", "/geojson", "/csv", "/gpx", "/map.svg", "/comparison", "/progress")
        ),
        *(f"{path}/revisions{end}" for end in ("", "/0", "/1", "/1/diff")),
        f"/v1/inspectors/{ONE}/calendar?since=2026-01-01",
        "/v1/plans",
        "/v1/routing/events",
    )
    told = [(await planning.file(end)).text for end in ends]
    told.append("\n".join(it.getMessage() + str(it.__dict__) for it in caplog.records))
    told += await asyncio.to_thread(_files, tmp_path)
    assert all(told[: len(ends)])
    for text in told:
        assert nearest_m(text, home) > 300
        assert nearest_m(text, blurred(*home)) > 300
        for value in (*HOME.values(), *blurred(*home)):
            assert str(value) not in text
