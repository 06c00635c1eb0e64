"""The feed: nothing lost and nothing twice, whatever writes at the same time."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from job_bench import eventually
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.api import create_api
from shared.contracts.message import Event
from shared.db import Database
from shared.feed import Apply, Follower, NewEvent, append
from shared.settings import ServiceSettings
from shared.testing import OURS, THEIRS, TestDatabase, bearer, in_process, token

MakeDatabase = Callable[[str], TestDatabase]


class Said(BaseModel):
    n: int


def said(n: int) -> NewEvent:
    return NewEvent("said", uuid.uuid4(), datetime.now(UTC), Said(n=n))


@asynccontextmanager
async def probe(made: TestDatabase) -> AsyncIterator[tuple[Database, httpx.AsyncClient]]:
    app = create_api("probe", ServiceSettings(**made.settings()), [], summary="For tests.")
    async with in_process(app) as client:
        yield app.state.database, client


async def write(database: Database, numbers: Sequence[int]) -> None:
    for n in numbers:
        async with database.session(OURS) as session:
            await append(session, OURS, [said(n)])


async def write_and_fail(database: Database) -> None:
    async with database.session(OURS) as session:
        await append(session, OURS, [said(1)])
        raise RuntimeError("changed my mind")


async def execute(database: Database, statement: str) -> None:
    async with database.session(OURS) as session:
        await session.execute(text(statement))


async def test_eight_writers_lose_no_event_and_repeat_none(database: MakeDatabase) -> None:
    async with probe(database("probe")) as (db, client):
        writers = [
            asyncio.create_task(write(db, range(start, start + 150)))
            for start in range(0, 1200, 150)
        ]
        seen: list[int] = []
        positions: list[int] = []
        after = 0
        while len(seen) < 1200:
            answer = await client.get(
                "/v1/probe/events", params={"after": after, "wait": 5}, headers=bearer("service")
            )
            page = answer.json()
            assert page["items"], "a poll of 5 s came back empty before all was seen"
            seen += [item["data"]["n"] for item in page["items"]]
            positions += [item["position"] for item in page["items"]]
            after = page["next_after"]
        await asyncio.gather(*writers)
    assert sorted(seen) == list(range(1200))
    assert positions == sorted(set(positions))


async def test_each_writers_events_come_in_the_order_it_wrote_them(database: MakeDatabase) -> None:
    async with probe(database("probe")) as (db, client):
        await asyncio.gather(write(db, range(50)), write(db, range(100, 150)))
        answer = await client.get("/v1/probe/events", headers=bearer("reader"))
    numbers = [item["data"]["n"] for item in answer.json()["items"]]
    assert [n for n in numbers if n < 100] == list(range(50))
    assert [n for n in numbers if n >= 100] == list(range(100, 150))


async def test_a_long_poll_is_answered_when_an_event_commits(database: MakeDatabase) -> None:
    async with probe(database("probe")) as (db, client):
        waiting = asyncio.create_task(
            client.get("/v1/probe/events", params={"wait": 20}, headers=bearer("reader"))
        )
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await write(db, [1])
        answer = await asyncio.wait_for(waiting, 3)
    assert [item["data"]["n"] for item in answer.json()["items"]] == [1]


async def test_an_event_of_a_transaction_rolled_back_is_never_told(database: MakeDatabase) -> None:
    async with probe(database("probe")) as (db, client):
        with pytest.raises(RuntimeError, match="changed my mind"):
            await write_and_fail(db)
        await write(db, [2])
        answer = await client.get("/v1/probe/events", headers=bearer("reader"))
    assert [item["data"]["n"] for item in answer.json()["items"]] == [2]


async def test_another_organisation_sees_none_of_our_events(database: MakeDatabase) -> None:
    async with probe(database("probe")) as (db, client):
        await write(db, [1, 2])
        theirs = await client.get(
            "/v1/probe/events", headers=bearer("manager", organisation=THEIRS)
        )
        services = await client.get("/v1/probe/events", headers=bearer("service"))
    assert theirs.json() == {"items": [], "next_after": 0}
    assert len(services.json()["items"]) == 2


def limited(*roles: str) -> dict[str, str]:
    """Return the headers of a caller who sees one territory alone."""
    return {"Authorization": f"Bearer {token(*roles, territories=['75'])}"}


async def test_the_feed_is_closed_to_who_sees_only_a_part_of_what_it_tells(
    database: MakeDatabase,
) -> None:
    async with probe(database("probe")) as (db, client):
        await write(db, [1])
        inspectors = await client.get("/v1/probe/events", headers=bearer("inspector"))
        one_territorys = await client.get("/v1/probe/events", headers=limited("reader", "manager"))
        services = await client.get("/v1/probe/events", headers=limited("service"))
    assert inspectors.status_code == 403
    assert "inspector" in inspectors.json()["detail"]
    assert one_territorys.status_code == 403
    assert "territories" in one_territorys.json()["detail"]
    assert len(services.json()["items"]) == 1


async def test_the_feed_cannot_be_rewritten(database: MakeDatabase) -> None:
    made = database("probe")
    async with probe(made) as (db, _):
        await write(db, [1])
        for statement in ("update event set kind = 'x'", "delete from event"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                await execute(db, statement)


async def test_a_follower_applies_each_event_once_through_failures(
    database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.feed.PAUSE_AFTER_FAILURE_S", 0.01)
    provider, follower_side = database("probe"), database("probe")
    with follower_side.administer() as admin:
        admin.execute("create table heard (n int primary key, organisation uuid)")
        admin.execute("grant all on heard to probe")
    failures = iter([2, 5])
    fail_at = next(failures)

    async def apply(session: AsyncSession, events: Sequence[Event]) -> None:
        nonlocal fail_at
        for event in events:
            n = int(str(event.data["n"]))
            await session.execute(
                text(
                    "insert into heard select :n, "
                    "nullif(current_setting('app.organisation'), '')::uuid"
                ),
                {"n": n},
            )
            if n == fail_at:
                fail_at = next(failures, -1)
                raise OSError("the network went away in mid-page")

    async with probe(provider) as (db, client):
        await write(db, range(8))
        async with db.session(THEIRS) as session:
            await append(session, THEIRS, [said(8)])
        client.headers.update(bearer("service"))
        own = Database(follower_side.url, follower_side.system_url)
        caught_up = asyncio.Event()

        async def after_page(everything: bool) -> None:
            if everything:
                caught_up.set()

        follower = Follower(own, "probe", client, apply, after_page)
        task = asyncio.create_task(follower.run())
        await asyncio.wait_for(caught_up.wait(), 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await own.dispose()
    with follower_side.administer() as admin:
        heard = admin.execute("select n, organisation from heard order by n").fetchall()
    assert heard == [(n, OURS) for n in range(8)] + [(8, THEIRS)]


async def test_one_of_two_followers_follows_and_the_other_takes_over(
    database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.feed.PAUSE_AFTER_FAILURE_S", 0.01)
    provider, follower_side = database("probe"), database("probe")
    heard: dict[str, list[int]] = {"first": [], "second": []}

    def listener(name: str) -> Apply:
        async def apply(_session: AsyncSession, events: Sequence[Event]) -> None:
            heard[name] += [int(str(event.data["n"])) for event in events]

        return apply

    async def until(name: str, expected: list[int]) -> None:
        async with asyncio.timeout(10):
            while heard[name] != expected:  # noqa: ASYNC110 - the follower tells nobody else
                await asyncio.sleep(0.01)

    async with probe(provider) as (db, client):
        client.headers.update(bearer("service"))
        own = Database(follower_side.url, follower_side.system_url)
        first = asyncio.create_task(Follower(own, "probe", client, listener("first")).run())
        await write(db, [1])
        await until("first", [1])
        second = asyncio.create_task(Follower(own, "probe", client, listener("second")).run())
        await write(db, [2])
        await until("first", [1, 2])
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await write(db, [3])
        await until("second", [3])
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await own.dispose()
    assert heard == {"first": [1, 2], "second": [3]}


END_THE_LOCK = (
    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted "
    "and database = (select oid from pg_database where datname = current_database())"
)


async def holds(fact: bool) -> bool:
    return fact


def counts_polls(client: httpx.AsyncClient) -> list[httpx.Request]:
    """Give a list that grows with each request of `client`."""
    polls: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        polls.append(request)

    client.event_hooks["request"].append(note)
    return polls


@asynccontextmanager
async def following(*followers: Follower) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(follower.run()) for follower in followers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await followers[0].database.dispose()


def heard(made: TestDatabase) -> list[int]:
    with made.administer() as admin:
        rows = admin.execute("select n from heard order by n").fetchall()
    return [int(str(n)) for (n,) in rows]


async def hear(session: AsyncSession, events: Sequence[Event]) -> None:
    for event in events:
        await session.execute(text("insert into heard values (:n)"), {"n": event.data["n"]})
    await asyncio.sleep(0.1)


async def test_two_followers_of_whom_one_lost_its_lock_apply_each_event_once(
    database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.feed.PAUSE_AFTER_FAILURE_S", 0.01)
    provider, follower_side = database("probe"), database("probe")
    with follower_side.administer() as admin:
        admin.execute("create table heard (n int)")
        admin.execute("grant all on heard to probe")
    async with probe(provider) as (db, client):
        client.headers.update(bearer("service"))
        polls = counts_polls(client)
        own = Database(follower_side.url, follower_side.system_url)
        async with following(*[Follower(own, "probe", client, hear) for _ in "ab"]):
            await eventually(lambda: holds(len(polls) == 1))
            with follower_side.administer() as admin:
                admin.execute(END_THE_LOCK)
            await eventually(lambda: holds(len(polls) == 2))
            for n in range(3):
                await write(db, [n])
                await eventually(lambda n=n: holds(n in heard(follower_side)))
                await asyncio.sleep(0.3)
    assert heard(follower_side) == [0, 1, 2]


def trouble() -> Iterator[Callable[[], object]]:
    """Fail in ways a follower cannot foresee, with a success after the fourth."""
    yield lambda: Event.model_validate({})
    yield lambda: dict[str, int]()["absent"]
    yield lambda: int("x")
    yield lambda: (_ for _ in ()).throw(IntegrityError("insert", {}, Exception("twice")))
    yield lambda: None
    yield lambda: int("x")
    while True:
        yield lambda: None


async def test_a_follower_goes_on_after_any_failure_and_pauses_longer_each_time(
    database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("shared.feed.PAUSE_AFTER_FAILURE_S", 0.01)
    monkeypatch.setattr("shared.feed.LONGEST_PAUSE_S", 0.03)
    provider, follower_side = database("probe"), database("probe")
    fails, applied = trouble(), list[int]()

    async def apply(_session: AsyncSession, events: Sequence[Event]) -> None:
        next(fails)()
        applied.extend(event.position for event in events)

    async with probe(provider) as (db, client):
        client.headers.update(bearer("service"))
        own = Database(follower_side.url, follower_side.system_url)
        async with following(Follower(own, "probe", client, apply)):
            await write(db, [1])
            await eventually(lambda: holds(len(applied) == 1), 10)
            await write(db, [2])
            await eventually(lambda: holds(len(applied) == 2), 10)
    stops = [record for record in caplog.records if record.message == "follower stopped"]
    told = [(record.levelname, record.position, record.pause_s) for record in stops]
    assert applied == [1, 2]
    assert told == [("ERROR", 0, it) for it in (0.01, 0.02, 0.03, 0.03)] + [("ERROR", 1, 0.01)]


async def test_a_follower_leaves_no_connection_open_whenever_it_is_cancelled(
    database: MakeDatabase,
) -> None:
    side = database("probe")
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1") as client:
        for moment in range(60):
            own = Database(side.url, side.system_url)
            task = asyncio.create_task(Follower(own, "probe", client, hear).run())
            await asyncio.sleep(moment / 1000)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await own.dispose()
            assert open_connections(side) == 0, f"cancelled after {moment} ms"


def open_connections(made: TestDatabase) -> int:
    with made.administer() as admin:
        # A backend that was told to end takes a moment to.
        for _ in range(50):
            (count,) = admin.execute(
                "select count(*) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid()"
            ).fetchone()
            admin.commit()
            if count == 0:
                break
            time.sleep(0.02)
    return count
