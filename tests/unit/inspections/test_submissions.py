"""Exports of ODK Central and KoboToolbox are tables; what would harm us is refused."""

import json
import zipfile
from io import BytesIO

import pytest
from submitted import (
    SUBMITTED,
    central_json,
    central_zip,
    kobo_csv,
    kobo_json,
    kobo_xlsx,
    packed,
)

from inspections.domain import submissions, submissions_zip, table_file
from inspections.domain.registry_cells import key_of
from inspections.domain.sheet import SheetError
from inspections.domain.table_file import read_table

EXPORTS = {
    "central zip": (central_zip, "salubrite", "salubrite-constats"),
    "central json": (central_json, "Submissions", "constats"),
    "kobo xlsx": (kobo_xlsx, "Salubrité", "constats"),
    "kobo json": (kobo_json, "Submissions", "constats"),
}


def told(table):
    """Give the rows under their titles, as a mapping finds them."""
    titles, *rows = [it.cells for it in table.rows]
    keys = [key_of(it) for it in titles]
    return [dict(zip(keys, it + [""] * len(keys), strict=False)) for it in rows]


@pytest.mark.parametrize("export", EXPORTS)
def test_submissions_are_rows_and_not_answered_is_no_zero(export):
    make, main, repeat = EXPORTS[export]

    table = read_table(make())

    assert (table.sheet, set(table.sheets)) == (main, {main, repeat})
    rows = told(table)
    assert [it["hotel"] for it in rows] == ["H1", "H2", "H9", "H1"]
    answers = [(it["etat_mould"], it["etat_leak"]) for it in rows]
    assert answers == [("3", ""), ("0", "2"), ("1", "1"), ("beaucoup", "")]


@pytest.mark.parametrize("export", EXPORTS)
def test_what_a_form_repeats_says_what_its_submission_does(export):
    make, _, repeat = EXPORTS[export]

    rows = told(read_table(make(), repeat))

    # Kobo's JSON names what is repeated by its whole path.
    whole = [{name.removeprefix("constats_"): it for name, it in row.items()} for row in rows]
    assert [(it["item"], it["gravite"], it["chambre"], it["hotel"]) for it in whole] == [
        ("mould", "3", "12", "H1"),
        ("wires", "0", "12", "H1"),
        ("leak", "2", "", "H2"),
    ]
    assert [it["start"][:10] for it in whole] == ["2026-03-02", "2026-03-02", "2026-03-03"]


def test_a_key_is_the_same_in_csv_and_json_so_that_one_mapping_is_good_for_both():
    sheets = [
        (read_table(central_zip()), read_table(central_json())),
        (
            read_table(central_zip(), "salubrite-constats"),
            read_table(central_json(), "constats"),
        ),
    ]
    for of_csv, of_json in sheets:
        assert [it["key"] for it in told(of_csv)] == [it["key"] for it in told(of_json)]
        assert {it["submissiondate"] for it in told(of_json)} == {"2026-03-06T08:00:00.000Z"}
    links = [it["parent_key"] for it in told(sheets[1][1])]
    assert links == ["uuid:0aa1", "uuid:0aa1", "uuid:0aa2"]
    uuids = [[it["uuid"] for it in told(read_table(make()))] for make in (kobo_csv, kobo_json)]
    assert uuids[0] == uuids[1] == ["0aa1", "0aa2", "0aa3", "0aa4"]


@pytest.mark.parametrize("make", [kobo_csv, kobo_xlsx, kobo_json])
def test_kobo_received_forms_in_utc_and_now_the_table_says_so(make):
    assert {it["submission_time"] for it in told(read_table(make()))} == {"2026-03-06T08:00:00Z"}


def test_a_moment_that_says_its_zone_is_left_as_it_is():
    told_at = "2026-03-06T09:00:00+01:00"
    content = json.dumps({"results": [{"_uuid": "1", "_submission_time": told_at}]}).encode()

    assert [it["submission_time"] for it in told(read_table(content))] == [told_at]


def test_repeats_within_repeats_lead_up_to_their_submission():
    inner = [{"__id": "x", "lit": "1"}, {"__id": "y", "lit": "2"}]
    it = {"__id": "uuid:1", "hotel": "H1", "chambres": [{"numero": "12", "lits": inner}]}

    rows = told(read_table(json.dumps({"value": [it]}).encode(), "lits"))

    assert [(it["lit"], it["numero"], it["hotel"]) for it in rows] == [
        ("1", "12", "H1"),
        ("2", "12", "H1"),
    ]
    assert [it["key"] for it in rows] == [
        "uuid:1/chambres[1]/lits[1]",
        "uuid:1/chambres[1]/lits[2]",
    ]
    assert {it["submissions_key"] for it in rows} == {"uuid:1"}


def test_a_row_whose_submission_is_not_there_stands_alone():
    files = {
        "f.csv": b"hotel,KEY\nH1,uuid:1\nH2\n",
        "f-r.csv": b"item,PARENT_KEY,KEY\nmould,uuid:1,uuid:1/r[1]\nleak,uuid:2,uuid:2/r[1]\n",
    }

    rows = told(read_table(packed(files), "f-r"))

    assert [(it["item"], it["hotel"]) for it in rows] == [("mould", "H1"), ("leak", "")]


def test_points_flags_and_choices_are_texts():
    it = {
        "__id": "uuid:1",
        "ou": {"type": "Point", "coordinates": [2.38, 48.86, 0.0], "properties": {"accuracy": 4}},
        "ouvert": True,
        "nuisibles": ["rats", "cafards"],
        "part": 2.5,
        "entier": 3.0,
    }

    (row,) = told(read_table(json.dumps([it]).encode()))

    assert (row["ou_longitude"], row["ou_latitude"]) == ("2.38", "48.86")
    values = [row[name] for name in ("ouvert", "nuisibles", "part", "entier")]
    assert values == ["oui", "rats cafards", "2.5", "3"]


@pytest.mark.parametrize(
    "name", ["../f.csv", "/etc/f.csv", "a/../../f.csv", "..\\f.csv", "C:f.csv"]
)
def test_a_zip_that_would_write_outside_of_itself_is_refused(name):
    with pytest.raises(SheetError, match="outside of itself"):
        read_table(central_zip(more={name: b"a,KEY\n1,2\n"}))


def test_a_zip_that_unpacks_to_no_end_is_refused_unread(monkeypatch):
    bomb = central_zip(more={"bombe.csv": b"0" * 20_000_000})
    assert len(bomb) < 100_000
    monkeypatch.setattr(submissions_zip, "MOST_UNPACKED", 10_000_000)

    with pytest.raises(SheetError, match="unpack to more than"):
        read_table(bomb)


def test_a_zip_that_lies_about_what_it_holds_is_refused():
    honest = packed({"f.csv": b"hotel,KEY\n" + b"H1,uuid:1\n" * 5000})
    with zipfile.ZipFile(BytesIO(honest)) as opened:
        size = opened.infolist()[0].file_size
    lying = honest.replace(size.to_bytes(4, "little"), (20).to_bytes(4, "little"))
    assert lying != honest

    with pytest.raises(SheetError, match="cannot be read"):
        read_table(lying)


def test_photos_are_neither_unpacked_nor_counted(monkeypatch):
    monkeypatch.setattr(submissions_zip, "MOST_UNPACKED", 10_000)

    table = read_table(central_zip(more={"media/2.jpg": b"\0" * 1_000_000, "media/x.csv": b"a\0"}))

    assert len(told(table)) == len(SUBMITTED)


@pytest.mark.parametrize(
    ("limit", "value", "match"),
    [
        ((submissions_zip, "MOST_MEMBERS"), 2, "more than 2 files"),
        ((submissions_zip, "MOST_TABLES"), 1, "more than 1 tables"),
        ((submissions, "MOST_COLUMNS"), 3, "columns; send a table of 3"),
        ((submissions, "MOST_CELLS"), 20, "send them in parts"),
    ],
)
def test_an_export_that_is_too_much_is_refused(monkeypatch, limit, value, match):
    monkeypatch.setattr(*limit, value)

    with pytest.raises(SheetError, match=match):
        read_table(central_zip())


@pytest.mark.parametrize(
    ("module", "limit"), [(submissions, "MOST_CELLS"), (table_file, "MOST_LINES")]
)
def test_a_workbook_of_too_many_cells_is_refused_before_they_are_read(monkeypatch, module, limit):
    monkeypatch.setattr(module, limit, 3)

    with pytest.raises(SheetError, match="more than can be read at once"):
        read_table(kobo_xlsx())


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b'{"detail": "Not found."}', "holds no submissions"),
        (b"[1, 2]", "holds no submissions"),
        (b'{"value": []}', "no submission in it"),
        (b'[{"hotel": "H1"}]', "none of __id, _uuid, meta/instanceID"),
        (b"[" * 100_000, "too deep"),
        (rb'[{"__id": "1", "a": "\ud83d"}]', "half a character"),
        (b'[{"__id": "1", "a": ' + b'{"b": ' * 30 + b"1" + b"}" * 31 + b"]", "too deep"),
    ],
)
def test_json_that_is_of_no_submissions_says_what_to_send(content, match):
    with pytest.raises(SheetError, match=match):
        read_table(content)


def test_a_text_that_only_begins_as_json_is_a_table():
    assert read_table(b"[a];b\n1;2\n").rows[0].cells == ["[a]", "b"]


def test_a_table_that_is_not_in_an_export_is_told_with_those_that_are():
    with pytest.raises(SheetError, match="its tables are salubrite, salubrite-constats"):
        read_table(central_zip(), "chambres")


def test_an_encrypted_export_and_an_empty_one_are_refused():
    sealed = bytearray(packed({"f.csv": b"hotel,KEY\nH1,1\n"}))
    sealed[sealed.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(SheetError, match="encrypted"):
        read_table(bytes(sealed))
    with pytest.raises(SheetError, match="are empty"):
        read_table(packed({"f.csv": b" \n"}))


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_export_damaged_on_its_way_is_refused(method):
    table = "KEY,x\n" + "\n".join(f"{n},{n * 7 % 13}" for n in range(500))
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as export:
        export.writestr("a.csv", table)
    damaged = bytearray(file.getvalue())
    for place in range(45, 75):
        damaged[place] ^= 0xA5

    with pytest.raises(SheetError, match="export the submissions again"):
        read_table(bytes(damaged))


def test_a_table_of_blank_lines_is_no_table():
    assert read_table(packed({"a.csv": ",,\n", "b.csv": "KEY,x\n1,2\n"})).sheets == ("b",)
    with pytest.raises(SheetError, match="empty"):
        read_table(packed({"a.csv": ",,\n"}))
