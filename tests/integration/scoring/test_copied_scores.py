"""Who keeps a copy of the scores gets what changed, and 304 while nothing did."""

from shared.testing import bearer

READER = bearer("reader")
FIRST_RUN = "2000-01-01T00:00:00Z"


async def test_scores_are_copied_whole_then_as_they_change_and_go(scoring, feed, id_of):
    async with scoring() as service:

        async def run(since, limit=2, **headers):
            items, removed, parameters = [], [], {"updated_since": since, "limit": limit}
            while True:
                answer = await service.client.get(
                    "/v1/scores", params=parameters, headers=READER | headers
                )
                if answer.status_code == 304:
                    return None
                page = answer.json()
                items += [it["accommodation_id"] for it in page["items"]]
                removed += page["removed"]
                if page["next_cursor"] is None:
                    return items, removed, page["next_updated_since"], answer.headers["etag"]
                parameters["cursor"] = page["next_cursor"]

        await service.follow([feed.place(1), feed.place(2), feed.place(3)])
        first, _, since, etag = await run(FIRST_RUN)
        second = await run(since, **{"If-None-Match": etag})
        await service.follow([feed.visit(2, 1, days_ago=0, severities=[4, 4])])
        third, _, since, _ = await run(since)
        await service.follow([feed.merged(1, 3)])
        fourth, gone, since, _ = await run(since)
        fifth = await run(since)

    assert sorted(first) == sorted(str(id_of(it)) for it in (1, 2, 3))
    assert second is None
    assert third == [str(id_of(2))]
    assert (fourth, gone) == ([], [str(id_of(1))])
    assert fifth[:2] == ([], [])


async def test_a_list_of_scores_is_answered_304_until_one_changes(scoring, feed):
    async with scoring() as service:
        await service.follow([feed.place(1)])
        first = await service.client.get("/v1/scores", headers=READER)
        known = READER | {"If-None-Match": first.headers["etag"]}
        same = await service.client.get("/v1/scores", headers=known)
        other = await service.client.get(
            "/v1/scores",
            headers=bearer("reader", "planner") | {"If-None-Match": first.headers["etag"]},
        )
        await service.follow([feed.place(2)])
        changed = await service.client.get("/v1/scores", headers=known)

    assert (same.status_code, same.content) == (304, b"")
    assert (other.status_code, changed.status_code) == (200, 200)
    assert len(changed.json()["items"]) == 2
