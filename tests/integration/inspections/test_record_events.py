import asyncio
from uuid import uuid4

from shared.contracts.inspections.anomalies import AnomaliesChanged
from shared.contracts.inspections.inspection import InspectionRecorded
from shared.contracts.inspections.register import AccommodationChanged
from shared.contracts.message import EventPage
from shared.testing import THEIRS, bearer

PATH = "/v1/inspections/events"


async def feed(record, headers: dict[str, str] | None = None, **parameters: object) -> EventPage:
    answer = await record.client.get(PATH, params=parameters, headers=headers)
    assert answer.status_code == 200, answer.text
    return EventPage.model_validate_json(answer.content)


async def test_the_feed_tells_each_change_once_in_order_with_its_message(record):
    place = await record.place()
    inspection = await record.inspect(place, ("leak", 3))

    keeper = record.headers("manager", "keeper")
    entered, anomalies, recorded = (await feed(record, headers=keeper)).items

    assert entered.kind == "accommodation.changed"
    assert str(entered.subject_id) == place
    assert AccommodationChanged.model_validate(entered.data).territory == "75"
    assert entered.data.keys() == AccommodationChanged.model_fields.keys()
    assert (anomalies.kind, str(anomalies.subject_id)) == ("anomalies.changed", place)
    assert AnomaliesChanged.model_validate(anomalies.data).anomalies[0].state == "open"
    assert anomalies.data.keys() == AnomaliesChanged.model_fields.keys()
    assert recorded.kind == "inspection.recorded"
    assert str(recorded.subject_id) == inspection["id"]
    assert InspectionRecorded.model_validate(recorded.data).findings[0].severity == 3
    assert recorded.data.keys() == InspectionRecorded.model_fields.keys()
    assert [it.position for it in (await feed(record, after=entered.position)).items] == [
        anomalies.position,
        recorded.position,
    ]


async def test_a_refused_request_tells_nothing(record):
    place = await record.place()
    before = await feed(record)
    bad = record.form(place, ("roof", 1))

    await record.client.post("/v1/inspections", json=bad)
    await record.client.post("/v1/inspections/bulk", json={"items": [record.form(place), bad]})

    assert await feed(record) == before


async def test_who_waits_is_told_as_soon_as_something_happens(record):
    waiting = asyncio.create_task(feed(record, wait=20))
    await asyncio.sleep(0.2)

    place = await record.place()

    async with asyncio.timeout(10):
        (event,) = (await waiting).items
    assert str(event.subject_id) == place


async def test_a_service_follows_all_organisations_and_others_their_own(record):
    await record.place()
    entered = await record.client.post(
        "/v1/accommodations",
        json={
            "external_id": str(uuid4()),
            "name": "Theirs",
            "postcode": "75011",
            "city": "Paris",
            "rooms": 3,
        },
        headers=bearer(organisation=THEIRS),
    )
    assert entered.status_code == 201

    everything = await feed(record, headers=bearer("service"), limit=2000)
    ours = await feed(record)

    assert {it.organisation for it in ours.items} == {record.organisation}
    assert {record.organisation, THEIRS} <= {it.organisation for it in everything.items}
