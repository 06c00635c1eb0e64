import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from shared.testing import THEIRS, bearer

READER, MANAGER = bearer("reader"), bearer("manager")
PATH = "/v1/priority-policies"
TODAY = datetime.now(UTC).date()
WINTER = {"name": "Winter", "level": 4, "territory": "75", "starts_on": TODAY.isoformat()}
OTHER = {
    "severity_weights": [1, 1, 1.2, 1.5, 2],
    "people_scale": 40,
    "overdue_weight": 2,
    "longest_overdue_days": 180,
    "steering": [WINTER, WINTER | {"name": "Beta later", "level": 1, "operator": "Operator 2"}],
}


async def put(service, weights, etag='"0"', headers=MANAGER):
    body = {"reason": "Heating failed"} | weights
    return await service.client.put(
        f"{PATH}/current", json=body, headers=headers | {"If-Match": etag}
    )


async def priorities(service, **params):
    answer = await service.client.get("/v1/priorities", headers=READER, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def recomputed(parts):
    factors = parts["severity_weight"] * parts["exposure_factor"] * parts["overdue_factor"]
    raw = parts["probability"] * factors * parts["steering_factor"]
    return round(100 * raw / (raw + 0.5), 2)


async def test_what_a_change_was_said_to_move_is_what_it_moves_once_it_holds(scoring, feed):
    as_of = (TODAY + timedelta(days=1)).isoformat() + "T08:00:00Z"
    async with scoring() as service:
        await service.follow(feed.town(600, 1500))
        before = await priorities(service, as_of=as_of)
        answer = await service.client.post(
            f"{PATH}/previews",
            json=OTHER,
            headers=MANAGER,
            params={"as_of": as_of, "limit": 20_000},
        )
        told = answer.json()
        assert await priorities(service, as_of=as_of) == before
        assert (await put(service, OTHER)).status_code == 200
        after = await priorities(service, as_of=as_of)
    assert (told["places"], told["compared_with"]) == (600, 0)
    assert (before["policy_version"], after["policy_version"]) == (0, 1)
    by_place = {it["accommodation_id"]: it for it in told["moves"]}
    for page, when in ((before, "before"), (after, "after")):
        assert len(page["items"]) == 600
        for rank, item in enumerate(page["items"], start=1):
            move = by_place[item["accommodation_id"]]
            assert move[f"points_{when}"] == item["priority_points"]
            assert move[f"rank_{when}"] == rank
    jumps = [abs(it["rank_after"] - it["rank_before"]) for it in told["moves"]]
    assert jumps == sorted(jumps, reverse=True)
    assert jumps[0] > 100
    assert told["up"] == sum(it["rank_after"] < it["rank_before"] for it in told["moves"])
    assert told["down"] == sum(it["rank_after"] > it["rank_before"] for it in told["moves"])
    rows = np.random.default_rng(1).choice(600, 100, replace=False).tolist()
    for item in (after["items"][row] for row in rows):
        parts = item["parts"]
        assert item["priority_points"] == pytest.approx(recomputed(parts), abs=0.011)
        people = 1 + math.log10(1 + parts["people_exposed"] / 40)
        assert parts["exposure_factor"] == pytest.approx(people)
        days = min(parts["days_overdue"], 180)
        assert parts["overdue_factor"] == pytest.approx(1 + 2 * days / 180)
        assert parts["severity_weight"] == OTHER["severity_weights"][parts["worst_severity"]]
    steered = [it["parts"] for it in after["items"] if it["parts"]["steered_by"]]
    assert len(steered) == 300
    assert {(it["steering_level"], it["steering_factor"]) for it in steered} == {(4, 2.0)}
    assert {it["worst_severity"] for it in (item["parts"] for item in after["items"])} >= {0, 3, 4}


async def test_versions_keep_author_and_reason_and_a_change_names_what_it_was_made_from(scoring):
    async with scoring() as service:
        got = await service.client.get(f"{PATH}/current", headers=READER)
        assert got.headers["ETag"] == '"0"'
        assert got.json()["weights"]["level_factors"] == [0.5, 1.0, 1.5, 2.0]
        assert (await put(service, OTHER)).headers["ETag"] == '"1"'
        assert (await put(service, {}, '"0"')).status_code == 412
        assert (await put(service, {}, '"x"')).status_code == 412
        assert (await put(service, {}, '"1"', headers=READER)).status_code == 403
        blind = await service.client.put(
            f"{PATH}/current", json={"reason": "Why not"}, headers=MANAGER
        )
        assert blind.status_code == 428
        assert (await put(service, {}, '"1"')).status_code == 200
        first = (await service.client.get(PATH, headers=READER, params={"limit": 1})).json()
        cursor = first["next_cursor"]
        rest = await service.client.get(PATH, headers=READER, params={"cursor": cursor})
        theirs = bearer("reader", organisation=THEIRS)
        assert (await service.client.get(f"{PATH}/current", headers=theirs)).json()["version"] == 0
    (newest,), (older,) = first["items"], rest.json()["items"]
    assert (newest["version"], newest["weights"]["steering"]) == (2, [])
    assert (older["version"], older["author"], older["reason"]) == (1, "tester", "Heating failed")
    assert older["weights"]["steering"][0]["name"] == "Winter"


@pytest.mark.parametrize(
    "weights",
    [
        {"severity_weights": [1, 1, 1]},
        {"level_factors": [1, 0.5, 2, 3]},
        {"overdue_weight": -1},
        {"luck": 1},
        {"steering": [WINTER | {"level": 5}]},
        {"steering": [{"name": "All", "level": 3, "starts_on": "2026-01-01"}]},
        {"steering": [WINTER | {"ends_on": "2020-01-01"}]},
    ],
)
async def test_a_policy_that_cannot_hold_is_refused(scoring, weights):
    async with scoring() as service:
        assert (await put(service, weights)).status_code == 422
        preview = await service.client.post(f"{PATH}/previews", json=weights, headers=MANAGER)
        assert preview.status_code == 422
