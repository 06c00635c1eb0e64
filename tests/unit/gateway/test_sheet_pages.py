"""The printed sheet of a round: short, small, and nothing in it is read as markup."""

import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qr_codes import decoded

from gateway.use_cases.compose_sheet import qr_svg
from gateway.use_cases.typeset_sheet import typeset_sheet
from shared.contracts.gateway import RoundSheet

NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
MAP = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 7" width="10" height="7"/>'
FOUND = (
    ("Punaises de lit (traces, piqûres, insectes)", "12", 4),
    ("Fils dénudés, prises arrachées, tableau ouvert", None, 3),
    ("Infiltration ou fuite d'eau", "103", 2),
    ("Moisissures visibles (surface touchée)", "7", 1),
)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=60)


def stop(number: int, **changes: object) -> dict[str, object]:
    url = f"https://ronde.example.org/console/#/inspect/{UUID(int=number)}?visit={UUID(int=number)}"
    standing = [
        {
            "item": "x",
            "label": {"fr": label, "en": label},
            "category": "c",
            "room": room,
            "severity": severity,
            "first_seen_at": NOON,
        }
        for label, room, severity in FOUND
    ]
    return {
        "stop_id": UUID(int=number),
        "sequence": number,
        "accommodation_id": UUID(int=number),
        "name": f"Hôtel de l'Étoile {number}",
        "starts_at": NOON + timedelta(minutes=20 * number),
        "ends_at": NOON + timedelta(minutes=20 * number + 15),
        "visit_kind": "routine",
        "address": "12 rue des Lilas",
        "postcode": "93200",
        "city": "Saint-Denis",
        "reception_phone": "01 40 00 00 00",
        "is_address_hidden": False,
        "standing": standing,
        "way": [],
        "form_url": url,
        "form_qr_svg": qr_svg(url),
        **changes,
    }


def sheet(stops: list[dict[str, object]], **changes: object) -> RoundSheet:
    told = {
        "plan_id": UUID(int=1),
        "round_id": "20260302-nord",
        "revision": 0,
        "team_name": "Nord",
        "day": date(2026, 3, 2),
        "timezone": "Europe/Paris",
        "leaves_at": NOON,
        "returns_at": NOON,
        "travel_s": 3000,
        "lunch": None,
        "stops": stops,
        "way_back": [],
        "attribution": "© OpenStreetMap contributors",
        "made_at": NOON,
    }
    return RoundSheet.model_validate(told | changes)


def read(content: bytes, folder: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    file = folder / "sheet.pdf"
    file.write_bytes(content)
    command = ["pdftotext", "-layout", file, "-"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_twenty_stops_with_four_findings_each_fit_on_three_pages(tmp_path: Path):
    content = typeset_sheet(sheet([stop(n + 1) for n in range(20)]), MAP, "fr")

    text = read(content, tmp_path)
    pages = text.split("\f")[:-1]
    assert len(pages) <= 3
    assert all("© OpenStreetMap contributors" in it and "Nord – lundi 2 mars" in it for it in pages)
    places = [text.index(f"{n}. Hôtel de l'Étoile {n} ") for n in range(1, 21)]
    assert places == sorted(places)
    assert text.count("4 – danger") == 20


def test_seven_stops_are_small_and_the_same_bytes_each_time():
    seven = sheet([stop(n + 1) for n in range(7)])

    content = typeset_sheet(seven, MAP, "fr")

    assert len(content) <= 150_000
    assert typeset_sheet(seven, MAP, "fr") == content


def test_an_address_that_is_hidden_and_a_place_where_nothing_stands_are_told_so(tmp_path: Path):
    hidden = stop(1, is_address_hidden=True, address="", postcode="", city="", standing=[])
    lunch = {"starts_at": NOON, "ends_at": NOON + timedelta(minutes=45)}

    text = read(typeset_sheet(sheet([hidden], lunch=lunch), MAP, "en"), tmp_path)

    assert "Confidential address" in text
    assert "Nothing stands on this day." in text
    assert "lunch 12:00–12:45" in text
    assert "page 1 of 1" in text


def test_a_round_without_stops_is_a_page(tmp_path: Path):
    text = read(typeset_sheet(sheet([], day=date(2026, 3, 1)), MAP, "fr"), tmp_path)

    assert "Feuille de tournée" in text
    assert "Nord – dimanche 1er mars 2026" in text


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(NAMES, st.sampled_from(["#panic()", "$x", "*a*", "\\", "]", "=1+1", "<b>&amp;"]))
def test_no_name_is_read_as_markup(name: str, markup: str):
    hostile = stop(1, name=markup + name, address=markup, reception_phone=markup)

    content = typeset_sheet(sheet([hostile], team_name=markup + name), MAP, "fr")

    assert content.startswith(b"%PDF")


@settings(max_examples=60)
@given(st.uuids(), st.uuids() | st.none(), st.sampled_from(["http://127.0.0.1:8000", "https://x"]))
def test_a_code_is_read_as_the_address_it_was_made_of(place: UUID, visit: UUID | None, url: str):
    asked = f"{url}/console/#/inspect/{place}" + (f"?visit={visit}" if visit else "")

    assert decoded(qr_svg(asked)) == asked
