"""Files that harm who opens them: refused by the running whole, while others are answered."""

import io
import itertools
import zipfile
from collections.abc import Iterable
from pathlib import Path

import httpx
import openpyxl
import psutil
import pytest
import record
from bystander import bystander
from PIL import Image
from system import System

pytestmark = pytest.mark.slow

OTHERS_WAIT_S, PATIENCE_S = 2.0, 280.0
MOST_GROWTH = 1_500_000_000
ELSEWHERE = "../../../../../../../../tmp/ronde-was-here"


def picture(kind: str, size: tuple[int, int], frames: int = 1) -> bytes:
    """Make a picture of one colour, or a film of several, which is small whatever it shows."""
    file = io.BytesIO()
    first, *others = [Image.new("1", size, number % 2) for number in range(frames)]
    film = {"save_all": True, "append_images": others, "duration": 10} if others else {}
    first.save(file, format=kind, **film)
    return file.getvalue()


def packed(files: dict[str, Iterable[bytes]]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as export:
        for name, pieces in files.items():
            with export.open(name, "w") as member:
                for piece in pieces:
                    member.write(piece)
    return file.getvalue()


def much_of(filling: bytes) -> Iterable[bytes]:
    """Give 300 MB of the same, piece by piece."""
    return itertools.repeat(filling * (1_000_000 // len(filling)), 300)


def workbook(last: str) -> bytes:
    file, book = io.BytesIO(), openpyxl.Workbook()
    book.active["A1"], book.active[last] = "Code", "H1"
    book.save(file)
    return file.getvalue()


def swollen(name: str, filling: bytes) -> bytes:
    """Make a workbook one of whose parts unpacks to 300 MB."""
    with zipfile.ZipFile(io.BytesIO(workbook("B2"))) as book:
        parts: dict[str, Iterable[bytes]] = {it: [book.read(it)] for it in book.namelist()}
        begin, mark, end = book.read(name).partition(b"</sheetData>")
    return packed(parts | {name: itertools.chain([begin], much_of(filling), [mark, end])})


TABLES = {
    "a workbook of 17 thousand million cells": lambda: workbook("XFD1048576"),
    "a workbook of 600 million cells": lambda: workbook("ZZ900000"),
    "a workbook with an endless sheet": lambda: swollen(
        "xl/worksheets/sheet1.xml", b"<row><c><v>1</v></c></row>"
    ),
    "a zip of 300 MB": lambda: packed({"f.csv": itertools.chain([b"KEY,x\n"], much_of(b"1,2\n"))}),
    "a zip that leaves its folder": lambda: packed({ELSEWHERE + ".csv": [b"KEY,x\n1,2\n"]}),
    "a zip in a zip": lambda: packed({"f.zip": [packed({"f.csv": much_of(b"0")})]}),
    "no zip": lambda: b"PK\x03\x04" + b"\xff" * 1000,
}
PHOTOS = {
    "a png of 900 million pixels": lambda: picture("PNG", (30_000, 30_000)),
    "a gif of two thousand frames": lambda: picture("GIF", (200, 200), 2000),
    "a webp of large frames": lambda: picture("WEBP", (8000, 8000), 2),
}


@pytest.fixture(scope="module")
def place(ronde: System) -> str:
    with ronde.client() as client:
        made = client.post("/v1/accommodations", json=record.accommodation(9001))
        return str(made.raise_for_status().json()["id"])


def memory_of(ronde: System) -> int:
    return psutil.Process(ronde.pid).memory_info().rss


def refused(ronde: System, path: str, content: bytes, **parameters: str) -> httpx.Response:
    """Send a file while somebody else asks for little."""
    before = memory_of(ronde)
    with ronde.client() as client, bystander(ronde) as other:
        # Half a minute of computing may last minutes where others compute too.
        client.timeout = PATIENCE_S
        answer = client.post(path, content=content, params=parameters)
    grown = memory_of(ronde) - before
    print(
        f"{len(content)} bytes: {answer.status_code}; others waited {other.slowest_s:.2f} s at the "
        f"most, memory grew by {grown / 1e6:.0f} MB"
    )
    assert other.refused == []
    assert other.slowest_s < OTHERS_WAIT_S
    assert grown < MOST_GROWTH
    return answer


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_unpacks_to_harm_is_refused(ronde: System, case: str) -> None:
    answer = refused(ronde, "/v1/import-files", TABLES[case]())
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("case", PHOTOS)
def test_a_photo_that_unpacks_to_harm_is_refused(ronde: System, place: str, case: str) -> None:
    answer = refused(ronde, "/v1/photos", PHOTOS[case](), accommodation_id=place)
    assert answer.status_code in {415, 422}, answer.text


def test_the_name_of_a_file_leads_nowhere(ronde: System) -> None:
    content = b"Code;Nom\nH1;H\n"
    with ronde.client() as client:
        sent = client.post("/v1/import-files", params={"name": ELSEWHERE}, content=content)
        assert sent.raise_for_status().json()["name"] == ELSEWHERE
        files = {"xml_submission_file": (ELSEWHERE, b"<data/>"), ELSEWHERE: (ELSEWHERE, b"x")}
        assert client.post("/openrosa/submission", files=files).status_code == 422
    assert not Path("/tmp/ronde-was-here").exists()
    kept = [it for it in ronde.directory.rglob("*") if it.is_file() and "was-here" in it.name]
    assert kept == []
