"""What field apps' own libraries say of our forms: ODK Validate, which has JavaRosa's word."""

import shutil
from pathlib import Path

import pytest
from field_device import FORM, Device, device_of
from pyxform.validators.odk_validate import check_xform

ITEM = {"category": "pests", "weight": 1, "danger_at": 0, "photo_from": 1}
LABELS = [
    {"fr": "Punaises « de lit » & <cafards>", "en": "Bed bugs"},
    {"fr": "${visit} n'est pas une question", "en": "Not a ${reference}"},
    {"fr": 'L\'eau "chaude" : 50 %', "en": "Hot water; 50 %"},
]


@pytest.fixture
def device(record) -> Device:
    if shutil.which("java") is None:
        pytest.skip("no Java to run ODK Validate with")
    return device_of(record)


async def accepted(device: Device, version: str, folder: Path) -> None:
    answer = await device.get(f"/forms/{FORM}/{version}/form.xml")
    assert answer.status_code == 200, answer.text
    file = folder / "form.xml"
    file.write_bytes(answer.content)
    assert check_xform(str(file)) == []


async def publish(record, items: list[dict[str, object]]) -> None:
    sent = {"title": {"fr": "Grille d'essai", "en": "Trial"}, "items": items}
    made = await record.client.post("/v1/checklists/default/versions", json=sent)
    assert made.status_code == 201, made.text
    published = await record.client.post(
        f"{made.headers['location']}/publication", headers={"If-Match": made.headers["etag"]}
    )
    assert published.is_success, published.text


async def test_odk_validate_accepts_the_default_checklist(device, tmp_path):
    await accepted(device, "1-1", tmp_path)


@pytest.mark.parametrize(
    "scopes",
    [
        ("room",),
        ("building",),
        ("relation", "document"),
        ("room", "building", "common_parts", "relation", "document"),
    ],
)
async def test_odk_validate_accepts_every_published_version(record, device, tmp_path, scopes):
    await record.client.get("/v1/checklists/default/versions/1")
    items = [
        ITEM | {"code": f"{scope}_{n}", "scope": scope, "label": label, "photo_from": n}
        for scope in scopes
        for n, label in enumerate(LABELS)
    ]

    await publish(record, items)

    await accepted(device, "2-1", tmp_path)
