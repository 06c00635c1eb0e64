import asyncio
from contextlib import asynccontextmanager, suppress

from shared.testing import bearer, token

PLANNER, READER = bearer("planner"), bearer("reader")
BODY = {
    "weeks": 20,
    "visits_per_week": [5, 2],
    "policies": [{"name": "held"}, {"name": "risk alone", "weights": {"overdue_weight": 0}}],
}


@asynccontextmanager
async def working(service):
    """Run the worker's jobs."""
    await service.jobs.open()
    task = asyncio.create_task(service.jobs.work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await service.jobs.close()


async def ended(service, location):
    for _ in range(600):
        state = (await service.client.get(location, headers=READER)).json()
        if state["state"] not in {"queued", "running"}:
            return state
        await asyncio.sleep(0.1)
    raise AssertionError(state)


async def test_a_play_gives_a_point_per_policy_and_number_of_visits(scoring, feed):
    async with scoring() as service, working(service):
        await service.follow(feed.town(60, 900))
        answer = await service.client.post("/v1/what-ifs", json=BODY, headers=PLANNER)
        assert answer.status_code == 202, answer.text
        state = await ended(service, answer.headers["Location"])
    assert state["state"] == "done", state
    points = state["result"]["points"]
    assert [(it["name"], it["visits_per_week"]) for it in points] == [
        ("held", 2),
        ("held", 5),
        ("risk alone", 2),
        ("risk alone", 5),
    ]
    few, more = points[:2]
    assert (few["visits"], more["visits"]) == (40, 100)
    assert few["coverage"]["value"] < more["coverage"]["value"]
    assert 0 < few["found"]["low"] < few["found"]["value"] < few["found"]["high"]


async def test_a_play_that_cannot_be_made_is_refused(scoring):
    paris = {"Authorization": f"Bearer {token('planner', territories=['75'])}"}
    async with scoring() as service:
        for headers, change, status in (
            (READER, {}, 403),
            (paris, {}, 403),
            (PLANNER, {"visits_per_week": [0]}, 422),
            (PLANNER, {"policies": []}, 422),
            (PLANNER, {"weeks": 105}, 422),
        ):
            answer = await service.client.post("/v1/what-ifs", json=BODY | change, headers=headers)
            assert answer.status_code == status, answer.text
