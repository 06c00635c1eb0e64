import csv
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.checklist import Changes, Checklist, Item, Scope, changes_between, twice
from inspections.domain.checklist_file import ChecklistError, parse_items, write_items
from inspections.domain.sheet import SheetError

HEADER = "code,category,scope,label_fr,label_en,weight,danger_at,photo_from,refs"
GOOD = "leak,damp_mould,room,Fuite,Leak,4,0,2,HHSRS 1"
TEXTS = st.text("aé;,\"' \n|", min_size=1, max_size=20).map(lambda it: f"x{it}x")
ITEMS = st.builds(
    Item,
    code=st.from_regex(r"[a-z][a-z0-9_]{1,20}", fullmatch=True),
    category=st.just("damp_mould"),
    scope=st.sampled_from(Scope),
    label_fr=TEXTS,
    label_en=TEXTS,
    weight=st.integers(1, 6),
    danger_at=st.integers(0, 4),
    photo_from=st.integers(0, 4),
    references=st.just("") | TEXTS,
)


def default_items() -> dict[str, Item]:
    content = files("inspections.store").joinpath("default_checklist.csv").read_bytes()
    return {item.code: item for item in parse_items(content)}


def grid(*items: Item, version: int = 1) -> Checklist:
    return Checklist("default", version, {item.code: item for item in items})


def test_the_default_checklist_has_its_44_items_in_10_categories() -> None:
    items = default_items()

    assert len(items) == 44
    assert len({item.category for item in items.values()}) == 10
    assert sum(item.danger_at > 0 for item in items.values()) == 17
    assert items["mould"].label_fr == "Moisissures visibles (surface touchée)"
    assert items["safety_commission"].scope is Scope.document
    assert items["clean_common"].scope is Scope.common_parts


@pytest.mark.parametrize(
    ("item", "severity", "critical"),
    [
        ("gas_co", 1, True),
        ("wires", 1, False),
        ("wires", 2, True),
        ("pest_bedbugs", 3, False),
        ("pest_bedbugs", 4, True),
        ("gas_co", 0, False),
    ],
)
def test_a_severity_is_critical_at_four_or_at_the_danger_threshold(
    item: str, severity: int, critical: bool
) -> None:
    assert default_items()[item].is_critical(severity) is critical


@given(st.lists(ITEMS, min_size=1, max_size=5, unique_by=lambda item: item.code))
def test_what_is_written_as_a_sheet_is_read_back(items: list[Item]) -> None:
    assert parse_items(write_items(items)) == tuple(items)


@pytest.mark.parametrize("label", ["=1+1", "+33 1", "-1", "@SUM(A1)"])
def test_a_label_is_no_formula_in_a_sheet_and_is_read_back_as_it_was(label: str) -> None:
    item = replace(next(iter(default_items().values())), label_fr=label, label_en=label)

    sheet = write_items([item])

    rows = csv.reader(sheet.decode("utf-8-sig").splitlines(), delimiter=";")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert parse_items(sheet) == (item,)


def test_a_sheet_may_have_french_headers_and_leave_thresholds_empty() -> None:
    sheet = (
        "Code;Catégorie;Portée;Libellé fr;Libellé en;Poids;Danger dès;Photo dès\r\n"
        "leak;damp_mould;Parties communes;Fuite;Leak;4;;\r\n"
    ).encode("cp1252")

    (item,) = parse_items(sheet)

    assert item == Item(
        "leak", "damp_mould", Scope.common_parts, "Fuite", "Leak", 4, 0, 0, references=""
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,category\nleak,damp", "no column for scope; name one scope"),
        ("", "no column for code"),
        (HEADER, "1 to 500 items, and this one 0"),
        ("\0", "not a text file"),
    ],
)
def test_what_is_no_sheet_of_items_is_refused(text: str, message: str) -> None:
    with pytest.raises(SheetError, match=message):
        parse_items(text.encode())


@pytest.mark.parametrize(
    ("row", "line", "column", "reason"),
    [
        (f"{GOOD}\n{GOOD}", 3, "code", "is given twice"),
        ("leak,damp,roof,F,L,4,0,2,", 2, "scope", "must be one of building, common_parts"),
        ("leak,damp,room,F,L,7,0,2,", 2, "weight", "must be a whole number from 1 to 6"),
        ("leak,damp,room,F,L,4,x,2,", 2, "danger_at", "must be a number"),
        ("leak,damp,room,F,L,4,0,5", 2, "photo_from", "must be a whole number from 0 to 4"),
        ("Leak!,damp,room,F,L,4,0,2,", 2, "code", "must be small letters"),
        ("leak,damp,room,,L,4,0,2,", 2, "label_fr", "is empty; fill it in"),
        ("leak,damp,room,F,@cmd,4,0,2,", 2, "label_en", "a spreadsheet would run"),
        ("leak,damp,room,F,L,=1+3,0,2,", 2, "weight", "is a formula"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(
    row: str, line: int, column: str, reason: str
) -> None:
    with pytest.raises(ChecklistError, match=reason) as caught:
        parse_items(f"{HEADER}\n{row}".encode())

    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (line, column)


def test_all_wrong_cells_are_told_at_once() -> None:
    with pytest.raises(ChecklistError) as caught:
        parse_items(f"{HEADER}\nleak,damp,roof,F,L,7,0,2,\n{GOOD}\nleak,x,room,F,L,4,0,2,".encode())

    assert [(it.line, it.column) for it in caught.value.problems] == [
        (2, "scope"),
        (2, "weight"),
        (4, "category"),
    ]


def test_what_a_version_changes_is_told_by_item() -> None:
    leak, mould, noise = (default_items()[code] for code in ("leak", "mould", "noise"))
    before = grid(leak, mould)
    after = grid(noise, replace(leak, weight=6, danger_at=3), version=2)

    assert changes_between(before, after) == Changes(
        added=("noise",), removed=("mould",), changed={"leak": ("weight", "danger_at")}
    )
    assert changes_between(before, grid(mould, leak)) == Changes((), (), {})


def test_the_first_code_given_twice_is_found() -> None:
    assert twice(["a", "b", "a", "b"]) == 2
    assert twice(["a", "b"]) is None
