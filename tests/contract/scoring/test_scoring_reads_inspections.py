"""What the record really tells is what scoring understands: both apps, in one process."""

import asyncio
import contextlib
from uuid import uuid4

from inspections.main import create_app as create_inspections
from inspections.settings import Settings as InspectionsSettings
from scoring.main import create_app
from scoring.settings import Settings
from scoring.use_cases.follow_inspections import follow_inspections
from scoring.use_cases.score_places import score_all_stale
from shared.blobs import Blobs
from shared.db import Database
from shared.feed import Follower
from shared.testing import bearer, in_process

PLACE = {
    "external_id": "H1",
    "name": "Hôtel des Lilas",
    "postcode": "93100",
    "city": "Montreuil",
    "rooms": 30,
    "capacity": 70,
    "position": {"lon": 2.44, "lat": 48.86},
    "operator": "Alpha",
}


async def created(client, path, body):
    answer = await client.post(path, json=body, headers=bearer())
    assert answer.status_code == 201, answer.text
    return answer.json()


async def until_visits(client, place, visits):
    for _ in range(300):
        answer = await client.get(f"/v1/scores/{place}", headers=bearer("reader"))
        if answer.status_code == 200 and answer.json()["visits_known"] == visits:
            return answer.json()
        await asyncio.sleep(0.03)
    raise AssertionError(answer.text)


async def test_a_place_declared_and_inspected_in_the_record_is_scored(database, tmp_path):
    record = create_inspections(InspectionsSettings(**database("inspections").settings()))
    settings = Settings(blobs_url=f"file://{tmp_path}", **database("scoring").settings())
    own, blobs = Database(settings.database_url, settings.system_url), Blobs(settings.blobs_url)

    async def score(_caught_up):
        await score_all_stale(own, blobs)

    async with in_process(record) as inspections, in_process(create_app(settings)) as scoring:
        place = await created(inspections, "/v1/accommodations", PLACE)
        inspections.headers.update(bearer("service"))
        follower = Follower(own, "inspections", inspections, follow_inspections, after_page=score)
        following = asyncio.create_task(follower.run())
        before = await until_visits(scoring, place["id"], 0)
        form = {
            "instance_id": str(uuid4()),
            "accommodation_id": place["id"],
            "occurred_at": "2026-03-02T09:30:00Z",
            "rooms_seen": 1,
            "answers": [
                {"item": "wires", "room": "12", "value": 4},
                {"item": "alarm", "value": 3},
                {"item": "mould", "room": "12", "value": 2},
            ],
        }
        inspection = await created(inspections, "/v1/inspections", form)
        after = await until_visits(scoring, place["id"], 1)
        page = (await scoring.get("/v1/priorities", headers=bearer("reader"))).json()
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
    await own.dispose()
    assert after["probability"] > before["probability"]
    behind = [visit for reason in after["reasons"] for visit in reason["inspection_ids"]]
    assert inspection["id"] in behind
    assert page["items"][0]["parts"]["people_exposed"] == 70
    assert page["followed_position"] > 0
