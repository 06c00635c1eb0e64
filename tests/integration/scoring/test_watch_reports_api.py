import asyncio
import math
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from scoring.use_cases.watch_scores import ask_for_watch
from shared.contracts.inspections.register import ContractState
from shared.testing import OURS, THEIRS, bearer, token

READER, ADMIN = bearer("reader"), bearer("admin")
PATH = "/v1/watch-reports"
NOW = datetime.now(UTC)
# Scores are of now and visits come after them: the weeks that are watched are still to come.
MONDAY = NOW.date() + timedelta(days=28 - NOW.weekday())
PLACES, VISITS = 80, 400


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


async def look(service, week):
    """Let the worker look as of a Monday, and wait until it did."""
    moment = datetime.combine(week, time(9), UTC)
    await ask_for_watch(service.database, service.jobs, now=moment)
    # However often it is asked, it looks once.
    await ask_for_watch(service.database, service.jobs, now=moment + timedelta(days=3))
    async with working(service):
        for _ in range(600):
            async with service.database.session(OURS) as session:
                rows = await session.execute(text("select state, message from job"))
                states = rows.all()
            if all(it.state not in {"queued", "running"} for it in states):
                assert {it.state for it in states} == {"done"}, states
                return
            await asyncio.sleep(0.05)
    raise AssertionError(states)


async def read(service, path="/latest", headers=READER):
    answer = await service.client.get(PATH + path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def coming_visits(feed, numbers, days, rate):
    """Spread visits over days that come."""
    random = np.random.default_rng(numbers.start)
    events = []
    for visit, day in zip(numbers, np.linspace(*days, len(numbers)).tolist(), strict=True):
        danger = random.random() < rate(visit % PLACES)
        severities = [4] * danger + [1]
        events.append(feed.visit(visit % PLACES, visit, days_ago=-day, severities=severities))
    return events


def rate(place):
    return 0.45 if place % 3 == 0 else 0.1


async def scored(service, feed):
    """Score places by what they were like."""
    past = [
        feed.visit(it % PLACES, it, days_ago=40 + it % 300, severities=[4] * (it % 240 < 40))
        for it in range(VISITS)
    ]
    await service.follow([*(feed.place(it) for it in range(PLACES + 5)), *past])


async def watched(service, feed):
    """Score places, then visit them in the two weeks before the last one."""
    await scored(service, feed)
    await service.keep(coming_visits(feed, range(VISITS, 2 * VISITS), (1, 13), rate))


def wilson(count, number):
    share, z = count / number, 1.645
    a, b, c = 1 + z * z / number, -2 * share - z * z / number, share * share
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return [share, (-b - root) / (2 * a), (-b + root) / (2 * a)]


async def fairness_by_hand(service):
    """Count again, row by row, what the tables hold."""
    async with service.database.session(OURS) as session:
        visits = (await session.execute(text("select * from visit"))).mappings().all()
        places = (await session.execute(text("select * from accommodation"))).mappings().all()
        scores = (await session.execute(text("select * from score"))).mappings().all()
        found = await session.execute(text("select inspection_id from finding where critical"))
        critical = set(found.scalars())
    place_of = {it["id"]: it for it in places}
    scored = defaultdict(list)
    for it in scores:
        scored[it["accommodation_id"]].append(it)
    newest = [max(own, key=lambda it: it["computed_at"])["probability"] for own in scored.values()]
    high = np.quantile(newest, 0.75)
    end = datetime.combine(MONDAY, time(), UTC)
    told = defaultdict(lambda: {"visits": 0, "low": [], "high": []})
    for visit in visits:
        before = [
            it
            for it in scored[visit["accommodation_id"]]
            if it["computed_at"] < visit["occurred_at"]
        ]
        if not before or visit["occurred_at"] >= end - timedelta(days=7):
            continue
        belief, place = before[-1], place_of[visit["accommodation_id"]]
        size = "1-9" if place["rooms"] < 10 else "10-29" if place["rooms"] < 30 else "30-99"
        stands_high = belief["probability"] >= high
        for name in (
            ("territory", place["territory"]),
            ("operator", place["operator"]),
            ("size", size),
            ("visited", "never" if belief["visits_known"] == 0 else "before"),
        ):
            told[name]["visits"] += 1
            if visit["inspection_id"] in critical:
                told[name]["low"].append(not stands_high)
            else:
                told[name]["high"].append(stands_high)
    return told


def figures(interval):
    return [interval["value"], interval["low"], interval["high"]]


async def test_fairness_is_as_counted_row_by_row_and_few_positives_say_nothing(scoring, feed):
    async with scoring() as service:
        await watched(service, feed)
        await look(service, MONDAY)
        told = (await read(service))["fairness"]
        counted = await fairness_by_hand(service)
    assert {(it["dimension"], it["group"]) for it in told} == counted.keys()
    assert {it["dimension"] for it in told} == {"territory", "operator", "size", "visited"}
    for it in told:
        own = counted[it["dimension"], it["group"]]
        assert (it["visits"], it["positives"]) == (own["visits"], len(own["low"]))
        assert it["enough_data"] == (len(own["low"]) >= 10)
        for harm in ("low", "high"):
            told_harm = it[f"wrongly_{harm}"]
            if it["enough_data"]:
                expected = wilson(sum(own[harm]), len(own[harm]))
                assert figures(told_harm) == pytest.approx(expected, abs=1e-6)
            else:
                assert told_harm is None
    assert {it["enough_data"] for it in told} == {True, False}


async def test_a_planted_gap_is_an_alarm_once_in_the_report_and_in_the_feed(scoring, feed):
    later = MONDAY + timedelta(weeks=1)
    async with scoring() as service:
        await scored(service, feed)
        await look(service, MONDAY)
        first = await read(service)
        # Somebody imports places without their capacity.
        await service.follow([feed.place(it, capacity=None) for it in range(40)])
        await look(service, later)
        second = await read(service)
        await look(service, later + timedelta(weeks=1))
        third = await read(service)
        events = await service.client.get("/v1/scoring/events", headers=READER)
        listed = await read(service, "?limit=2")
        rest = await read(service, f"?limit=2&cursor={listed['next_cursor']}")
        scores = (await service.client.get("/v1/scores", headers=READER)).json()["items"]
    states = {it["state"] for it in first["indicators"]}
    assert (first["alarms"], states) == ([], {"not_enough_data"})
    # Nobody visits in the meantime, which is another alarm in the end.
    (alarm,), (later_alarm,) = (
        [it for it in report["alarms"] if it["kind"] == "missing_values"]
        for report in (second, third)
    )
    assert (alarm["kind"], alarm["subject"], alarm["begins"]) == (
        "missing_values",
        "capacity",
        True,
    )
    assert (alarm["before"], alarm["now"]) == (0, pytest.approx(40 / 85))
    assert "capacité" in alarm["text"]["fr"]
    assert not later_alarm["begins"]
    told = [
        it
        for it in events.json()["items"]
        if it["kind"] == "watch.alarm" and it["data"]["kind"] == "missing_values"
    ]
    assert [(it["subject_id"], it["data"]["week"]) for it in told] == [
        (second["id"], later.isoformat())
    ]
    assert [it["week"] for it in listed["items"] + rest["items"]] == [
        third["week"],
        second["week"],
        first["week"],
    ]
    # It proposed; nothing else was done.
    assert {it["method"] for it in scores} == {first["method"]}


async def test_more_dangers_than_believed_are_an_alarm_that_proposes_a_training(scoring, feed):
    async with scoring() as service:
        await scored(service, feed)
        quiet = coming_visits(feed, range(400, 800), (8, 110), lambda place: 0.2)
        worse = coming_visits(feed, range(800, 1200), (111, 205), lambda place: 0.5)
        await service.keep(quiet + worse)
        await look(service, MONDAY + timedelta(weeks=27))
        told = await read(service)
        models = await service.client.get("/v1/models", headers=READER)
    (alarm,) = [it for it in told["alarms"] if it["kind"] == "base_rate"]
    assert alarm["now"] > 1.5 * alarm["before"]
    assert "entraînez" in alarm["proposal"]["fr"]
    (seen,) = [it for it in told["indicators"] if it["kind"] == "base_rate"]
    assert seen["chance"] < seen["chance_limit"]
    assert models.json()["items"] == []


async def test_inspectors_have_numbers_for_admins_and_ids_for_nobody(scoring, feed):
    async with scoring() as service:
        await watched(service, feed)
        await look(service, MONDAY)
        one = await service.client.get(f"{PATH}/{MONDAY}/inspectors", headers=ADMIN)
        again = await read(service, f"/{MONDAY}/inspectors", ADMIN)
        refused = await service.client.get(f"{PATH}/{MONDAY}/inspectors", headers=READER)
        async with service.database.session(OURS) as session:
            rows = await session.execute(text("select to_jsonb(r)::text from watch_report r"))
            kept = rows.scalar_one()
            members = await session.execute(
                text("select distinct unnest(inspector_ids) from visit")
            )
            ids = [str(it) for it in members.scalars()]
    assert one.json() == again
    assert [it["number"] for it in again["items"]] == [1, 2, 3, 4, 5, 6]
    assert sum(it["visits"] for it in again["items"]) == VISITS
    assert "jamais" in again["purpose"]["fr"]
    assert refused.status_code == 403
    assert len(ids) == 6
    assert not any(id in kept or id in one.text for id in ids)


async def test_reports_are_of_one_s_own_organisation_and_hidden_from_inspectors(scoring, feed):
    async with scoring() as service:
        missing = await service.client.get(f"{PATH}/latest", headers=READER)
        # There is nothing to look at but a place out of use.
        await service.follow([feed.place(1, contract_state=ContractState.withdrawn)])
        await look(service, MONDAY)
        empty = await read(service, "")
        await service.follow([feed.place(2)])
        await look(service, MONDAY + timedelta(weeks=1))
        statuses = [
            (await service.client.get(PATH + path, headers=headers)).status_code
            for path in ("", "/latest", f"/{MONDAY + timedelta(weeks=1)}")
            for headers in (
                READER,
                bearer("reader", organisation=THEIRS),
                bearer("inspector"),
                {"Authorization": f"Bearer {token('reader', territories=['75'])}"},
            )
        ]
        narrow = {"Authorization": f"Bearer {token('admin', territories=['75'])}"}
        week = MONDAY + timedelta(weeks=1)
        hidden = await service.client.get(f"{PATH}/{week}/inspectors", headers=narrow)
        wrong = await service.client.get(f"{PATH}?cursor=WyJub25lIl0", headers=READER)
    assert missing.status_code == 404
    assert empty == {"items": [], "next_cursor": None}
    assert statuses == [200, 200, 403, 403] + [200, 404, 403, 403] * 2
    assert (hidden.status_code, wrong.status_code) == (403, 422)
