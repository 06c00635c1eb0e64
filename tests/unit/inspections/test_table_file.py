import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from inspections.domain import table_file
from inspections.domain.import_fields import TITLES
from inspections.domain.sheet import SheetError
from inspections.domain.table_file import Numbered, cell_text, header_line, read_table

TEXT = 'id;établissement;été\n1;Hôtel de l\'Étoile à Sèvres;ça\n\n2;"a;\nb";\n'


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
        ("cp850", "cp850"),
    ],
)
def test_a_text_is_read_whatever_characters_it_is_in(encoding, told):
    table = read_table(TEXT.encode(encoding))

    assert (table.form, table.encoding, table.delimiter) == ("csv", told, ";")
    assert [(it.line, it.cells[1]) for it in table.rows] == [
        (1, "établissement"),
        (2, "Hôtel de l'Étoile à Sèvres"),
        (4, "a;\nb"),
    ]


@pytest.mark.parametrize("delimiter", [",", "\t", "|", ";"])
def test_what_stands_between_cells_is_what_every_line_has_as_often(delimiter):
    lines = [["a", "b", "c"], ["un, deux", "x", "y"], ["1", "2; 3", "4"]]
    text = "\n".join(delimiter.join(f'"{it}"' for it in line) for line in lines)

    assert [it.cells for it in read_table(text.encode()).rows] == lines


def test_a_table_of_one_column_is_one():
    assert [it.cells for it in read_table(b"id\n7\n").rows] == [["id"], ["7"]]


def workbook(rows, other=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    sheet = book.create_sheet("Autre")
    for row in other:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_fullest_sheet_of_a_workbook_is_read_or_the_one_that_is_named():
    content = workbook([["a"], [], [3.0]], other=[["z"]])

    table = read_table(content)
    other = read_table(content, "Autre")

    assert (table.form, table.sheets, table.sheet) == ("workbook", ("Sheet", "Autre"), "Sheet")
    assert [(it.line, it.cells) for it in table.rows] == [(1, ["a"]), (3, ["3"])]
    assert other.rows[0].cells == ["z"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "oui"),
        (False, "non"),
        (12.0, "12"),
        (0.5, "0.5"),
        (1e300, "1e+300"),
        (7, "7"),
        (date(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31), "2024-01-31"),  # noqa: DTZ001 - as a workbook keeps it
        (datetime(2024, 1, 31, 9, 5), "2024-01-31 09:05:00"),  # noqa: DTZ001 - likewise
        (time(9, 5), "09:05"),
        (timedelta(hours=9, minutes=5), "09:05"),
        ("a", "a"),
    ],
)
def test_a_cell_of_a_workbook_is_written_as_a_person_would_type_it(value, text):
    assert cell_text(value) == text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x89PNG\r\n\0\0", "no table"),
        (b"\xff\xfea", "cannot be read"),
        (b"\n \n", "no row"),
        (b"PK\x03\x04 broken", "workbook cannot be read"),
        (b"\xd0\xcf\x11\xe0 broken", "workbook cannot be read"),
        (b'a,"b\n' + b"x" * 200_000, "save the table as CSV again"),
    ],
)
def test_what_is_no_table_is_told_with_a_way_out(content, why):
    with pytest.raises(SheetError, match=why):
        read_table(content)


def test_a_sheet_there_is_not_and_a_workbook_too_large_are_refused(monkeypatch):
    content = workbook([["a"]])
    with pytest.raises(SheetError, match="has no sheet 'Nulle'"):
        read_table(content, "Nulle")
    monkeypatch.setattr(table_file, "MOST_UNPACKED", 10)
    with pytest.raises(SheetError, match="in parts"):
        read_table(content)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a", "b")
    with pytest.raises(SheetError, match="cannot be read"):
        read_table(packed.getvalue())


def test_titles_are_found_below_a_heading():
    rows = [
        Numbered(1, ["Association, tableau de 2019", "", ""]),
        Numbered(3, ["Code hôtel", "Date", "Gravité"]),
        Numbered(4, ["H1", "1/2/24", "3"]),
    ]
    strange = [Numbered(1, ["zut"]), Numbered(2, ["foo", "bar"])]

    assert header_line(rows, TITLES) == 3
    assert header_line(strange, TITLES) == 2
