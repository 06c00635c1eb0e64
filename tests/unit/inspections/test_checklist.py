from importlib.resources import files

import pytest

from inspections.domain.checklist import COLUMNS, ChecklistError, Scope, parse_checklist

HEADER = ",".join(COLUMNS)
GOOD = "leak,damp_mould,room,Fuite,Leak,4,0,2,HHSRS 1"


def default_text() -> str:
    return files("inspections").joinpath("store/default_checklist.csv").read_text("utf-8")


def test_the_default_checklist_has_its_44_items_in_10_categories() -> None:
    checklist = parse_checklist(default_text(), "default", 1)

    assert len(checklist.items) == 44
    assert len({item.category for item in checklist.items.values()}) == 10
    assert sum(item.danger_at > 0 for item in checklist.items.values()) == 17
    assert checklist.items["mould"].label_fr == "Moisissures visibles (surface touchée)"
    assert checklist.items["safety_commission"].scope is Scope.document


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
    checklist = parse_checklist(default_text(), "default", 1)

    assert checklist.items[item].is_critical(severity) is critical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,category\nleak,damp", "missing columns: scope"),
        ("", "missing columns: code"),
        (HEADER, "at least one item"),
        (f"{HEADER}\n{GOOD}\n{GOOD}", "line 3: item 'leak' is given twice"),
        (f"{HEADER}\nleak,damp,roof,F,L,4,0,2,", "line 2: scope must be one of"),
        (f"{HEADER}\nleak,damp,room,F,L,7,0,2,", "line 2: weight must be a whole number"),
        (f"{HEADER}\nleak,damp,room,F,L,4,x,2,", "line 2: danger_at must be a whole number"),
        (f"{HEADER}\nleak,damp,room,F,L,4,0", "line 2: photo_from must be a whole number"),
    ],
)
def test_a_broken_checklist_is_refused_naming_the_line(text: str, message: str) -> None:
    with pytest.raises(ChecklistError, match=message):
        parse_checklist(text, "default", 1)
