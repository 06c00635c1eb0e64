"""Schemas of all messages at lasting addresses, which real answers and events are as told by."""

from collections.abc import AsyncIterator, Callable

import pytest
from gateway_edge import Edge, edge
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

import inspections.main
import inspections.settings
from shared.testing import TestDatabase, bearer, in_process


@pytest.fixture
async def ronde(module_database: Callable[[str], TestDatabase]) -> AsyncIterator[Edge]:
    async with edge(**module_database("gateway").settings()) as running:
        yield running


async def schema(ronde: Edge, name: str) -> Draft202012Validator:
    answer = await ronde.client.get(f"/v1/schemas/{name}")
    assert answer.status_code == 200, answer.text
    return Draft202012Validator(answer.json(), format_checker=Draft202012Validator.FORMAT_CHECKER)


async def test_every_schema_is_one_and_is_where_it_says_whoever_asks(ronde: Edge):
    anonymous = ronde.client
    anonymous.headers.pop("Authorization", None)
    listed = (await anonymous.get("/v1/schemas")).json()

    assert len(listed["schemas"]) > 300
    assert set(listed["events"].values()) <= set(listed["schemas"].values())
    for name, address in listed["schemas"].items():
        path = address.removeprefix(ronde.url)
        answer = await anonymous.get(path)
        assert answer.status_code == 200, name
        assert answer.headers["content-type"] == "application/schema+json"
        told = answer.json()
        assert told["$id"] == address
        assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        Draft202012Validator.check_schema(told)
    assert (await anonymous.get("/v1/schemas/inspections.Nothing")).status_code == 404
    assert ronde.upstream.asked == []


@pytest.fixture
async def record(module_database: Callable[[str], TestDatabase], tmp_path) -> AsyncIterator[object]:
    settings = inspections.settings.Settings(
        **module_database("inspections").settings(), blobs_url=f"file://{tmp_path}/blobs"
    )
    async with in_process(inspections.main.create_app(settings)) as client:
        client.headers.update(bearer())
        yield client


async def test_answers_and_events_of_the_record_are_as_their_schemas_say(ronde: Edge, record):
    place = {
        "external_id": "H1",
        "name": "Hôtel des Lilas",
        "postcode": "93100",
        "city": "Montreuil",
        "rooms": 30,
        "position": {"lon": 2.44, "lat": 48.86},
    }
    form = {
        "instance_id": "6f1c2c44-9c1f-4c43-8c0f-0d6f6f8b2a11",
        "occurred_at": "2026-03-02T09:30:00Z",
        "rooms_seen": 1,
        "answers": [{"item": "wires", "room": "12", "value": 4}],
    }
    (await schema(ronde, "inspections.AccommodationInput")).validate(place)
    entered = (await record.post("/v1/accommodations", json=place)).json()
    form["accommodation_id"] = entered["id"]
    (await schema(ronde, "inspections.InspectionInput")).validate(form)
    with pytest.raises(ValidationError, match="rooms_sene"):
        (await schema(ronde, "inspections.InspectionInput")).validate(form | {"rooms_sene": 1})
    sent = await record.post("/v1/inspections", json=form)
    assert sent.status_code == 201, sent.text

    (await schema(ronde, "inspections.Accommodation")).validate(entered)
    (await schema(ronde, "inspections.Inspection")).validate(sent.json())
    page = (await record.get("/v1/inspections/events")).json()
    (await schema(ronde, "message.EventPage")).validate(page)
    by_kind = (await ronde.client.get("/v1/schemas")).json()["events"]
    kinds = {it["kind"] for it in page["items"]}
    assert {"accommodation.changed", "anomalies.changed", "inspection.recorded"} <= kinds
    for event in page["items"]:
        (await schema(ronde, by_kind[event["kind"]].rsplit("/", 1)[1])).validate(event["data"])
