"""Rounds of a plan on the map, over HTTP: as the plan is read, and without anybody's home."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from plan_requests import candidate, team
from planning_service import Planning, planning_service

from shared.testing import THEIRS, TestDatabase, bearer

SVG = "{http://www.w3.org/2000/svg}"
OFFICE, HOME = {"lon": 2.36, "lat": 48.87}, {"lon": 2.41, "lat": 48.84}


@pytest.fixture
async def planning(
    database: Callable[[str], TestDatabase], tmp_path: Path
) -> AsyncIterator[Planning]:
    async with planning_service(database("routing"), tmp_path) as service:
        yield service


def two_teams(**sud: object) -> dict[str, object]:
    names = ("<script>alert(1)</script> & Cie", "=1+1", "Hôtel \x07 C", "D")
    places = [
        candidate(n, 2.36 + n / 100, 48.88, name=name, sector="NNNS"[n], must_visit=True)
        for n, name in enumerate(names)
    ]
    nord, sud = team("Nord", sectors=["N"]), team("<Sud>", id="sud", sectors=["S"], **sud)
    return {"candidates": places, "teams": [nord, sud]}


async def drawn(
    planning: Planning, path: str, **asked: object
) -> tuple[ET.Element, httpx.Response]:
    answer = await planning.http.get(f"{path}/map.svg", params=asked, headers=bearer("reader"))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    return ET.fromstring(answer.text), answer


def marks(svg: ET.Element, kind: str) -> list[ET.Element]:
    return [it for it in svg.iter() if it.get("class") == kind]


async def test_rounds_are_drawn_with_their_stops_in_order_and_read_out(planning: Planning) -> None:
    path = await planning.solve(**two_teams())
    plan = await planning.get(path)

    svg, answer = await drawn(planning, path, language="en")

    assert [it.text for it in marks(svg, "stop")] == [
        f"{'AB'[n]}{stop['sequence']}"
        for n, round_ in enumerate(plan["rounds"])
        for stop in round_["stops"]
    ]
    # Without a road graph the crow flies, and the picture says so.
    assert all(it.get("stroke-dasharray") for it in marks(svg, "way"))
    assert any("as the crow flies" in (it.text or "") for it in svg.iter(f"{SVG}text"))
    told = svg.find(f"{SVG}desc").text
    assert "<script>alert(1)</script> & Cie" in told
    assert "1 " in told
    assert not list(svg.iter(f"{SVG}script"))
    tag = {"If-None-Match": answer.headers["etag"]} | bearer("reader")
    again = await planning.http.get(f"{path}/map.svg?language=en", headers=tag)
    assert again.status_code == 304
    one, _ = await drawn(planning, path, round_id=plan["rounds"][1]["round_id"])
    assert [it.text for it in marks(one, "stop")] == ["1"]
    assert any("<Sud>" in (it.text or "") for it in one.iter(f"{SVG}text"))


async def test_no_picture_tells_where_a_team_starts_or_ends(planning: Planning) -> None:
    """Not even where the map ends; a planner may forget to say that a start is a home."""
    frames = set()
    for start, end, at_home in ((HOME, OFFICE, True), (HOME, HOME, False), (OFFICE, OFFICE, False)):
        path = await planning.solve(**two_teams(start=start, end=end, at_home=at_home))
        sud = (await planning.get(path))["rounds"][1]
        one, _ = await drawn(planning, path, round_id=sud["round_id"])
        frames.add(ET.tostring(one.find(f"{SVG}svg")))
    assert len(frames) == 1


async def test_who_reads_the_plan_sees_its_map_and_inspectors_a_round(planning: Planning) -> None:
    path = await planning.solve(**two_teams())
    round_id = (await planning.get(path))["rounds"][0]["round_id"]

    async def status(token: dict[str, str], **asked: object) -> int:
        return (await planning.http.get(f"{path}/map.svg", params=asked, headers=token)).status_code

    inspector = bearer("inspector")
    assert await status(inspector) == 403
    assert await status(inspector, round_id=round_id) == 200
    assert await status(bearer("reader"), round_id="none") == 404
    assert await status(bearer("reader", organisation=THEIRS)) == 404
    assert await status(bearer("reader"), language="de") == 422


async def test_a_round_is_told_without_scores_to_those_who_drive_it(planning: Planning) -> None:
    path = await planning.solve(**two_teams())
    (round_, _) = (await planning.get(path))["rounds"]
    asked = f"{path}/rounds/{round_['round_id']}"

    answer = await planning.http.get(asked, headers=bearer("inspector"))

    told = answer.json()
    assert (told["round_id"], told["timezone"]) == (round_["round_id"], "Europe/Paris")
    assert [it["stop_id"] for it in told["stops"]] == [it["stop_id"] for it in round_["stops"]]
    names = ("score", "priority", "points", "why", "origin", "must_visit", "inspector")
    assert not [it for it in names if it in answer.text]
    await planning.get(f"{path}/rounds/none", 404)
    theirs = await planning.http.get(asked, headers=bearer("reader", organisation=THEIRS))
    assert theirs.status_code == 404


async def test_a_round_on_a_road_graph_is_on_its_streets_and_names_who_drew_them(
    planning: Planning,
) -> None:
    nodes = "".join(
        f'<node id="{n + 1}" lon="{2.355 + n / 200:.7f}" lat="48.8{8 + n % 2}"/>' for n in range(6)
    )
    refs = "".join(f'<nd ref="{n + 1}"/>' for n in range(6))
    way = f'<way id="1">{refs}<tag k="highway" v="primary"/></way>'
    content = f'<osm version="0.6">{nodes}{way}</osm>'.encode()
    headers = bearer("admin") | {"Content-Type": "application/octet-stream"}
    made = await planning.http.post("/v1/graphs", content=content, headers=headers)
    for _ in range(300):
        job = await planning.http.get(made.headers["location"], headers=bearer("admin"))
        if job.json()["state"] == "done":
            break
        await asyncio.sleep(0.1)
    places = [candidate(n, 2.357 + n / 100, 48.881) for n in range(2)]
    start = {"lon": 2.36, "lat": 48.89}
    path = await planning.solve(candidates=places, teams=[team(start=start)])

    svg, answer = await drawn(planning, path)

    (roads,) = marks(svg, "roads")
    assert len(roads) == 1
    assert not any(it.get("stroke-dasharray") for it in marks(svg, "way"))
    assert "© OpenStreetMap contributors" in {it.text for it in svg.iter(f"{SVG}text")}
    assert len(answer.content) <= 300_000
