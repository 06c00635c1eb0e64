import asyncio
import hashlib
import io
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from PIL import Image, ImageChops

from inspections.jobs.tend_record import Tending, tend
from shared.db import Database
from shared.testing import THEIRS, bearer

SQUARE = {"kind": "face", "left": 0.2, "top": 0.2, "width": 0.5, "height": 0.5}


def photo(colour: str = "red", kind: str = "JPEG", size: tuple[int, int] = (80, 60)) -> bytes:
    told = Image.Exif()
    told[0x010F] = "Phone of Claude"
    told[0x8825] = {1: "N", 2: (48.0, 51.0, 24.0)}
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, format=kind, exif=told)
    return file.getvalue()


async def keep(record, content: bytes | None = None, **subject: str):
    return await record.client.post("/v1/photos", params=subject, content=content or photo())


async def test_a_photo_is_kept_without_what_the_camera_wrote(record):
    place = await record.place()

    answer = await keep(record, accommodation_id=place, item="leak", room="12")

    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert (kept["item"], kept["room"], kept["regions"]) == ("leak", "12", None)
    path = answer.headers["location"]
    content = await record.client.get(f"{path}/content")
    assert hashlib.sha256(content.content).hexdigest() == kept["sha256"]
    assert content.headers["content-type"] == "image/jpeg"
    assert content.headers["x-content-type-options"] == "nosniff"
    assert b"Claude" not in content.content
    thumbnail = await record.client.get(f"{path}/thumbnail")
    assert Image.open(io.BytesIO(thumbnail.content)).size == (80, 60)
    assert (await record.client.get(path)).json() == kept


async def test_the_same_photo_of_the_same_thing_is_kept_once(record):
    place, other = await record.place("A"), await record.place("B")
    content = photo()

    answers = await asyncio.gather(
        *(keep(record, content, accommodation_id=place) for _ in range(6))
    )
    elsewhere = await keep(record, content, accommodation_id=other)
    room = await keep(record, content, accommodation_id=place, room="7")

    assert sorted(it.status_code for it in answers) == [200] * 5 + [201]
    assert len({it.json()["id"] for it in answers}) == 1
    assert (elsewhere.status_code, room.status_code) == (201, 201)
    assert elsewhere.json()["sha256"] == answers[0].json()["sha256"]
    assert len(await record.items("/v1/photos", accommodation_id=place, limit=1)) == 2


async def test_a_photo_belongs_to_the_place_of_what_it_is_of(record):
    place = await record.place("A")
    inspection = await record.inspect(place, ("leak", 3))
    (finding,) = inspection["findings"]
    await record.place("B")
    complaint = await record.client.post(
        "/v1/complaints",
        json={"place": "Somewhere", "source": "family", "text": "Water on the wall"},
    )
    complaint_id = complaint.json()["id"]

    of_finding = await keep(record, finding_id=finding["id"], inspection_id=inspection["id"])
    of_complaint = await keep(record, complaint_id=complaint_id)

    assert of_finding.json()["accommodation_id"] == place
    assert of_complaint.json()["accommodation_id"] is None
    for name, id in (("finding_id", finding["id"]), ("complaint_id", complaint_id)):
        assert len(await record.items("/v1/photos", **{name: id})) == 1


async def test_a_photo_of_nothing_or_of_two_places_is_refused(record):
    one, two = await record.place("A"), await record.place("B")
    inspection = await record.inspect(two, ("leak", 3))

    async def refused(**subject: str) -> str:
        answer = await keep(record, **subject)
        assert answer.status_code == 422
        return answer.json()["errors"][0]["pointer"]

    assert await refused() == "query: accommodation_id"
    assert await refused(accommodation_id=one, inspection_id=inspection["id"]) == (
        "query: inspection_id"
    )
    for name in ("accommodation_id", "inspection_id", "finding_id", "complaint_id"):
        assert await refused(**{name: str(uuid4())}) == f"query: {name}"
    assert await refused(accommodation_id=one, colour="red") == "query: colour"
    assert record.count("photo") == 0


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"GIF89a" + b"0" * 100, 415),
        (b"<html></html>", 415),
        (photo()[:200], 422),
        (b"\xff\xd8\xff" + b"0" * 20_000_001, 413),
        (photo(kind="PNG", size=(9000, 9000)), 422),
    ],
    ids=["gif", "html", "cut short", "too long", "too many pixels"],
)
async def test_what_is_no_photo_is_refused_and_nothing_kept(record, content, status):
    place = await record.place()

    answer = await keep(record, content, accommodation_id=place)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert record.count("photo") == 0


async def test_a_photo_leaves_only_once_somebody_looked_and_then_blurred(record):
    image = Image.new("RGB", (200, 200), "white")
    for x in range(60, 120):
        for y in range(60, 120):
            image.putpixel((x, y), (0, 0, 0) if (x + y) % 2 else (255, 255, 255))
    file = io.BytesIO()
    image.save(file, format="PNG")
    kept = await keep(record, file.getvalue(), accommodation_id=await record.place())
    path = kept.headers["location"]
    etag = {"If-Match": kept.headers["etag"]}

    early = await record.client.get(f"{path}/export")
    marked = await record.client.put(f"{path}/regions", json={"items": [SQUARE]}, headers=etag)
    stale = await record.client.put(f"{path}/regions", json={"items": []}, headers=etag)
    export = await record.client.get(f"{path}/export")

    assert (early.status_code, marked.status_code, stale.status_code) == (409, 200, 412)
    assert marked.json()["regions"] == [SQUARE]
    shown = Image.open(io.BytesIO(export.content)).convert("L").crop((70, 70, 110, 110))
    steps = ImageChops.difference(shown, ImageChops.offset(shown, 1, 0)).crop((2, 2, 38, 38))
    assert steps.getextrema()[1] < 16
    original = await record.client.get(f"{path}/content")
    assert hashlib.sha256(original.content).hexdigest() == kept.json()["sha256"]


@pytest.mark.parametrize(
    "region", [SQUARE | {"left": 0.6}, SQUARE | {"width": 0}, SQUARE | {"kind": "ear"}]
)
async def test_a_region_outside_of_the_photo_is_refused(record, region):
    kept = await keep(record, accommodation_id=await record.place())

    answer = await record.client.put(
        f"{kept.headers['location']}/regions",
        json={"items": [region]},
        headers={"If-Match": kept.headers["etag"]},
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/items/0")


async def test_photos_stay_within_territory_and_organisation(record):
    kept = await keep(record, accommodation_id=await record.place())
    path = kept.headers["location"]

    for headers in (record.headers(territories=["69"]), bearer(organisation=THEIRS)):
        for part in ("", "/content", "/thumbnail", "/export"):
            answer = await record.client.get(path + part, headers=headers)
            assert answer.status_code == 404
        listed = await record.client.get("/v1/photos", headers=headers)
        assert listed.json()["items"] == []
        answer = await record.client.put(
            f"{path}/regions", json={"items": []}, headers=headers | {"If-Match": '"1"'}
        )
        assert answer.status_code == 404


async def test_a_photo_is_deleted_for_a_reason_with_its_files_and_never_taken_again(
    record, tmp_path
):
    place, other = await record.place("A"), await record.place("B")
    content = photo(size=(1600, 1200))
    kept = (await keep(record, content, accommodation_id=place)).json()
    shared = (await keep(record, content, accommodation_id=other)).json()
    path = f"/v1/photos/{kept['id']}"

    async def delete(id, **headers):
        return await record.client.delete(
            f"/v1/photos/{id}", params={"reason": "shows_person"}, **headers
        )

    def files():
        return sorted(it.name for it in tmp_path.rglob("*") if it.is_file())

    refused = [
        await record.client.delete(path),
        await record.client.delete(path, params={"reason": "because"}),
        await delete(kept["id"], headers=record.headers("inspector")),
        await delete(kept["id"], headers=record.headers("manager", territories=["93"])),
        await delete(uuid4()),
    ]
    before = files()
    done = [await delete(kept["id"]), await delete(kept["id"])]
    gone = [await record.client.get(f"{path}{it}") for it in ("", "/content", "/thumbnail")]
    again = await keep(record, content, accommodation_id=place)
    await tend_photos(record, tmp_path)
    still = files()
    await delete(shared["id"])
    await tend_photos(record, tmp_path)

    assert [it.status_code for it in refused] == [422, 422, 403, 404, 404]
    assert [it.status_code for it in done] == [204, 204]
    assert [it.status_code for it in gone] == [404, 404, 404]
    assert again.status_code == 409
    assert (len(before), still, files()) == (2, before, [])
    told = await record.items("/v1/photo-deletions", limit=1)
    assert [it["id"] for it in told] == [shared["id"], kept["id"]]
    assert {it["reason"] for it in told} == {"shows_person"}
    assert all(it["files_gone_at"] and it["deleted_by"] for it in told)
    assert kept["sha256"] not in str(told)


async def tend_photos(record, folder):
    database = Database(record.database.url, record.database.system_url)
    await tend(database, datetime.now(UTC), Tending(files_url=f"file://{folder}/blobs"))
    await database.dispose()
