from datetime import UTC, date, datetime, timedelta

import pytest

from scoring.store import audits
from shared.contracts.inspections.visits import VisitOrigin, VisitState
from shared.testing import OURS, THEIRS, bearer, token

READER, PLANNER = bearer("reader"), bearer("planner")
PATH = "/v1/audit-draws"
TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday())
PAST = MONDAY - timedelta(weeks=4)


def within(territory):
    return {"Authorization": f"Bearer {token('planner', territories=[territory])}"}


async def draw(service, headers=PLANNER, **body):
    body = {"week": MONDAY.isoformat()} | body
    return await service.client.post(PATH, json=body, headers=headers)


def picks(answer):
    return [pick for it in answer.json()["items"] for pick in it["picks"]]


async def test_a_week_is_drawn_once_spread_over_territories_with_its_propensities(scoring, feed):
    async with scoring() as service:
        await service.follow(feed.town(200, 300))
        first = await draw(service, capacity=200)
        again = await draw(service, capacity=9)
        listed = await service.client.get(PATH, headers=READER, params={"week": MONDAY.isoformat()})
        later = await draw(service, week=(MONDAY + timedelta(weeks=1)).isoformat(), capacity=200)
    assert first.status_code == 200, first.text
    assert first.json() == again.json() == listed.json()
    assert {it["territory"]: it["places"] for it in first.json()["items"]} == {"75": 100, "93": 100}
    for it in first.json()["items"]:
        assert it["expected"] == pytest.approx(10)
        assert len(it["picks"]) in {9, 10, 11}
        assert it["drawn_by"] == "tester"
        assert {pick["propensity"] for pick in it["picks"]} == {0.1}
        assert all(pick["stratum"].startswith(it["territory"]) for pick in it["picks"])
    chosen = {it["accommodation_id"] for it in picks(first)}
    assert chosen != {it["accommodation_id"] for it in picks(later)}


async def test_without_a_capacity_the_weeks_before_tell_it_and_one_place_is_the_least(
    scoring, feed
):
    async with scoring() as service:
        events = [feed.place(number) for number in range(40)]
        days = [TODAY.weekday() + 1 + visit % 40 for visit in range(320)]
        events += [
            feed.visit(visit % 40, visit, days_ago=days_ago) for visit, days_ago in enumerate(days)
        ]
        await service.follow([feed.place(41)])
        little = await draw(service)
        assert sum(it["expected"] for it in little.json()["items"]) == pytest.approx(1)
        await service.follow(events)
        week = (MONDAY + timedelta(weeks=1)).isoformat()
        usual = await draw(service, week=week, share=0.2)
    expected = sum(it["expected"] for it in usual.json()["items"])
    # 320 visits in the eight weeks before are 40 a week, of which a fifth is drawn.
    assert expected == pytest.approx(8, rel=0.01)


async def test_who_may_see_a_territory_draws_there_alone_and_others_see_nothing(scoring, feed):
    async with scoring() as service:
        await service.follow(feed.town(40, 60))
        theirs = bearer("planner", organisation=THEIRS)
        assert (await draw(service, headers=theirs)).json() == {"items": []}
        paris = within("75")
        only = await draw(service, headers=paris, capacity=100)
        assert [it["territory"] for it in only.json()["items"]] == ["75"]
        nowhere = within("2A")
        assert (await draw(service, headers=nowhere)).json() == {"items": []}
        both = await draw(service, capacity=100)
        assert [it["territory"] for it in both.json()["items"]] == ["75", "93"]
        assert both.json()["items"][0] == only.json()["items"][0]
        assert (await draw(service, headers=READER)).status_code == 403
        inspector = bearer("inspector")
        params = {"week": MONDAY.isoformat()}
        hidden = await service.client.get(PATH, headers=inspector, params=params)
        assert hidden.status_code == 403
        result = await service.client.get(f"{PATH}/result", headers=inspector)
        assert result.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"week": (MONDAY + timedelta(days=1)).isoformat()},
        {"share": 0},
        {"share": 1.5},
        {"capacity": 0},
        {"places": 3},
    ],
)
async def test_a_draw_that_cannot_be_made_is_refused(scoring, body):
    async with scoring() as service:
        assert (await draw(service, **body)).status_code == 422


async def test_what_audits_found_and_who_was_not_seen_is_told_of_all_places(scoring, feed, id_of):
    moment = datetime.combine(PAST, datetime.min.time(), UTC) + timedelta(days=2)
    days_ago = (datetime.now(UTC) - moment) / timedelta(days=1)
    async with scoring() as service:
        await service.follow([feed.place(number) for number in range(60)])
        nothing = await service.client.get(f"{PATH}/result", headers=READER)
        assert nothing.json()["base_rate"] is None
        drawn = picks(await draw(service, week=PAST.isoformat(), capacity=200, share=0.2))
        number_of = {str(id_of(number)): number for number in range(60)}
        numbers = [number_of[it["accommodation_id"]] for it in drawn]
        assert len(numbers) in {39, 40, 41}
        events = []
        for visit, number in enumerate(numbers[:30]):
            severities = [4] if visit < 6 else [1]
            more = {"origin": VisitOrigin.audit}
            events.append(
                feed.visit(number, visit, days_ago=days_ago, severities=severities, **more)
            )
        # Nobody opened here, and there somebody came too late.
        closed = {"outcome": VisitState.closed, "grade": None}
        events.append(feed.visit(numbers[30], 30, days_ago=days_ago, **closed))
        events.append(feed.visit(numbers[31], 31, days_ago=days_ago - 13, severities=[4]))
        await service.follow(events)
        result = (await service.client.get(f"{PATH}/result", headers=READER)).json()
        params = {"until": (PAST - timedelta(days=1)).isoformat()}
        before = await service.client.get(f"{PATH}/result", headers=READER, params=params)
        async with service.database.session(OURS) as session:
            kept = await audits.picks(session, PAST)
    assert (result["drawn"], result["seen"], result["positives"]) == (len(numbers), 30, 6)
    assert result["base_rate"]["low"] < 0.2 < result["base_rate"]["high"]
    # All sixty could have been visited: the ranking leaves nothing out.
    assert result["missed"]["value"] == 0
    assert date.fromisoformat(result["until"]) <= TODAY - timedelta(days=14)
    assert before.json()["drawn"] == 0
    assert all(it.targeted for it in kept)
