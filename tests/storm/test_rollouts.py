"""Each service is restarted, replica by replica, while people work: no request fails.

The balancers are the hardest there are: they lead connections, not requests, so that what a caller
or the gateway keeps open stays with a replica that is told to end.
"""

import asyncio
import os
import time
from pathlib import Path

import pytest
from earlier import EarlierDatabases, migrate, unpack
from rollout import SERVICES, People, Town, people_of, town

from shared.testing import DatabaseMaker, Server

pytestmark = pytest.mark.storm

BEFORE_S, SOLVED_S = 3.0, 180.0
# Lists of what nobody changes here once it is written.
SETTLED = ("/v1/inspections", "/v1/complaints")


async def test_every_service_is_restarted_under_load_and_no_request_fails(
    databases: DatabaseMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with town(databases, tmp_path) as here:
        async with people_of(here) as people:
            async with people.working():
                await asyncio.sleep(BEFORE_S)
                restarts = await here.restart_all()
            assert people.failed == [], told(people)
            lost = await people.lost() + await unsolved(people)
        led = {service: sorted(it.led.values()) for service, it in here.doors.items()}
    with capsys.disabled():
        print(f"\n{restarts} restarts, {told(people)}; connections led to replicas: {led}")
    assert lost == []
    assert all(len(it) == 2 for it in led.values())


async def test_an_upgrade_under_load_fails_no_request_and_loses_nothing(
    postgres_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The schema is changed first; the code of before goes on beside it, until it is replaced."""
    path = unpack(tmp_path / "earlier")
    earlier = EarlierDatabases(postgres_server, path)
    with town(earlier, tmp_path, {"PYTHONPATH": path}) as here:
        async with people_of(here) as people:
            async with people.working():
                await asyncio.sleep(BEFORE_S)
                before = {it: await people.listed(it) for it in SETTLED}
                schemas = await asyncio.gather(*(upgraded(here, it) for it in SERVICES))
                answered = people.answered.total()
                await asyncio.sleep(BEFORE_S)
                beside = people.answered.total() - answered
                here.ronde.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
                restarts = await here.restart_all()
            assert people.failed == [], told(people)
            lost = await people.lost() + await unsolved(people)
            changed = [it for it in before if not holds_all(await people.listed(it), before[it])]
    with capsys.disabled():
        print(f"\n{dict(zip(SERVICES, schemas, strict=True))}, {restarts} restarts, {told(people)}")
        print(f"{beside} requests answered by the code of before on the new schema")
    assert lost == []
    assert changed == []
    assert beside > 50
    assert all(first != last for first, last in schemas), "every schema changed"


async def upgraded(here: Town, service: str) -> tuple[str, str]:
    """Migrate the database of a service; give its schema before and after."""
    database = here.ronde.databases[service]

    def revision() -> str:
        with database.administer() as connection:
            row = connection.execute("select version_num from alembic_version").fetchone()
        return str(row[0]) if row else ""

    before = await asyncio.to_thread(revision)
    await asyncio.to_thread(migrate, service, database)
    return before, await asyncio.to_thread(revision)


async def unsolved(people: People) -> list[str]:
    """Wait until every plan has ended; name those that are not done."""
    until = time.monotonic() + SOLVED_S
    while True:
        states = {str(it["id"]): it["state"] for it in await people.listed("/v1/plans")}
        if not set(states.values()) & {"queued", "running"} or time.monotonic() > until:
            return [f"plan {key} is {state}" for key, state in states.items() if state != "done"]
        await asyncio.sleep(0.5)


def holds_all(after: list[dict[str, object]], before: list[dict[str, object]]) -> bool:
    """Tell whether all that was told is told again, and maybe more."""
    known = {it["id"]: it for it in after}
    return all(known[it["id"]].get(name) == value for it in before for name, value in it.items())


def told(people: People) -> str:
    return f"{people.answered.total()} requests, {len(people.failed)} failed"
