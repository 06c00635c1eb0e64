"""What the record refuses: each a problem that names its field, with nothing half-written."""

import io
import struct
import zlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from PIL import Image

from inspections.store.tables import Table

NOTE = "n" * 10_000_000
TOMORROW = (datetime.now(UTC) + timedelta(days=3)).isoformat()
PLACE = {"external_id": "X", "name": "X", "postcode": "75011", "city": "Paris", "rooms": 5}
COMPLAINT = {"place": "Here", "source": "family", "text": "Damp"}
VISIT = {"scheduled_at": "2026-03-09T09:00:00Z"}
CHECKLIST = {
    "title": {"fr": "G", "en": "G"},
    "items": [
        {
            "code": "alarm",
            "category": "fire_safety",
            "scope": "attic",
            "label": {"fr": "A", "en": "A"},
            "weight": 6,
            "danger_at": 3,
            "photo_from": 0,
        }
    ],
}


def picture() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(file, format="PNG")
    return file.getvalue()


def bomb() -> bytes:
    """A picture of a few hundred bytes that says it has forty thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


BAD = {
    "unknown kind of place": ("accommodations", PLACE | {"kind": "castle"}, "/kind"),
    "unknown state of a contract": (
        "accommodations",
        PLACE | {"contract_state": "maybe"},
        "/contract_state",
    ),
    "unknown kind of visit": ("visits", VISIT | {"kind": "surprise"}, "/kind"),
    "unknown origin of a visit": ("visits", VISIT | {"origin": "mood"}, "/origin"),
    "unknown source of a complaint": ("complaints", COMPLAINT | {"source": "bird"}, "/source"),
    "unknown step of a sanction": ("sanctions", {"step": "prison", "grounds": "x"}, "/step"),
    "unknown move": ("anomalies/{anomaly}/moves", {"move": "forget"}, "/move"),
    "unknown scope": ("checklists/g/versions", CHECKLIST, "/items/0/scope"),
    "wrong version of a checklist": ("inspections", {"checklist_version": 9}, "/checklist_version"),
    "inspection to come": ("inspections", {"occurred_at": TOMORROW}, "/occurred_at"),
    "known before it happened": (
        "inspections",
        {"known_at": "2026-03-01T00:00:00Z"},
        "/known_at",
    ),
    "complaint to come": ("complaints", COMPLAINT | {"occurred_at": TOMORROW}, "/occurred_at"),
    "move to come": (
        "anomalies/{anomaly}/moves",
        {"move": "claim_fixed", "occurred_at": TOMORROW},
        "/occurred_at",
    ),
    "visit that ends before it begins": (
        "visits",
        VISIT | {"scheduled_end_at": "2026-03-09T08:00:00Z"},
        "/scheduled_end_at",
    ),
    "occupancy to come": (
        "occupancy-snapshots",
        {"items": [{"external_id": "H1", "day": "2099-01-01", "rooms_booked": 1, "people": 1}]},
        "/items/0/day",
    ),
    "negative rooms": ("accommodations", PLACE | {"rooms": -1}, "/rooms"),
    "negative rooms seen": ("inspections", {"rooms_seen": -1}, "/rooms_seen"),
    "negative people": (
        "occupancy-snapshots",
        {"items": [{"external_id": "H1", "day": "2026-03-01", "rooms_booked": 1, "people": -1}]},
        "/items/0/people",
    ),
    "more rooms booked than there are": (
        "occupancy-snapshots",
        {"items": [{"external_id": "H1", "day": "2026-03-01", "rooms_booked": 21, "people": 1}]},
        "/items/0/rooms_booked",
    ),
    "lat and lon swapped": (
        "accommodations",
        PLACE | {"position": {"lon": 48.85, "lat": 2.35}},
        "/position",
    ),
    "position 0, 0": ("accommodations", PLACE | {"position": {"lon": 0, "lat": 0}}, "/position"),
    "latitude of none": (
        "accommodations",
        PLACE | {"position": {"lon": 2.35, "lat": 91}},
        "/position/lat",
    ),
    "note of 10 MB at an answer": (
        "inspections",
        {"answers": [{"item": "leak", "value": 1, "note": NOTE}]},
        "/answers/0/note",
    ),
    "text of 10 MB in a complaint": ("complaints", COMPLAINT | {"text": NOTE}, "/text"),
    "reason of 10 MB for a move": (
        "anomalies/{anomaly}/moves",
        {"move": "claim_fixed", "reason": NOTE},
        "/reason",
    ),
    "grounds of 10 MB": ("sanctions", {"step": "reminder", "grounds": NOTE}, "/grounds"),
    "access notes of 10 MB": ("accommodations", PLACE | {"access_notes": NOTE}, "/access_notes"),
    "SIRET with a wrong digit": ("accommodations", PLACE | {"siret": "73282932000075"}, "/siret"),
    "commune of elsewhere": (
        "accommodations",
        PLACE | {"insee_commune": "93066"},
        "/insee_commune",
    ),
    "field nobody knows": ("visits", VISIT | {"weather": "rain"}, "/weather"),
}


def rows(record) -> dict[str, int]:
    return {it: record.count(it) for it in (*sorted(Table.metadata.tables), "event", "mail")}


@pytest.fixture
async def known(record):
    """A record with a place, an inspection of it and an anomaly."""
    place = await record.place()
    form = record.form(place, ("leak", 2))
    await record.client.post("/v1/inspections", json=form)
    (anomaly,) = await record.items("/v1/anomalies")
    return record, place, form, anomaly["id"]


@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_refused_naming_its_field_and_nothing_is_written(known, case):
    record, place, form, anomaly = known
    path, values, pointer = BAD[case]
    bases = {
        "inspections": form | {"instance_id": str(uuid4())},
        "visits": {"accommodation_id": place},
        "sanctions": {"accommodation_id": place},
    }
    before = rows(record)

    answer = await record.client.post(
        f"/v1/{path.format(anomaly=anomaly)}", json=bases.get(path, {}) | values
    )

    assert answer.status_code == 422, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    named = [it["pointer"] for it in answer.json()["errors"]]
    assert pointer in named, named
    assert len(answer.content) < 5000
    assert rows(record) == before


async def test_the_same_id_with_other_content_is_a_conflict_that_names_it(known):
    record, _, form, _ = known
    other = form | {"answers": [{"item": "mould", "value": 3}]}
    complaint = COMPLAINT | {"external_id": "c1"}
    await record.client.post("/v1/complaints", json=complaint)
    before = rows(record)

    answers = [
        await record.client.post("/v1/inspections", json=other),
        await record.client.post("/v1/complaints", json=complaint | {"text": "Cold"}),
        await record.client.post("/v1/accommodations", json=PLACE | {"external_id": "H1"}),
    ]

    assert [it.status_code for it in answers] == [409, 409, 409]
    for answer, name in zip(answers, ("instance_id", "external_id", "external_id"), strict=True):
        assert name in answer.json()["detail"]
    assert rows(record) == before


FILES = {
    "broken": (picture()[:-400], 422, "cut short"),
    "bomb": (bomb(), 422, "pixels"),
    "gif": (b"GIF89a" + b"\0" * 90, 415, "JPEG"),
    "pdf": (b"%PDF-1.7", 415, "JPEG"),
    "empty": (b"", 415, "JPEG"),
}


@pytest.mark.parametrize("case", FILES)
async def test_a_file_that_is_no_sound_photo_is_refused_with_the_way_out(known, tmp_path, case):
    record, place, _, _ = known
    content, status, says = FILES[case]
    before = rows(record)

    answer = await record.client.post(
        "/v1/photos", params={"accommodation_id": place}, content=content
    )

    assert (answer.status_code, says in answer.text) == (status, True), answer.text
    assert rows(record) == before
    assert [it for it in tmp_path.rglob("*") if it.is_file()] == []
