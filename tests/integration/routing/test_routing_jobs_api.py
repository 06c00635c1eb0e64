"""Jobs over HTTP show no more, and stop no more, than the routes of what they work for."""

import httpx
import pytest
from plan_requests import candidate, plan_request

from routing.main import create_app
from routing.settings import Settings
from shared.testing import bearer, in_process, token


def of_territory(territory, role="planner"):
    return {"Authorization": f"Bearer {token(role, territories=[territory])}"}


@pytest.fixture
async def http(database, tmp_path):
    """Run the service without a worker: what is asked for stays queued."""
    settings = Settings(**database("routing").settings(), blobs_url=f"file://{tmp_path}/blobs")
    async with in_process(create_app(settings)) as client:
        yield client


async def plan_job(http: httpx.AsyncClient) -> str:
    """Ask for a plan of territory 93; give the path of its job."""
    body = plan_request(candidates=[candidate(1, 2.36, 48.88)])
    answer = await http.post("/v1/plans", json=body, headers=bearer("planner"))
    assert answer.status_code == 202, answer.text
    return f"/v1/routing/jobs/{answer.json()['job']['id']}"


async def import_job(http: httpx.AsyncClient) -> str:
    headers = {"Content-Type": "application/octet-stream", **bearer()}
    answer = await http.post("/v1/graphs", content=b"<osm/>", headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


async def test_the_job_of_a_plan_is_there_only_for_those_who_see_the_plan(http):
    path = await plan_job(http)
    assert (await http.get(path, headers=of_territory("75"))).status_code == 404
    assert (await http.get(path, headers=of_territory("93"))).status_code == 200
    assert (await http.get(path, headers=bearer("reader"))).status_code == 200


async def test_a_planner_of_another_territory_cannot_cancel_a_plan_by_its_job(http):
    path = await plan_job(http)
    assert (await http.delete(path, headers=of_territory("75"))).status_code == 404
    assert (await http.get(path, headers=bearer())).json()["state"] == "queued"
    cancelled = await http.delete(path, headers=of_territory("93"))
    assert cancelled.json()["state"] == "cancelled"


async def test_inspectors_read_no_score_through_the_job_of_a_plan(http):
    path = await plan_job(http)
    assert (await http.get(path, headers=bearer("inspector"))).status_code == 403


async def test_only_an_administrator_cancels_the_import_of_a_graph(http):
    path = await import_job(http)
    for role in ("planner", "manager", "service"):
        assert (await http.delete(path, headers=bearer(role))).status_code == 403
    assert (await http.get(path, headers=of_territory("75"))).json()["state"] == "queued"
    assert (await http.delete(path, headers=bearer())).json()["state"] == "cancelled"
