"""Plans over HTTP, solved by a worker, against a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from plan_requests import candidate, plan_request, scattered

from routing.api import plans
from routing.jobs.solve_plan import solve_plan
from routing.settings import Settings
from routing.store.bundle_blobs import BundleBlobs
from shared.api import create_api
from shared.db import Database
from shared.jobs import Jobs, Pace
from shared.testing import THEIRS, TestDatabase, bearer, in_process, token

FAST = Pace(poll_s=0.1, heartbeat_s=0.5, look_s=0.5)


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
async def service(
    database: Callable[[str], TestDatabase], tmp_path: Path
) -> AsyncIterator[Service]:
    its = database("routing")
    settings = Settings(**its.settings(), blobs_url=f"file://{tmp_path}")
    app = create_api("routing", settings, [plans.router], summary="Plans.")
    bundles = BundleBlobs.at(settings.blobs_url, None)
    db = Database(settings.database_url, settings.system_url)
    jobs = Jobs(
        db, {"solve_plan": solve_plan}, services=SimpleNamespace(bundles=bundles), pace=FAST
    )
    await jobs.open()
    work = asyncio.create_task(jobs.work())
    try:
        async with in_process(app) as http:
            yield Service(http, its)
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        await jobs.close()
        await db.dispose()


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


async def test_a_running_plan_is_cancelled_and_has_no_map(service: Service) -> None:
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
