from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared.contracts.inspections.visits import VisitOrigin
from shared.testing import OURS, THEIRS, bearer

READER = bearer("reader")
PATH = "/v1/field-results"
NOW = datetime.now(UTC)
TOMORROW = NOW + timedelta(days=1)


async def results(service, headers=READER, **params):
    params = {"until": (NOW + timedelta(days=9)).date().isoformat()} | params
    answer = await service.client.get(PATH, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def visited(feed, number, origin, severities):
    """A visit after the place has its score."""
    later = {"occurred_at": TOMORROW, "known_at": TOMORROW, "origin": origin}
    return feed.visit(number, number, severities=severities, **later)


async def test_each_origin_s_visits_are_told_with_what_was_believed_before(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(number) for number in range(30)])
        # Of the past, before any score: nothing was believed yet.
        await service.follow([feed.visit(0, 0, severities=[4, 4, 4], origin=VisitOrigin.due)])
        scores = (await service.client.get("/v1/scores", headers=READER)).json()["items"]
        believed = {it["accommodation_id"]: it["probability"] for it in scores}
        events = [visited(feed, n, VisitOrigin.targeted, [4] * (n < 4)) for n in range(1, 9)]
        events += [visited(feed, n, VisitOrigin.audit, [1]) for n in range(9, 12)]
        events += [visited(feed, 12, VisitOrigin.override, [4])]
        events += [visited(feed, 13, None, [4])]
        # Scores are of today, these visits of tomorrow.
        await service.keep(events)
        told = await results(service)
        assert (await results(service, until=NOW.date().isoformat()))["overrides"] is None
        assert (await results(service, bearer("reader", organisation=THEIRS)))["origins"] == []
        hidden = await service.client.get(PATH, headers=bearer("inspector"))
        assert hidden.status_code == 403
    rows = {it["origin"]: it for it in told["origins"]}
    assert {name: (it["visits"], it["positives"]) for name, it in rows.items()} == {
        "targeted": (8, 3),
        "audit": (3, 0),
        "override": (1, 1),
    }
    assert rows["targeted"]["hit_rate"]["value"] == pytest.approx(3 / 8)
    mean = sum(believed[str(id_of(number))] for number in range(1, 9)) / 8
    assert rows["targeted"]["believed"] == pytest.approx(mean)
    assert told["divergence"] == {"state": "not_enough_data", "gap": None}
    overrides = told["overrides"]
    assert (overrides["visits"], overrides["positives"]) == (1, 1)
    assert overrides["believed"] == pytest.approx(believed[str(id_of(12))])


async def test_an_override_is_held_against_the_place_the_ranking_would_have_chosen(
    scoring, feed, id_of
):
    monday = NOW.date() + timedelta(days=7 - NOW.weekday())
    at = datetime.combine(monday, datetime.min.time(), UTC) + timedelta(hours=30)
    later = {"occurred_at": at, "known_at": at, "severities": [1]}
    async with scoring() as service:
        worst = [feed.visit(1, 1, severities=[4, 4, 4]), feed.visit(2, 2, severities=[4])]
        await service.follow([*(feed.place(number) for number in range(9)), *worst])
        scores = (await service.client.get("/v1/scores", headers=READER)).json()["items"]
        await service.keep(
            [
                feed.visit(5, 5, origin=VisitOrigin.override, **later),
                feed.visit(1, 6, origin=VisitOrigin.targeted, **later),
            ]
        )
        told = await results(service, until=(monday + timedelta(days=6)).isoformat())
    believed = {it["accommodation_id"]: it["probability"] for it in scores}
    best = [it["accommodation_id"] for it in scores]
    assert best[0] == str(id_of(1))
    # The highest was visited that week; the next would have been chosen.
    assert told["overrides"]["believed_instead"] == pytest.approx(believed[best[1]])
    assert told["overrides"]["believed"] == pytest.approx(believed[str(id_of(5))])


async def test_what_people_took_out_is_judged_by_what_was_found_there_later(scoring, feed, id_of):
    now = datetime.now(UTC) + timedelta(minutes=1)
    async with scoring() as service:
        await service.follow([feed.place(number) for number in range(9)])
        scores = (await service.client.get("/v1/scores", headers=READER)).json()["items"]
        believed = {it["accommodation_id"]: it["probability"] for it in scores}
        changes = [
            feed.override(0, 1, 1, at=now),
            feed.override(1, 1, 1, at=now),
            # Put back in the next revision: nobody took it out.
            feed.override(2, 1, 1, at=now),
            feed.override(2, 1, 2, change="added", at=now),
            feed.override(3, 1, 2, change="moved", at=now),
            # Of a revision after the one that is driven, and of a plan that never is.
            feed.override(4, 1, 3, at=now),
            feed.override(5, 2, 1, at=now),
            # Dropped again the week after: what is found there is found once.
            feed.override(0, 3, 1, at=now + timedelta(hours=1)),
        ]
        accepted = [feed.accepted(1, 2), feed.accepted(3, 1)]
        await service.keep_plans([*changes, *accepted])
        await service.keep_plans([*changes, *accepted])
        await service.keep([visited(feed, 0, VisitOrigin.due, [4])])
        await service.keep([visited(feed, 4, VisitOrigin.due, [4])])
        told = (await results(service))["dropped"]
        assert (await results(service, bearer("reader", organisation=THEIRS)))["dropped"] is None
        await service.keep_plans([feed.not_driven(1), feed.not_driven(3)])
        assert (await results(service))["dropped"] is None
    assert (told["drops"], told["seen"], told["positives"]) == (3, 1, 1)
    mean = (2 * believed[str(id_of(0))] + believed[str(id_of(1))]) / 3
    assert told["believed"] == pytest.approx(mean)


async def test_the_words_of_who_changed_a_plan_stay_with_the_plan(scoring, feed):
    async with scoring() as service:
        await service.keep_plans([feed.override(0, 1, 1)])
        async with service.database.session(OURS) as session:
            rows = (await session.execute(text("select to_jsonb(o) from plan_override o"))).all()
    assert len(rows) == 1
    assert "Martin" not in str(rows)
