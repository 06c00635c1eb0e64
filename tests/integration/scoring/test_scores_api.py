from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.inspections.register import ContractState
from shared.testing import OURS, THEIRS, bearer, token

READER = bearer("reader")


async def items(client, path, headers=READER, **params):
    answer = await client.get(path, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def score_of(service, place):
    answer = await service.client.get(f"/v1/scores/{place}", headers=READER)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_place_has_a_score_even_before_its_first_visit(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1)])
        score = await score_of(service, id_of(1))
    assert score["method"] == "heuristic"
    assert score["visits_known"] == 0
    assert score["probability"] == pytest.approx(0.15)
    assert score["rank"] == 1
    assert score["reasons"][0]["group"] == "unknown"


async def test_a_recorded_inspection_changes_the_place_s_score_and_keeps_the_old_one(
    scoring, feed, id_of
):
    async with scoring() as service:
        await service.follow([feed.place(1), feed.place(2), feed.visit(1, 1)])
        before = await score_of(service, id_of(1))
        other = await score_of(service, id_of(2))
        await service.follow([feed.visit(1, 2, days_ago=0, severities=[4, 4, 3])])
        after = await score_of(service, id_of(1))
        history = await items(service.client, f"/v1/scores/{id_of(1)}/history")
        assert (await score_of(service, id_of(2)))["id"] == other["id"]
    assert after["probability"] > before["probability"]
    assert after["visits_known"] == 2
    assert [score["id"] for score in history] == [after["id"], before["id"]]
    (reason,) = [it for it in after["reasons"] if it["group"] == "residual"]
    assert reason["direction"] == "up"
    assert "critical" in reason["text"]["en"]
    assert len(reason["inspection_ids"]) == 1


async def test_an_inspection_of_a_moment_ago_counts_though_its_entry_was_expected_tomorrow(
    scoring, feed, id_of
):
    async with scoring() as service:
        late = datetime.now(UTC) + timedelta(days=1)
        await service.follow([feed.place(1), feed.visit(1, 1, days_ago=0, known_at=late)])
        assert (await score_of(service, id_of(1)))["visits_known"] == 1


async def test_an_inspection_that_a_reviewer_took_out_no_longer_counts(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1), feed.visit(1, 1)])
        before = await score_of(service, id_of(1))
        await service.follow([feed.visit(1, 2, days_ago=0, severities=[4, 4, 3])])
        await service.follow([feed.withdrawn(1, 2)])
        after = await score_of(service, id_of(1))
    assert after["visits_known"] == 1
    assert after["probability"] == pytest.approx(before["probability"], abs=1e-6)


async def test_a_visit_that_saw_nothing_is_no_clean_visit(scoring, feed, id_of):
    async with scoring() as service:
        seen = feed.visit(1, 1, days_ago=400, severities=[4])
        await service.follow([*(feed.place(number) for number in (1, 2)), seen])
        before = await score_of(service, id_of(1))
        unseen = [feed.visit(1, visit, days_ago=9 - visit, grade=None) for visit in (2, 3, 4)]
        refused = [
            feed.visit(2, visit, days_ago=9 - visit, grade=None, outcome="refused")
            for visit in (5, 6, 7)
        ]
        await service.follow(unseen + refused)
        after = await score_of(service, id_of(1))
        listed = await items(service.client, "/v1/priorities")
    assert after["visits_known"] == 1
    assert after["probability"] == pytest.approx(before["probability"], rel=1e-6)
    days = {it["accommodation_id"]: it["parts"]["days_overdue"] for it in listed}
    assert days[str(id_of(1))] == 35


async def test_an_event_told_twice_changes_nothing(scoring, feed, id_of):
    async with scoring() as service:
        events = [feed.place(1), feed.visit(1, 1, severities=[4])]
        await service.follow(events)
        first = await score_of(service, id_of(1))
        await service.follow([events[1], events[1]])
        again = await score_of(service, id_of(1))
    assert again["visits_known"] == first["visits_known"] == 1
    assert again["probability"] == pytest.approx(first["probability"], rel=1e-6)


async def test_an_older_telling_of_a_place_does_not_win(scoring, feed, id_of):
    async with scoring() as service:
        old, new = feed.place(1, capacity=10), feed.place(1, capacity=400)
        await service.follow([old, new])
        await service.follow([old])
        (priority,) = await items(service.client, "/v1/priorities")
    assert priority["parts"]["people_exposed"] == 400


async def test_scores_are_listed_by_rank_in_pages(scoring, feed):
    async with scoring() as service:
        await service.follow(feed.town(25, 120))
        everything = await items(service.client, "/v1/scores")
        pages, cursor = [], None
        while True:
            params = {"limit": 10} | ({"cursor": cursor} if cursor else {})
            answer = (await service.client.get("/v1/scores", headers=READER, params=params)).json()
            pages += answer["items"]
            cursor = answer["next_cursor"]
            if cursor is None:
                break
        territory = await items(service.client, "/v1/scores", territory="93")
    assert [it["rank"] for it in everything] == sorted(it["rank"] for it in everything)
    probabilities = [it["probability"] for it in everything]
    assert probabilities == sorted(probabilities, reverse=True)
    assert [it["id"] for it in pages] == [it["id"] for it in everything]
    assert 0 < len(territory) < 25


async def test_a_history_is_listed_in_pages(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1)])
        for visit in range(4):
            await service.follow([feed.visit(1, visit)])
        path = f"/v1/scores/{id_of(1)}/history"
        first = (await service.client.get(path, headers=READER, params={"limit": 3})).json()
        rest = await items(service.client, path, cursor=first["next_cursor"])
    known = [it["visits_known"] for it in first["items"] + rest]
    assert known == [4, 3, 2, 1, 0]


async def test_priorities_can_be_computed_again_from_their_parts(scoring, feed):
    async with scoring() as service:
        await service.follow(feed.town(20, 90))
        answer = await service.client.get("/v1/priorities", headers=READER)
    page = answer.json()
    assert page["method"] == "heuristic"
    assert len(page["items"]) == 20
    points = [it["priority_points"] for it in page["items"]]
    assert points == sorted(points, reverse=True)
    for item in page["items"]:
        parts = item["parts"]
        assert parts["steering_factor"] == 1
        factors = parts["exposure_factor"] * parts["overdue_factor"] * parts["severity_weight"]
        raw = parts["probability"] * factors
        assert raw == pytest.approx(parts["raw"])
        assert item["priority_points"] == pytest.approx(100 * raw / (raw + 0.5), abs=0.01)
        assert item["score_snapshot"]["method"] == "heuristic"
        assert item["score_snapshot"]["priority_points"] == item["priority_points"]


async def test_delays_count_from_the_due_day_else_from_the_longest_interval(scoring, feed, id_of):
    now = datetime.now(UTC)
    due = (now - timedelta(days=20)).date()
    async with scoring() as service:
        await service.follow(
            [
                *(feed.place(number) for number in (1, 2, 3)),
                feed.visit(1, 1, days_ago=100, next_due_on=due),
                feed.visit(2, 2, days_ago=400),
                feed.visit(3, 3, days_ago=100),
            ]
        )
        listed = await items(service.client, "/v1/priorities")
        later = await items(
            service.client,
            "/v1/priorities",
            as_of=(now + timedelta(days=5)).isoformat(),
            accommodation_id=str(id_of(1)),
        )
    days = {it["accommodation_id"]: it["parts"]["days_overdue"] for it in listed}
    assert days == {str(id_of(1)): 20, str(id_of(2)): 35, str(id_of(3)): 0}
    assert [it["parts"]["days_overdue"] for it in later] == [25]


async def test_a_withdrawn_place_is_no_priority(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1), feed.place(2, contract_state="withdrawn")])
        listed = await items(service.client, "/v1/priorities")
    assert [it["accommodation_id"] for it in listed] == [str(id_of(1))]


async def test_another_organisation_sees_nothing(scoring, feed, feed_of, id_of):
    theirs = feed_of(THEIRS)
    async with scoring() as service:
        await service.follow([feed.place(1), feed.visit(1, 1)])
        await service.follow([theirs.place(1)], THEIRS)
        headers = bearer("reader", organisation=THEIRS)
        answer = await service.client.get(f"/v1/scores/{id_of(1)}", headers=headers)
        assert answer.status_code == 404
        listed = await items(service.client, "/v1/scores", headers)
        assert [it["accommodation_id"] for it in listed] == [str(id_of(1, THEIRS))]
        assert len(await items(service.client, "/v1/priorities", headers)) == 1


async def test_a_caller_sees_the_places_of_their_territories(scoring, feed, id_of):
    headers = {"Authorization": f"Bearer {token('reader', territories=['75'])}"}
    async with scoring() as service:
        await service.follow([feed.place(1), feed.place(2)])
        for path in ("/v1/scores", "/v1/priorities"):
            listed = await items(service.client, path, headers)
            assert [it["accommodation_id"] for it in listed] == [str(id_of(1))]
        answer = await service.client.get(f"/v1/scores/{id_of(2)}", headers=headers)
        assert answer.status_code == 404
        answer = await service.client.get(f"/v1/scores/{id_of(2)}/history", headers=headers)
        assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/v1/scores", "/v1/priorities"])
async def test_scores_are_hidden_from_who_is_only_an_inspector(scoring, path):
    async with scoring() as service:
        answer = await service.client.get(path, headers=bearer("inspector"))
    assert answer.status_code == 403
    assert "hidden from inspectors" in answer.json()["detail"]


async def test_changed_scores_are_told_in_the_feed(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1)])
        answer = await service.client.get("/v1/scoring/events", headers=bearer("service"))
    (event,) = answer.json()["items"]
    assert event["kind"] == "score.changed"
    assert event["subject_id"] == str(id_of(1))
    assert event["organisation"] == str(OURS)
    assert event["data"]["method"] == "heuristic"


async def test_a_severe_verified_complaint_changes_the_score_and_its_reasons(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1), feed.place(2), feed.visit(1, 1)])
        before, other = await score_of(service, id_of(1)), await score_of(service, id_of(2))
        event = feed.complaint(1, 1)
        await service.follow([event, event])
        after = await score_of(service, id_of(1))
        assert (await score_of(service, id_of(2)))["id"] == other["id"]
    assert before["rank"] == 2
    assert after["rank"] == 1
    odds = after["probability"] / (1 - after["probability"])
    assert odds > 1.8 * before["probability"] / (1 - before["probability"])
    assert after["low"] < after["probability"] < after["high"]
    (reason,) = [it for it in after["reasons"] if it["group"] == "complaints"]
    assert reason["direction"] == "up"
    assert "1 verified complaint, 0 not verified" in reason["text"]["en"]


async def test_a_complaint_nobody_verified_weighs_little_until_somebody_does(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1), feed.visit(1, 1)])
        before = (await score_of(service, id_of(1)))["probability"]
        await service.follow([feed.complaint(1, 1, verified=False)])
        told = (await score_of(service, id_of(1)))["probability"]
        await service.follow([feed.complaint(1, 1)])
        verified = (await score_of(service, id_of(1)))["probability"]
        history = await items(service.client, f"/v1/scores/{id_of(1)}/history")
    assert before < told < verified
    assert told - before < 0.4 * (verified - before)
    assert [score["rank"] for score in history] == [1, 1, 1]


async def test_what_happened_at_a_merged_place_counts_for_the_one_that_stays(scoring, feed, id_of):
    async with scoring() as service:
        known = [feed.visit(1, 1, severities=[4, 4]), feed.complaint(1, 1)]
        await service.follow([feed.place(1), feed.place(2), feed.place(3), *known])
        before = await score_of(service, id_of(2))
        # As the record tells it: the merge, then both places as they are now.
        gone = feed.place(1, contract_state=ContractState.withdrawn)
        await service.follow([feed.merged(1, 2), gone, feed.place(2)])
        after = await score_of(service, id_of(2))
        assert before["visits_known"] == 0
        assert after["visits_known"] == 1
        assert after["probability"] > before["probability"]
        assert "complaints" in {reason["group"] for reason in after["reasons"]}
        # A form of the old place that comes late, and another merge on top.
        await service.follow([feed.visit(1, 2, severities=[3])])
        assert (await score_of(service, id_of(2)))["visits_known"] == 2
        await service.follow([feed.merged(2, 3)])
        assert (await score_of(service, id_of(3)))["visits_known"] == 2
        listed = await items(service.client, "/v1/scores")
        old = await service.client.get(f"/v1/scores/{id_of(1)}", headers=READER)
        past = await service.client.get(f"/v1/scores/{id_of(1)}/history", headers=READER)
        hidden = bearer_of_territories("93")
        unseen = await service.client.get(f"/v1/scores/{id_of(1)}", headers=hidden)
        await service.score()
    assert [it["accommodation_id"] for it in listed] == [str(id_of(3))]
    assert old.status_code == past.status_code == 308
    assert old.headers["location"] == f"/v1/scores/{id_of(3)}"
    assert past.headers["location"] == f"/v1/scores/{id_of(3)}/history"
    assert unseen.status_code == 404


def bearer_of_territories(*territories):
    return {"Authorization": f"Bearer {token('reader', territories=list(territories))}"}


@pytest.mark.parametrize("visits", [0, 1, 50, 299])
async def test_with_little_known_the_heuristic_answers_and_says_so(scoring, feed, visits):
    async with scoring() as service:
        await service.follow(feed.town(40, visits))
        listed = await items(service.client, "/v1/scores", limit=100)
        page = (await service.client.get("/v1/priorities", headers=READER)).json()
    assert {it["method"] for it in listed} == {page["method"]} == {"heuristic"}
    assert len(listed) == len(page["items"]) == 40
    assert {it["model_id"] for it in listed} == {None}
