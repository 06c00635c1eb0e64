import asyncio
import contextlib
import time
from datetime import date

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

from scoring import main
from scoring.settings import Settings
from scoring.use_cases import score_places
from shared.contracts.message import Event, EventPage
from shared.testing import OURS, bearer, in_process

READER = bearer("reader")


class Record:
    """The two routes of the rest of Ronde that scoring's worker calls, on a real port."""

    def __init__(self):
        self.events: list[Event] = []
        self.news = asyncio.Event()
        self.app = FastAPI()
        self.app.post("/token")(self.token)
        self.app.get("/v1/inspections/events")(self.listed)

    async def token(self) -> dict[str, str | int]:
        return {"access_token": "anything", "expires_in": 3600}

    async def listed(self, after: int, wait: float, limit: int) -> EventPage:
        news = self.news
        if not [it for it in self.events if it.position > after]:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), min(wait, 5))
        found = [it for it in self.events if it.position > after][:limit]
        return EventPage(items=found, next_after=found[-1].position if found else after)

    def tell(self, events):
        self.events += events
        self.news.set()
        self.news = asyncio.Event()


@contextlib.asynccontextmanager
async def served(app):
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
def record():
    return Record()


async def until_visits(client, place, visits):
    for _ in range(400):
        answer = await client.get(f"/v1/scores/{place}", headers=READER)
        if answer.status_code == 200 and answer.json()["visits_known"] == visits:
            return answer.json()
        await asyncio.sleep(0.02)
    raise AssertionError(answer.text)


@pytest.fixture
def settings_at(database, tmp_path, monkeypatch):
    """Give the settings of a service whose gateway answers at a URL."""
    monkeypatch.setattr(main, "REFRESH_EVERY_S", 0.05)
    fresh = database("scoring")
    roles = fresh.settings()

    def made(url):
        blobs = f"file://{tmp_path}"
        return Settings(gateway_url=url, token_url=f"{url}/token", blobs_url=blobs, **roles)

    made.administer = fresh.administer
    return made


STALE_LOCK = "hashtextextended('stale:' || %s, 0)"


async def until_waiting(administrator):
    for _ in range(400):
        row = administrator.execute(
            "select count(*) from pg_stat_activity "
            "where datname = current_database() and wait_event = 'advisory'"
        ).fetchone()
        if row[0]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody waits")


async def test_the_worker_scores_what_the_feed_tells_within_a_second_and_goes_on_after_a_stop(
    settings_at, record, feed, id_of
):
    async with served(record.app) as url:
        settings = settings_at(url)
        async with in_process(main.create_app(settings)) as client:
            worker = asyncio.create_task(main.run_worker(settings))
            record.tell([feed.place(1), feed.place(2), feed.visit(1, 1)])
            first = await until_visits(client, id_of(1), 1)
            started = time.perf_counter()
            record.tell([feed.visit(1, 2, days_ago=0, severities=[4, 4])])
            second = await until_visits(client, id_of(1), 2)
            took = time.perf_counter() - started
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
            record.tell([feed.visit(1, 3, days_ago=0)])
            worker = asyncio.create_task(main.run_worker(settings))
            await until_visits(client, id_of(1), 3)
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
    assert second["probability"] > first["probability"]
    assert took < 3, took


async def test_the_worker_follows_on_after_its_connections_were_cut(
    settings_at, record, feed, id_of
):
    async with served(record.app) as url:
        settings = settings_at(url)
        async with in_process(main.create_app(settings)) as client:
            worker = asyncio.create_task(main.run_worker(settings))
            record.tell([feed.place(1), feed.visit(1, 1)])
            await until_visits(client, id_of(1), 1)
            with settings_at.administer() as administrator:
                # Held here, so that the cut comes in the middle of the follower's transaction.
                administrator.execute(f"select pg_advisory_lock({STALE_LOCK})", [str(OURS)])
                record.tell([feed.visit(1, 2)])
                await until_waiting(administrator)
                administrator.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where datname = current_database() and pid <> pg_backend_pid()"
                )
            await until_visits(client, id_of(1), 2)
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker


async def test_the_worker_looks_at_scores_once_a_week(settings_at, record, feed):
    async with served(record.app) as url:
        settings = settings_at(url)
        async with in_process(main.create_app(settings)) as client:
            worker = asyncio.create_task(main.run_worker(settings))
            record.tell([feed.place(1), feed.visit(1, 1)])
            for _ in range(400):
                answer = await client.get("/v1/watch-reports/latest", headers=READER)
                if answer.status_code == 200:
                    break
                await asyncio.sleep(0.02)
            # By now it has been asked many times.
            await asyncio.sleep(0.2)
            listed = await client.get("/v1/watch-reports", headers=READER)
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
    (report,) = listed.json()["items"]
    assert report["places"] == 1
    assert date.fromisoformat(report["week"]).isoweekday() == 1


async def test_scores_grown_old_are_computed_again(scoring, feed, id_of):
    from datetime import UTC, datetime, timedelta

    from scoring.use_cases.score_places import refresh_old_scores

    async with scoring() as service:
        await service.follow([feed.place(1), feed.place(2)])
        path = f"/v1/scores/{id_of(1)}/history"
        blobs, now = service.workshop.blobs, datetime.now(UTC)
        await refresh_old_scores(service.database, blobs, now - timedelta(days=1))
        assert len((await service.client.get(path, headers=READER)).json()["items"]) == 1
        await refresh_old_scores(service.database, blobs, now)
        assert len((await service.client.get(path, headers=READER)).json()["items"]) == 2


async def test_what_happens_while_scores_are_computed_is_scored_again(
    scoring, feed, id_of, monkeypatch
):
    compute, transactions = score_places.compute_scores, []

    async def happen(service):
        async with service.database.session(OURS) as session:
            idle = (
                "select count(*) from pg_stat_activity "
                "where datname = current_database() and state = 'idle in transaction'"
            )
            transactions.append((await session.execute(text(idle))).scalar_one())
        if len(transactions) == 1:
            await service.keep([feed.visit(1, 1, severities=[4])])

    async with scoring() as service:
        loop = asyncio.get_running_loop()

        def slowly(*given):
            asyncio.run_coroutine_threadsafe(happen(service), loop).result()
            return compute(*given)

        monkeypatch.setattr(score_places, "compute_scores", slowly)
        await service.follow([feed.place(1), feed.place(2)])
        told = {}
        for number in (1, 2):
            path = f"/v1/scores/{id_of(number)}/history"
            page = (await service.client.get(path, headers=READER)).json()
            told[number] = [score["visits_known"] for score in page["items"]]
    assert told == {1: [1], 2: [0]}
    assert transactions == [0, 0]
