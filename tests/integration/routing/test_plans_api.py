"""Plans over HTTP, solved by a worker, against a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest
from plan_requests import candidate, plan_request, scattered, team

from routing.main import create_app, run_worker
from routing.settings import Settings
from shared.contracts.message import JobState
from shared.testing import THEIRS, TestDatabase, bearer, in_process, token

# Two streets that cross east of the Place de la République.
MAP = """<osm version="0.6">
<node id="1" lon="2.3600" lat="48.8700"/><node id="2" lon="2.3700" lat="48.8700"/>
<node id="3" lon="2.3800" lat="48.8700"/><node id="4" lon="2.3700" lat="48.8800"/>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
<way id="2"><nd ref="2"/><nd ref="4"/><tag k="highway" v="residential"/></way>
</osm>"""


@dataclass(frozen=True, slots=True)
class Service:
    """The service in this process, with a worker beside it."""

    http: httpx.AsyncClient
    database: TestDatabase

    async def ask(self, key: str | None = None, **change: object) -> httpx.Response:
        headers = bearer("planner") | ({} if key is None else {"Idempotency-Key": key})
        return await self.http.post("/v1/plans", json=plan_request(**change), headers=headers)

    async def read(self, plan_id: str) -> dict[str, object]:
        answer = await self.http.get(f"/v1/plans/{plan_id}", headers=bearer("reader"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def solved(self, **change: object) -> dict[str, object]:
        plan_id = (await self.ask(**change)).json()["id"]
        return await self.ended(plan_id)

    async def ended(self, plan_id: str) -> dict[str, object]:
        for _ in range(300):
            plan = await self.read(plan_id)
            if plan["state"] not in {"queued", "running"}:
                return plan
            await asyncio.sleep(0.1)
        raise AssertionError(f"still {plan['state']}: {plan['job']}")


@pytest.fixture
def others() -> set[int]:
    """Name the calculations of earlier tests that are still to end."""
    return _children()


@pytest.fixture
async def service(
    database: Callable[[str], TestDatabase], tmp_path: Path, others: set[int]
) -> AsyncIterator[Service]:
    its = database("routing")
    settings = Settings(**its.settings(), blobs_url=f"file://{tmp_path}", import_dir=tmp_path)
    app = create_app(settings)
    async with in_process(app) as http:
        work = asyncio.create_task(run_worker(settings))
        try:
            yield Service(http, its)
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


def _children() -> set[int]:
    """Name the processes of this one that calculate, or are kept ready to."""
    ours = psutil.Process().children(recursive=True)
    with suppress(psutil.NoSuchProcess):
        return {it.pid for it in ours if "shared.child" in " ".join(it.cmdline())}
    return set()


async def _until_children(wanted: Callable[[set[int]], bool]) -> set[int]:
    for _ in range(100):
        found = _children()
        if wanted(found):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(found)


async def test_a_plan_is_asked_for_followed_and_read(service: Service) -> None:
    asked = await service.ask()
    assert asked.status_code == 202, asked.text
    plan_id = asked.json()["id"]
    assert asked.headers["Location"] == f"/v1/plans/{plan_id}"
    plan = await service.ended(plan_id)
    assert plan["state"] == "done", plan["job"]
    assert plan["certificate"]["accepted"] is True
    assert len(plan["rounds"][0]["stops"]) == 4
    assert plan["totals"]["distance_method"] == "crow_fly"
    assert plan["attribution"] == ""
    assert plan["job"]["result"] == {"visits": 4, "points": 160.0}


async def test_what_driving_a_plan_emits_is_its_metres_times_a_factor_that_is_named(
    service: Service,
) -> None:
    plan = await service.solved()
    (round_,), base = plan["rounds"], plan_request()["teams"][0]["start"]
    points = [base, *(stop["position"] for stop in round_["stops"]), base]
    measured = await service.http.post(
        "/v1/matrices",
        json={"sources": points, "targets": points, "lengths": True},
        headers=bearer("reader"),
    )
    legs = [measured.json()["length_m"][it][it + 1] for it in range(len(points) - 1)]
    assert [it["travel_m"] for it in round_["stops"]] == pytest.approx(legs[:-1], abs=1)
    assert plan["totals"]["driven_m"] == pytest.approx(sum(legs), abs=len(legs))
    emitted = plan["emissions"]
    assert emitted["kg_co2e"] == pytest.approx(sum(legs) / 1000 * 0.2176, abs=0.01)
    assert (emitted["kg_co2e_per_km"], "ADEME" in emitted["source"]) == (0.2176, True)
    walked = await service.solved(teams=[plan_request()["teams"][0] | {"profile": "walk"}])
    assert (walked["totals"]["driven_m"], walked["emissions"]["kg_co2e"]) == (0, 0)


async def test_a_repeated_request_gives_the_same_plan_and_another_is_refused(
    service: Service,
) -> None:
    first, again = await service.ask("monday"), await service.ask("monday")
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["job"]["id"] == again.json()["job"]["id"]
    other = await service.ask("monday", seed=9)
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")


async def test_the_map_of_a_plan_is_geojson(service: Service) -> None:
    plan = await service.solved()
    answer = await service.http.get(f"/v1/plans/{plan['id']}/geojson", headers=bearer("reader"))
    assert answer.headers["content-type"] == "application/geo+json"
    kinds = [feature["properties"]["kind"] for feature in answer.json()["features"]]
    assert kinds == ["round", "stop", "stop", "stop", "stop"]


async def test_a_running_plan_is_cancelled_and_has_no_map(
    service: Service, others: set[int]
) -> None:
    # The worker keeps one for revisions.
    ready = await _until_children(lambda found: len(found - others) == 1)
    asked = await service.ask(candidates=scattered(60), time_limit_s=60)
    plan_id = asked.json()["id"]
    for _ in range(100):
        if (await service.read(plan_id))["job"]["progress"]:
            break
        await asyncio.sleep(0.1)
    cancelled = await service.http.delete(f"/v1/plans/{plan_id}", headers=bearer("planner"))
    assert cancelled.json()["job"]["state"] == "cancelled"
    assert (await service.read(plan_id))["state"] == "cancelled"
    shapes = await service.http.get(f"/v1/plans/{plan_id}/geojson", headers=bearer("reader"))
    assert shapes.status_code == 409
    accepted = await service.http.post(f"/v1/plans/{plan_id}/acceptance", headers=bearer("planner"))
    assert accepted.status_code == 409
    # Neither the search nor what searched beside it outlives the plan.
    await _until_children(lambda found: found - others == ready - others)


async def test_a_solved_plan_is_accepted_once_and_told_in_the_feed(service: Service) -> None:
    plan = await service.solved()
    path = f"/v1/plans/{plan['id']}/acceptance"
    first = await service.http.post(path, headers=bearer("planner"))
    again = await service.http.post(path, headers=bearer("planner"))
    assert first.status_code == again.status_code == 200
    assert first.json()["accepted_at"] is not None
    assert first.json()["rounds"] == plan["rounds"]
    events = await service.http.get("/v1/routing/events", headers=bearer("reader"))
    (event,) = events.json()["items"]
    assert event["kind"] == "plan.accepted"
    assert len(event["data"]["visited"]) == 4


async def test_cancelling_a_solved_plan_leaves_it_solved(service: Service) -> None:
    plan = await service.solved()
    answer = await service.http.delete(f"/v1/plans/{plan['id']}", headers=bearer("planner"))
    assert answer.json()["job"]["state"] == "done"


async def test_plans_are_listed_newest_first_in_pages(service: Service) -> None:
    ids = [(await service.ask()).json()["id"] for _ in range(3)]
    first = (await service.http.get("/v1/plans?limit=2", headers=bearer("reader"))).json()
    assert [plan["id"] for plan in first["items"]] == [ids[2], ids[1]]
    rest = await service.http.get(
        "/v1/plans", params={"cursor": first["next_cursor"]}, headers=bearer("reader")
    )
    assert [plan["id"] for plan in rest.json()["items"]] == [ids[0]]
    assert rest.json()["next_cursor"] is None
    foreign = await service.http.get("/v1/plans?cursor=WyJhIiwiYiJd", headers=bearer("reader"))
    assert foreign.status_code == 422


async def test_a_plan_without_candidates_is_done_and_empty(service: Service) -> None:
    plan = await service.solved(candidates=[])
    assert plan["state"] == "done"
    assert plan["rounds"] == []


async def test_another_organisation_sees_nothing(service: Service) -> None:
    plan_id = (await service.ask()).json()["id"]
    headers = bearer("planner", organisation=THEIRS)
    for method, path in (
        ("GET", ""),
        ("GET", "/geojson"),
        ("DELETE", ""),
        ("POST", "/acceptance"),
    ):
        answer = await service.http.request(method, f"/v1/plans/{plan_id}{path}", headers=headers)
        assert answer.status_code == 404
    listed = await service.http.get("/v1/plans", headers=headers)
    assert listed.json()["items"] == []


async def test_a_caller_of_one_territory_sees_no_plan_of_another(service: Service) -> None:
    plan_id = (await service.ask()).json()["id"]
    for territory, status in (("93", 200), ("75", 404)):
        headers = {"Authorization": f"Bearer {token('planner', territories=[territory])}"}
        answer = await service.http.get(f"/v1/plans/{plan_id}", headers=headers)
        assert answer.status_code == status
    asked = await service.http.post(
        "/v1/plans",
        json=plan_request(candidates=[candidate(1, 2.36, 48.88)]),
        headers={"Authorization": f"Bearer {token('planner', territories=['75'])}"},
    )
    assert asked.status_code == 422


async def test_plans_show_scores_so_inspectors_do_not_read_them(service: Service) -> None:
    plan_id = (await service.ask()).json()["id"]
    for path in ("", f"/{plan_id}", f"/{plan_id}/geojson"):
        answer = await service.http.get(f"/v1/plans{path}", headers=bearer("inspector"))
        assert answer.status_code == 403
    assert (await service.http.post("/v1/plans", headers=bearer("reader"))).status_code == 403


async def test_a_wrong_request_is_refused_where_it_is_wrong(service: Service) -> None:
    answer = await service.ask(timezone="Mars/Olympus")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/timezone"


async def test_a_request_that_is_no_request_is_refused_where_it_is_wrong(service: Service) -> None:
    places = [candidate(number, 2.36, 48.88) for number in range(30)]
    places[25]["position"] = {"lon": 500, "lat": 48.88}
    answer = await service.ask(candidates=places, days=0)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("invalid-request")
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/days", "/candidates/25/position/lon"]
    for body in (b"", b"[]", b"{", b"null"):
        sent = await service.http.post(
            "/v1/plans",
            content=body,
            headers=bearer("planner") | {"Content-Type": "application/json"},
        )
        assert sent.status_code == 422, body
        assert sent.json()["errors"][0]["pointer"].startswith("/"), body


async def test_a_plan_on_streets_follows_them_and_names_their_makers(service: Service) -> None:
    sent = await service.http.post(
        "/v1/graphs",
        content=MAP.encode(),
        headers=bearer("admin") | {"Content-Type": "application/octet-stream"},
    )
    assert sent.status_code == 202, sent.text
    for _ in range(300):
        job = await service.http.get(sent.headers["Location"], headers=bearer("reader"))
        if job.json()["state"] not in {"queued", "running"}:
            break
        await asyncio.sleep(0.1)
    assert job.json()["state"] == "done", job.text
    places = [candidate(1, 2.37, 48.8795), candidate(2, 2.379, 48.8701), candidate(3, 2.5, 48.7)]
    plan = await service.solved(candidates=places)
    assert plan["state"] == "done", plan["job"]
    assert plan["graph_id"] is not None
    assert plan["totals"]["distance_method"] == "roads"
    assert "OpenStreetMap" in plan["attribution"]
    assert [left["code"] for left in plan["unvisited"]] == ["NO_POSITION"]
    shapes = await service.http.get(f"/v1/plans/{plan['id']}/geojson", headers=bearer("reader"))
    line = shapes.json()["features"][0]["geometry"]["coordinates"]
    assert [2.37, 48.87] in line
    far = await service.solved(teams=[team("Loin", start={"lon": 2.9, "lat": 48.1})])
    assert far["state"] == "failed"
    assert "Équipe Loin" in far["job"]["message"]


async def test_the_progress_of_a_plan_is_streamed_to_its_end(service: Service) -> None:
    plan_id = (await service.ask(candidates=scattered(30), time_limit_s=2)).json()["id"]
    answer = await service.http.get(f"/v1/plans/{plan_id}/progress", headers=bearer("reader"))
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    names = [lines[0] for lines in events]
    assert names[-1] == "event: end"
    assert len(names) > 2
    assert set(names[:-1]) == {"event: progress"}
    last = JobState.model_validate_json(events[-1][1].removeprefix("data: "))
    assert last.state == "done"
    unknown = await service.http.get(f"/v1/plans/{uuid4()}/progress", headers=bearer("reader"))
    assert unknown.status_code == 404


async def test_a_search_told_to_end_keeps_its_best_plan(
    service: Service,
) -> None:
    asked = await service.ask(candidates=scattered(120), time_limit_s=300)
    plan_id = asked.json()["id"]
    for _ in range(300):
        if "Searching" in ((await service.read(plan_id))["job"]["message"] or ""):
            break
        await asyncio.sleep(0.1)
    told = await service.http.delete(
        f"/v1/plans/{plan_id}?keep_best=true", headers=bearer("planner")
    )
    assert told.status_code == 200
    # Far less than the five minutes it was given; how much less, a bench measures.
    plan = await service.ended(plan_id)
    assert plan["state"] == "done"
    assert plan["certificate"]["accepted"] is True
    assert plan["totals"]["visits"] > 0
    again = await service.http.delete(
        f"/v1/plans/{plan_id}?keep_best=true", headers=bearer("planner")
    )
    assert again.json()["job"]["state"] == "done"


async def test_plans_are_copied_as_they_change_and_not_answered_again_while_they_do_not(service):
    async def changes(since, **headers):
        answer = await service.http.get(
            "/v1/plans", params={"updated_since": since}, headers=bearer("reader") | headers
        )
        return answer if answer.status_code == 304 else (answer.json(), answer.headers["etag"])

    one, two = await service.solved(), await service.solved(days=2)
    first, etag = await changes("2000-01-01T00:00:00Z")
    second = await changes(first["next_updated_since"], **{"If-None-Match": etag})
    accepted = await service.http.post(
        f"/v1/plans/{one['id']}/acceptance", headers=bearer("planner")
    )
    assert accepted.status_code < 300, accepted.text
    third, _ = await changes(first["next_updated_since"])

    assert [(it["id"], it["state"]) for it in first["items"]] == [
        (one["id"], "done"),
        (two["id"], "done"),
    ]
    assert second.status_code == 304
    assert [it["id"] for it in third["items"]] == [one["id"]]
    assert third["items"][0]["accepted_at"] is not None
