import asyncio
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest

from scoring.use_cases.look_for_outbreaks import ask_for_looks
from shared.contracts.inspections.inspection import RecordedFinding
from shared.contracts.inspections.visits import VisitKind, VisitState
from shared.feed import read
from shared.paging import encode
from shared.testing import OURS, THEIRS, bearer, token

READER = bearer("reader")
ALERTS, LOOK, TRENDS = "/v1/outbreak-alerts", "/v1/outbreak-alerts/look", "/v1/trends"
NOW = datetime.now(UTC)
# A week well in the past, by its Monday; it is looked at from the Tuesday after.
LAST = NOW.date() - timedelta(days=NOW.weekday(), weeks=4)
WEEK = timedelta(weeks=1)


def of(territory):
    return {"Authorization": f"Bearer {token('reader', territories=[territory])}"}


def found(category):
    return RecordedFinding(
        item=category, category=category, room=None, severity=2, critical=False, repeat=False
    )


def history(feed, weeks, *, outbreak=("93", 1), visits=8):
    """Tell weeks of visits of which some find pests; in one territory nearly all do at the end.

    Places of odd numbers are in 75, of even ones in 93; 13 is in 69 and new.
    """
    random = np.random.default_rng(1)
    events = [feed.place(number) for number in range(12)]
    events.append(feed.place(13, territory="69"))
    number = 0
    for week in range(weeks):
        monday = LAST - timedelta(weeks=weeks - 1 - week)
        for visit in range(2 * visits):
            place = visit % 12
            here = "75" if place % 2 else "93"
            ill = here == outbreak[0] and week >= weeks - outbreak[1]
            findings = [found("pests")] * 3 * (random.random() < (0.9 if ill else 0.12))
            findings += [found("hygiene")] * (random.random() < 0.3)
            number += 1
            events.append(visited(feed, place, number, monday, findings=findings))
    events.append(visited(feed, 13, number + 1, LAST, findings=[found("pests")]))
    return events


def visited(feed, place, number, monday, *, findings, **changes):
    at = datetime.combine(monday, time(9), UTC) + timedelta(hours=number % 90)
    told = {"occurred_at": at, "known_at": at, "findings": findings} | changes
    return feed.visit(place, number, **told)


async def get(service, path, headers=READER, **params):
    answer = await service.client.get(path, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def looked(service, week=LAST):
    """Ask for a look at a week, twice, and wait until it is over."""
    tuesday = datetime.combine(week + timedelta(days=8), time(1), UTC)
    for now in (tuesday, tuesday + timedelta(days=3)):
        await ask_for_looks(service.database, service.jobs, now=now)
    await service.jobs.open()
    work = asyncio.create_task(service.jobs.work())
    for _ in range(600):
        if (await get(service, LOOK))["week"] == week.isoformat():
            break
        await asyncio.sleep(0.1)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    await service.jobs.close()


async def pages(service):
    """Read the alerts one by one."""
    items, cursor = [], {}
    while cursor is not None:
        page = await get(service, ALERTS, limit=1, **cursor)
        items += page["items"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    return items


async def test_an_outbreak_is_told_once_a_week_by_list_and_event(scoring, feed):
    async with scoring() as service:
        await service.keep(history(feed, 70))
        assert await get(service, LOOK) == {"week": None, "series": 0, "territories": []}
        await looked(service)
        (alert,) = (await get(service, ALERTS))["items"]
        look = await get(service, LOOK)
        # The week after goes on; of weeks that are not over a day nothing is told.
        ill = [found("pests")]
        even = range(0, 12, 2)
        more = [visited(feed, it, 9000 + it, LAST + WEEK, findings=ill) for it in even]
        await service.keep(more)
        await looked(service, LAST + WEEK)
        newest, first = await pages(service)
        async with service.database.session(OURS) as session:
            events = (await read(session, 0, limit=100)).items
        theirs = await get(service, ALERTS, bearer("reader", organisation=THEIRS))
        blind = bearer("inspector")
        hidden = [await service.client.get(it, headers=blind) for it in (ALERTS, LOOK, TRENDS)]
    assert (alert["territory"], alert["category"]) == ("93", "pests")
    assert alert["week"] == alert["began_in"] == LAST.isoformat()
    # A visit that finds pests in three rooms has found them once.
    assert alert["found"] <= alert["visits"] == 8
    assert alert["expected"] < 3
    told = [it for it in events if it.kind == "outbreak.suspected"]
    event = told[0]
    assert len(told) == 2
    assert event.data == alert
    assert str(event.subject_id) == alert["id"]
    assert look["week"] == LAST.isoformat()
    assert look["series"] == 4
    states = {it["territory"]: (it["state"], it["weeks_known"]) for it in look["territories"]}
    assert states == {"69": ("not_yet", 1), "75": ("watched", 70), "93": ("watched", 70)}
    assert first == alert
    assert newest["week"] == (LAST + WEEK).isoformat()
    assert newest["began_in"] == alert["began_in"]
    assert theirs["items"] == []
    assert [it.status_code for it in hidden] == [403, 403, 403]


async def test_a_caller_sees_the_alerts_and_trends_of_their_territories(scoring, feed):
    async with scoring() as service:
        await service.keep(history(feed, 70))
        await looked(service)
        seen = {}
        for name in ("75", "93"):
            look = await get(service, LOOK, of(name))
            trends = await get(service, TRENDS, of(name))
            seen[name] = (
                len((await get(service, ALERTS, of(name)))["items"]),
                [it["territory"] for it in look["territories"]],
                {it["territory"] for it in trends["items"]},
            )
    assert seen == {"75": (0, ["75"], {"75"}), "93": (1, ["93"], {"93"})}


async def test_a_cursor_that_is_not_ours_is_refused(scoring):
    async with scoring() as service:
        for cursor in (encode("2026-11-30", "7"), encode("soon", str(OURS)), "x"):
            answer = await service.client.get(ALERTS, headers=READER, params={"cursor": cursor})
            assert answer.status_code == 422, answer.text


async def test_visits_chosen_by_suspicion_and_those_that_saw_nothing_do_not_count(scoring, feed):
    async with scoring() as service:
        await service.keep(history(feed, 70, outbreak=("", 0)))
        more = [
            visited(feed, it, 9000 + 20 * number + it, LAST, findings=[found("pests")], **changes)
            for it in range(12)
            for number, changes in enumerate(
                (
                    {"visit_kind": VisitKind.complaint},
                    {"visit_kind": VisitKind.reinspection},
                    {"grade": None},
                    {"outcome": VisitState.nobody_there},
                )
            )
        ]
        await service.keep(more)
        await looked(service)
        assert (await get(service, ALERTS))["items"] == []
        # As routine visits they would have been alarming.
        routine = [
            visited(feed, it, 9900 + it, LAST + WEEK, findings=[found("pests")]) for it in range(12)
        ]
        await service.keep(routine)
        await looked(service, LAST + WEEK)
        assert {it["category"] for it in (await get(service, ALERTS))["items"]} == {"pests"}


async def test_months_are_foretold_with_intervals_and_judged_beside_last_year(scoring, feed):
    async with scoring() as service:
        empty = await get(service, TRENDS)
        await service.keep(history(feed, 130, outbreak=("", 0)))
        # Only whole months count, and at the end of one its last week lies in it.
        await service.keep([visited(feed, 13, 90_000, LAST - 5 * WEEK, findings=[])])
        trends = await get(service, TRENDS, months=12)
        refused = await service.client.get(TRENDS, headers=READER, params={"months": 13})
    assert empty == {"since": None, "forecasts": 0, "held": None, "territories": [], "items": []}
    states = {it["territory"]: it["state"] for it in trends["territories"]}
    assert states == {"69": "not_yet", "75": "foretold", "93": "foretold"}
    series = [(it["territory"], it["category"]) for it in trends["items"]]
    assert series == [(it, name) for it in ("75", "93") for name in ("hygiene", "pests")]
    assert trends["forecasts"] == 4 * 12
    assert trends["held"] > 0.8
    for it in trends["items"]:
        assert it["error"] < it["error_same_month_last_year"]
        months = it["months"]
        assert months[0]["month"] == NOW.date().replace(day=1).isoformat()
        assert len({month["month"] for month in months}) == 12
        usual = 0.3 if it["category"] == "hygiene" else 0.12
        assert all(0 <= m["low"] <= m["share"] <= m["high"] <= 1 for m in months)
        assert months[0]["share"] == pytest.approx(usual, rel=0.5)
        assert months[0]["same_month_last_year"] is not None
    assert refused.status_code == 422


async def test_a_young_history_says_not_yet(scoring, feed):
    async with scoring() as service:
        await service.keep(history(feed, 40))
        await looked(service)
        look, trends = await get(service, LOOK), await get(service, TRENDS)
        assert (await get(service, ALERTS))["items"] == []
    assert look["series"] == 0
    assert {it["state"] for it in look["territories"]} == {"not_yet"}
    assert trends["items"] == []
    assert {it["state"] for it in trends["territories"]} == {"not_yet"}
