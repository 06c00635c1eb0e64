"""What a team takes along: the sheet of its round as data and as PDF, with all services real."""

import io
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import zxingcpp
from PIL import Image
from qr_codes import decoded
from record import accommodation, inspection
from whole import Whole, whole

from shared.testing import THEIRS, TestDatabase

MONDAY = date.today() + timedelta(days=7 - date.today().weekday())  # noqa: DTZ011
SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("Hôtel <de l'Étoile> & Cie", "=1+1#strong[x] $y$", "Été à Noël", "D", "E", "F", "G")
ITEMS = ("mould", "leak", "wires", "pest_bedbugs")


@pytest.fixture
async def ronde(database: Callable[[str], TestDatabase], tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(database, tmp_path) as running:
        yield running


async def entered(client: httpx.AsyncClient, count: int) -> list[str]:
    """Enter places seen long ago, with findings of each severity that were never put right."""
    long_ago = (datetime.now(UTC) - timedelta(days=300)).isoformat()
    ids = []
    for number in range(count):
        place = accommodation(
            number, address=f"{number + 1} rue des Lilas", reception_phone="01 40 00 00 00"
        )
        place["name"] = NAMES[number] if number < len(NAMES) else f"Hôtel {number}"
        made = await client.post("/v1/accommodations", json=place)
        assert made.status_code == 201, made.text
        ids.append(made.json()["id"])
        answers = [
            {"item": item, "value": value, "room": "12" if value == 2 else None}
            for value, item in enumerate(ITEMS[: 4 if number == 0 else 2], start=1)
        ]
        form = inspection(ids[-1], occurred_at=long_ago, known_at=long_ago, answers=answers)
        (await client.post("/v1/inspections", json=form)).raise_for_status()
    return ids


async def planned(ronde: Whole, count: int = 3) -> tuple[str, dict[str, object]]:
    """Plan a day of one team, wait until it is solved, and give its path and its round."""
    client = ronde.client()
    await entered(client, count)
    shift = {"starts_at": f"{MONDAY}T05:00:00Z", "ends_at": f"{MONDAY}T16:00:00Z"}
    team = {"id": "n/o", "name": "Équipe & <Nord>", "size": 6, "shifts": [shift]}
    team["start"] = {"lon": 2.35, "lat": 48.85}
    body = {"starts_on": str(MONDAY), "days": 1, "teams": [team], "time_limit_s": 1}
    made = await client.post("/v1/weekly-plans", json=body)
    path = made.raise_for_status().headers["location"]
    for _ in range(300):
        plan = (await client.get(path)).raise_for_status().json()
        if plan["state"] not in {"queued", "running"}:
            break
    (round_,) = plan["rounds"]
    return path, round_


def read(content: bytes, folder: Path) -> str:
    """Read the text of a PDF the way a viewer does."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    (folder / "sheet.pdf").write_bytes(content)
    command = ["pdftotext", "-layout", folder / "sheet.pdf", "-"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def shown(content: bytes) -> bytes:
    """Draw the first page of a PDF as a picture in grey, as a printer does."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    command = ["pdftoppm", "-r", "150", "-png", "-singlefile", "-gray", "-"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


async def test_a_sheet_tells_a_round_without_score_or_reason_and_opens_its_forms(ronde: Whole):
    client = ronde.client()
    path, round_ = await planned(ronde)
    asked = f"{path}/rounds/{round_['round_id']}/sheet"

    sheet = (await ronde.client("inspector").get(asked)).raise_for_status().json()

    stops = round_["stops"]
    assert [it["name"] for it in sheet["stops"]] == [it["name"] for it in stops]
    assert [it["starts_at"] for it in sheet["stops"]] == [it["starts_at"] for it in stops]
    text = str(sheet)
    assert not re.search(r"score|priority|points|why|must_visit|origin|inspector_id", text)
    (first,) = [it for it in sheet["stops"] if it["name"] == NAMES[0]]
    assert [it["severity"] for it in first["standing"]] == [4, 3, 2, 1]
    assert (first["address"], first["reception_phone"]) == ("1 rue des Lilas", "01 40 00 00 00")
    form = f"{ronde.urls['gateway']}/console/#/inspect/{first['accommodation_id']}"
    assert first["form_url"] == decoded(first["form_qr_svg"]) == form
    (await client.post(f"{path}/acceptance")).raise_for_status()
    visits = (await client.get("/v1/visits", params={"plan_id": sheet["plan_id"]})).json()["items"]
    visit_of = {it["stop_id"]: it["id"] for it in visits}
    accepted = (await client.get(asked)).json()["stops"]
    assert len(visits) == len(accepted) == 3
    for stop in accepted:
        place, visit = stop["accommodation_id"], visit_of[stop["stop_id"]]
        url = f"{ronde.urls['gateway']}/console/#/inspect/{place}?visit={visit}"
        assert stop["form_url"] == decoded(stop["form_qr_svg"]) == url
    printed = shown((await client.get(f"{asked}.pdf")).content)
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(printed)))
    in_order = sorted(found, key=lambda it: it.position.top_left.y)
    assert [it.text for it in in_order] == [it["form_url"] for it in accepted]


async def test_a_printed_sheet_names_each_stop_once_in_order_with_its_boxes(
    ronde: Whole, tmp_path: Path
):
    path, round_ = await planned(ronde, 7)
    asked = f"{path}/rounds/{round_['round_id']}/sheet.pdf"
    assert len(round_["stops"]) == 7

    answer = await ronde.client("inspector").get(asked)

    assert answer.headers["content-type"] == "application/pdf", answer.text
    assert len(answer.content) <= 150_000
    text = read(answer.content, tmp_path)
    titles = re.findall(r"^[ \f]*(\d+\. .+?)\s{2,}\d\d:\d\d–\d\d:\d\d", text, re.MULTILINE)
    assert titles == [f"{it['sequence']}. {it['name']}" for it in round_["stops"]]
    for name in NAMES[:3]:
        assert text.count(name) == 1
    for words in ("1 – mineure", "2 – modérée", "3 – grave", "4 – danger", "chambre 12"):
        assert words in text
    assert re.search(r"Équipe & <Nord> – lundi \d+ \w+ \d{4}\s+page 1 sur 2", text)
    assert "Imprimé le" in text
    english = (await ronde.client().get(asked, params={"language": "en"})).content
    assert "page 1 of 2" in read(english, tmp_path)
    assert "Routine visit" in read(english, tmp_path)


async def test_sheets_and_maps_are_for_who_may_read_the_plan_where_the_extra_is(
    ronde: Whole, monkeypatch: pytest.MonkeyPatch
):
    path, round_ = await planned(ronde)
    sheet = f"{path}/rounds/{round_['round_id']}/sheet"

    reader, stranger = ronde.client("reader"), ronde.client("reader", organisation=THEIRS)
    inspector = ronde.client("inspector")

    for asked in (sheet, f"{sheet}.pdf", f"{path}/map.svg"):
        assert (await reader.get(asked)).status_code == 200
        assert (await stranger.get(asked)).status_code == 404
    assert (await reader.get(f"{path}/rounds/none/sheet.pdf")).status_code == 404
    assert (await inspector.get(f"{path}/map.svg")).status_code == 403
    of_round = {"round_id": round_["round_id"], "language": "en"}
    drawn = await inspector.get(f"{path}/map.svg", params=of_round)
    assert drawn.headers["content-type"] == "image/svg+xml"
    stops = [it.text for it in ET.fromstring(drawn.text).iter() if it.get("class") == "stop"]
    assert stops == [str(it["sequence"]) for it in round_["stops"]]
    tag = {"If-None-Match": drawn.headers["etag"]}
    again = await inspector.get(f"{path}/map.svg", params=of_round, headers=tag)
    assert again.status_code == 304
    passed = await inspector.get(
        f"/v1/plans{path[len('/v1/weekly-plans') :]}/map.svg", params=of_round
    )
    assert passed.text == drawn.text
    monkeypatch.setitem(sys.modules, "typst", None)
    without = await reader.get(f"{sheet}.pdf")
    assert (without.status_code, without.json()["type"][-17:]) == (501, "pdf-not-installed")
    assert "ronde-gateway[pdf]" in without.json()["detail"]
    assert "/console/#/plans/" in without.json()["detail"]
