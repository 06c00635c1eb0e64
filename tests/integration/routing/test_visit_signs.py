"""Signs of life over HTTP: who is silent too long is told once, and nothing is kept for longer."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plan_requests import place_id
from planning_service import Planning, planning_service

from routing.jobs.watch_signs import alert_of_silence
from shared.db import Database
from shared.testing import THEIRS, TestDatabase, bearer

PATIENCE = timedelta(minutes=30)


@pytest.fixture
def its(database: Callable[[str], TestDatabase]) -> TestDatabase:
    return database("routing")


@pytest.fixture
async def planning(its: TestDatabase, tmp_path: Path) -> AsyncIterator[Planning]:
    async with planning_service(its, tmp_path, silence_min=30) as service:
        yield service


async def test_who_is_not_heard_of_is_told_once_until_the_next_sign(
    planning: Planning, its: TestDatabase
) -> None:
    path = await planning.solve()
    urls = its.settings()
    watching = Database(urls["database_url"], urls["system_url"])

    async def sign(number: int, verb: str = "PUT", role: str = "inspector") -> int:
        where = f"{path}/signs/{place_id(number)}"
        return (await planning.http.request(verb, where, headers=bearer(role))).status_code

    async def silent() -> list[str]:
        answer = await planning.http.get("/v1/silent-visits", headers=bearer("planner"))
        return [it["accommodation_id"] for it in answer.json()]

    now = datetime.now(UTC)
    assert [await sign(number) for number in (0, 1, 77)] == [204, 204, 404]
    assert await sign(0, role="reader") == 403
    assert await sign(1, "DELETE") == 204
    assert await alert_of_silence(watching, PATIENCE, now + timedelta(minutes=29)) == 0
    late = now + timedelta(minutes=31)
    assert [await alert_of_silence(watching, PATIENCE, late) for _ in range(2)] == [1, 0]
    assert await silent() == [place_id(0)]
    (told,) = await planning.told("visit.silent")
    assert told["accommodation_id"] == place_id(0)
    assert not {"lon", "lat", "position"} & told.keys()
    theirs = bearer("planner", organisation=THEIRS)
    assert (await planning.http.get("/v1/silent-visits", headers=theirs)).json() == []
    # A sign ends the alert; the end of the visit forgets it.
    assert await sign(0) == 204
    assert await silent() == []
    assert await alert_of_silence(watching, PATIENCE, late + timedelta(hours=1)) == 1
    assert await sign(0, "DELETE") == 204
    assert await silent() == []
    await watching.dispose()


async def test_signs_are_switched_off_unless_asked_for(its: TestDatabase, tmp_path: Path) -> None:
    async with planning_service(its, tmp_path) as planning:
        where = f"/v1/plans/{place_id(1)}/signs/{place_id(0)}"
        answer = await planning.http.put(where, headers=bearer("inspector"))
        assert answer.status_code == 409
