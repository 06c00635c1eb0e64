"""A field app from its key to the record, through the whole system."""

import csv
import io
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import record
from field_device import filled_in, picture
from system import System

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
NOW = datetime.now(UTC)


def test_a_device_fetches_its_visits_by_key_and_sends_what_it_saw(ronde: System) -> None:
    ours = ronde.client("coordinator")
    inspector = str(uuid4())
    facts = {"working_days": [], "office": {"lon": 2.35, "lat": 48.85}}
    ours.put(f"/v1/inspectors/{inspector}", json=facts).raise_for_status()
    made = ours.post("/v1/accommodations", json=record.accommodation(7)).raise_for_status()
    place = made.json()["id"]
    visit = {
        "accommodation_id": place,
        "scheduled_at": NOW.isoformat(),
        "inspector_ids": [inspector],
    }
    visit_id = ours.post("/v1/visits", json=visit).raise_for_status().json()["id"]
    key = {
        "name": "phone",
        "inspector_id": inspector,
        "expires_at": (NOW + timedelta(days=1)).isoformat(),
    }
    server = ours.post("/v1/field-keys", json=key).raise_for_status().json()["server_url"]

    with httpx.Client(trust_env=False) as device:
        forms = ET.fromstring(device.get(f"{server}/formList").raise_for_status().content)
        manifest_url = forms.findtext(f".//{LIST}manifestUrl")
        manifest = ET.fromstring(device.get(manifest_url).raise_for_status().content)
        urls = [it.text or "" for it in manifest.iter(f"{MANIFEST}downloadUrl")]
        (visits_url,) = (url for url in urls if url.endswith("/visits.csv"))
        listed = device.get(visits_url).raise_for_status().text
        rows = list(csv.DictReader(io.StringIO(listed)))
        xml = filled_in(visit_id, building={"a_alarm": 3, "p_alarm": "a.jpg"})
        sent = [
            device.post(
                f"{server}/submission",
                files={
                    "xml_submission_file": ("form.xml", xml.encode(), "text/xml"),
                    "a.jpg": ("a.jpg", picture(), "image/jpeg"),
                },
            )
            for _ in range(2)
        ]

    assert [it["name"] for it in rows] == [visit_id]
    assert [it.status_code for it in sent] == [201, 201], sent[0].text
    (found,) = ours.get("/v1/inspections", params={"accommodation_id": place}).json()["items"]
    assert (found["grade"], found["inspector_ids"]) == ("D", [inspector])
    photos = ours.get("/v1/photos", params={"inspection_id": found["id"]}).json()["items"]
    assert [it["item"] for it in photos] == ["alarm"]
