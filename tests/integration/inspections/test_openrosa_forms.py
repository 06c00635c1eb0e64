"""What a field app fetches: forms, and the visits of its inspector with what is open there."""

import csv
import hashlib
import io
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from field_device import FORM, VERSION, Device, device_of, planned

from shared.testing import token

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
FOLDER = f"/forms/{FORM}/{VERSION}"
NOW = datetime.now(UTC)


@pytest.fixture
def device(record) -> Device:
    return device_of(record)


async def rows(device: Device, name: str) -> list[dict[str, str]]:
    answer = await device.get(f"{FOLDER}/{name}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_forms_are_listed_with_the_digest_of_what_is_downloaded(device):
    answer = await device.get("/formList", deviceID="any", verbose="true")

    assert answer.status_code == 200, answer.text
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    (form,) = ET.fromstring(answer.content)
    told = {it.tag.removeprefix(LIST): it.text for it in form}
    assert (told["formID"], told["version"]) == (FORM, VERSION)
    assert told["descriptionText"]
    xform = await device.client.get(told["downloadUrl"], headers=device.headers)
    assert told["hash"] == f"md5:{hashlib.md5(xform.content).hexdigest()}"
    assert ET.fromstring(xform.content).tag == "{http://www.w3.org/1999/xhtml}html"
    again = await device.client.get(told["downloadUrl"], headers=device.headers)
    assert again.content == xform.content


async def test_a_form_that_is_not_known_gives_an_empty_list(device):
    answer = await device.get("/formList", formID="other")

    assert answer.status_code == 200
    assert list(ET.fromstring(answer.content)) == []


async def test_addresses_are_those_of_who_asks(record):
    device = device_of(record)
    device.headers["Ronde-Base-Url"] = "https://ronde.example/t/ronde_key"

    listed = (await device.get("/formList")).text
    manifest = (await device.get(f"{FOLDER}/manifest.xml")).text

    assert f"https://ronde.example/t/ronde_key/openrosa{FOLDER}/form.xml" in listed
    assert f"https://ronde.example/t/ronde_key/openrosa{FOLDER}/visits.csv" in manifest


async def test_a_published_version_is_a_form_of_its_own_and_the_one_before_stays(record, device):
    draft = (await record.client.get("/v1/checklists/default/versions/1")).json()
    sent = {"title": draft["title"], "items": draft["items"][:2]}
    sent["items"][0]["label"] = {"fr": "Un ${piège} & <b>", "en": "A ${trap}"}
    made = await record.client.post("/v1/checklists/default/versions", json=sent)
    assert made.status_code == 201, made.text
    published = await record.client.post(
        f"{made.headers['location']}/publication", headers={"If-Match": made.headers["etag"]}
    )
    assert published.status_code < 300, published.text

    answer = await device.get("/formList")

    (form,) = ET.fromstring(answer.content)
    assert form.findtext(f"{LIST}version") == "2-1"
    assert (await device.get(f"/forms/{FORM}/2-1/form.xml")).status_code == 200
    assert (await device.get(f"/forms/{FORM}/1-1/form.xml")).status_code == 200
    for path in (f"/forms/{FORM}/3-1", f"/forms/{FORM}/1-99", f"/forms/{FORM}/x", "/forms/x/1-1"):
        refused = await device.get(f"{path}/form.xml")
        assert refused.status_code == 404, path
        assert refused.headers["x-openrosa-version"] == "1.0"


async def test_a_device_holds_the_visits_of_its_own_rounds_and_no_others(record, device):
    place = await record.place(name="Hôtel des Lilas", city="Saint-Denis")
    visit = await planned(record, place, device)
    await planned(record, place, device, NOW + timedelta(days=5))
    await planned(record, place, device, NOW - timedelta(days=3))
    await planned(record, place, device_of(record))

    (mine,) = await rows(device, "visits.csv")

    assert mine["name"] == visit
    assert mine["place"] == "Hôtel des Lilas, Saint-Denis"
    assert mine["label"].endswith(mine["place"])
    assert await rows(device_of(record), "visits.csv") == []


async def test_suspended_and_confidential_places_are_on_no_device(record, device):
    suspended = await record.place("S", contract_state="suspended")
    hidden = await record.place("C", confidential_address=True)
    elsewhere = await record.place("E", postcode="93200", city="Saint-Denis")
    for place in (suspended, hidden, elsewhere):
        await planned(record, place, device)
    its = token(
        "inspector",
        "keeper",
        organisation=record.organisation,
        inspector=device.inspector,
        territories=["75"],
    )
    device.headers["Authorization"] = f"Bearer {its}"

    assert await rows(device, "visits.csv") == []


async def test_what_is_open_comes_with_its_visit_worst_first(record, device):
    place = await record.place()
    await record.inspect(
        place,
        answers=[
            {"item": "mould", "value": 3, "room": "12"},
            {"item": "alarm", "value": 2},
            {"item": "leak", "value": 0},
        ],
    )
    visit = await planned(record, place, device)

    found = await rows(device, "findings.csv")

    assert [(it["name"], it["item"], it["room"]) for it in found] == [
        (f"{visit}-1", "mould", "12"),
        (f"{visit}-2", "alarm", ""),
    ]
    assert "chambre 12" in found[0]["fr"]
    assert "room 12" in found[0]["en"]


async def test_rooms_are_drawn_when_the_lists_are_fetched_on_the_day(record, device):
    place = await record.place(rooms=4)
    await record.inspect(place, answers=[{"item": "leak", "value": 3, "room": "9"}])
    today = await planned(record, place, device)
    tomorrow = await planned(record, place, device, NOW + timedelta(days=1))

    listed = {it["name"]: it["rooms_to_see"] for it in await rows(device, "visits.csv")}

    drawn = (await record.client.post(f"/v1/visits/{today}/room-draw")).json()
    to_see = [it["room"] for it in drawn["rooms"] if it["to_see"] and it["room"]]
    assert listed[today] == ", ".join(to_see)
    assert "9" in to_see
    assert listed[tomorrow] == ""
    assert {it["name"]: it["rooms_to_see"] for it in await rows(device, "visits.csv")} == listed


async def test_the_manifest_names_the_digest_of_each_list(record, device):
    await planned(record, await record.place(), device)

    answer = await device.get(f"{FOLDER}/manifest.xml")

    files = {it.findtext(f"{MANIFEST}filename"): it for it in ET.fromstring(answer.content)}
    assert set(files) == {"visits.csv", "findings.csv"}
    for it in files.values():
        address = it.findtext(f"{MANIFEST}downloadUrl")
        content = (await device.client.get(address, headers=device.headers)).content
        assert it.findtext(f"{MANIFEST}hash") == f"md5:{hashlib.md5(content).hexdigest()}"
    assert (await device.get(f"{FOLDER}/other.csv")).status_code == 404


async def test_lists_are_for_the_key_of_an_inspector_alone(record):
    answer = await record.client.get(f"/openrosa{FOLDER}/visits.csv")

    assert answer.status_code == 403
    assert "field-keys" in answer.json()["detail"]
    assert answer.headers["x-openrosa-version"] == "1.0"
