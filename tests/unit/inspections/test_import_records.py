from uuid import UUID

import pytest

from inspections.domain import import_rows
from inspections.domain.import_fields import Kind
from inspections.domain.import_mapping import (
    ColumnSample,
    ImportMapping,
    MappingError,
    samples_of,
    suggest,
    suggest_items,
)
from inspections.domain.import_records import Gathering, Source, items_by_word
from inspections.domain.import_rows import read_rows
from inspections.domain.table_file import read_table

LABELS = {"mould": ("Moisissures", "Mould"), "leak": ("Infiltration d'eau", "Leak")}
FINDINGS = ImportMapping(
    kind=Kind.findings,
    columns={
        "place": ("hotel",),
        "occurred_at": ("date",),
        "item": ("critere",),
        "severity": ("gravite",),
        "room": ("chambre", "piece"),
        "note": ("note",),
        "key": ("id",),
        "inspection": ("fiche",),
    },
)
HEADER = "hotel;date;critere;gravite;chambre;piece;note;id;fiche\n"


def gathered(mapping, text, size=100, labels=LABELS):
    table = read_table(text.encode())
    gathering = Gathering(mapping.kind, items_by_word(labels))
    for row in read_rows(table.rows[0], table.rows[1:], mapping):
        gathering.tell(row)
    return list(gathering.batches(size))


def only(batches):
    """Put together the records of a short table and the rows that made none."""
    first, *rest = batches
    for it in rest:
        first.records += it.records
        first.rows, first.rejected = first.rows + it.rows, first.rejected + it.rejected
        first.doubles += it.doubles
        first.problems += it.problems
        first.noticed.update(it.noticed)
        first.examples += it.examples
    return first


def test_findings_of_a_place_and_moment_are_one_inspection_across_the_file():
    batch = only(
        gathered(
            FINDINGS,
            HEADER
            + "H1;1/2/2024;mould;3;12;;noir;;\n"
            + "H2;1/2/2024;mould;1;;;;;\n"
            + "H1;1/2/2024;Infiltration d'eau;0;;cave;;;\n",
        )
    )

    first, second = batch.records
    assert (first.lines, second.lines) == ([2, 4], [3])
    assert first.values["answers"] == [
        {"item": "mould", "value": 3, "room": "12", "note": "noir"},
        {"item": "leak", "value": 0, "room": "cave"},
    ]
    assert (batch.rows, batch.rejected, batch.noticed["empty_time"]) == (3, 0, 3)


def test_the_same_row_again_is_a_double_and_the_same_item_again_is_merged():
    batch = only(
        gathered(
            FINDINGS,
            HEADER
            + "H1;1/2/2024;mould;1;12;;noir;;F\n"
            + "H1;1/2/2024;mould;1;12;;noir;;F\n"
            + "H1;1/2/2024;mould;3;12;;vert;;F\n"
            + "H1;1/2/2024;mould;2;12;;;;F\n"
            + "H1;1/2/2024;leak;2;;;;;F\n"
            + "H1;1/2/2024;leak;1;;;;;F\n",
        )
    )

    (record,) = batch.records
    assert record.values["answers"] == [
        {"item": "mould", "value": 3, "room": "12", "note": "noir | vert"},
        {"item": "leak", "value": 2},
    ]
    assert (batch.doubles, batch.noticed["double"], batch.noticed["merged"]) == (1, 1, 3)
    assert {it.code for it in batch.examples} == {"double", "merged", "empty_time"}


def test_what_is_noticed_is_counted_in_full_and_shown_a_hundred_times():
    doubles = "H1;1/2/2024;mould;1;;;;;\n" * 150
    alike = "".join(f"H1;1/2/2024;mould;1;;;{n};;\n" for n in range(150))

    batch = only(gathered(FINDINGS, HEADER + doubles + alike, size=1000))

    assert (batch.noticed["double"], batch.noticed["merged"]) == (149, 150)
    assert [it.code for it in batch.examples].count("double") == 100
    assert [it.code for it in batch.examples].count("merged") == 100


def test_what_is_wrong_with_a_row_keeps_only_that_row_out():
    batch = only(
        gathered(
            FINDINGS,
            HEADER
            + "H1;1/2/0201;mould;3;;;;a;\n"
            + "H1;1/2/2024;ghost;3;;;;b;\n"
            + "H1;1/2/2024;mould;terrible;;;;c;\n"
            + ";1/2/2024;mould;3;;;;d;\n"
            + "=A1;1/2/2024;mould;3;;;;e;\n"
            + "H1;1/2/2024;mould;3;;;;f;;too many\n"
            + "H1;1/2/2024;mould;3;1;;;g\n"
            + "H1;1/2/2024;mould;3;2;;;g;\n"
            + "H1;1/2/0201;mould;3;;;;a;\n",
        )
    )

    assert [(it.line, it.column, it.code) for it in batch.problems] == [
        (2, "occurred_at", "implausible_year"),
        (3, "item", "no_such_item"),
        (4, "severity", "unreadable"),
        (5, "place", "empty"),
        (6, "place", "formula"),
        (6, "place", "empty"),
        (7, "", "too_many_cells"),
        (9, "key", "key_twice"),
        (10, "occurred_at", "implausible_year"),
    ]
    assert (batch.rows, batch.rejected, len(batch.records)) == (9, 8, 1)


def test_cells_that_differ_without_end_are_not_all_remembered(monkeypatch):
    monkeypatch.setattr(import_rows, "MOST_KNOWN", 3)
    text = HEADER + "".join(f"H{n};{n + 1}/2/2024;mould;3;;;;;\n" for n in range(7))

    batch = only(gathered(FINDINGS, text))

    assert [it.values["occurred_at"][8:10] for it in batch.records] == [
        f"{n + 1:02}" for n in range(7)
    ]


def test_batches_hold_so_many_records_place_by_place_each_row_once():
    text = HEADER + "".join(f"H{9 - n};1/2/2024;mould;3;;;;;\n" for n in range(7))

    batches = gathered(FINDINGS, text, size=3)

    assert [it.rows for it in batches] == [3, 3, 1]
    assert [it.lines[0] for batch in batches for it in batch.records] == list(range(8, 1, -1))


INSPECTIONS = ImportMapping(
    kind=Kind.inspections,
    columns={"place": ("hotel",), "occurred_at": ("date",), "time": ("heure",)},
    answers={"mould": "moisi", "leak": "fuite"},
    values={"mould": {"": "not_seen", "Oui": "2", "n*": "0"}, "leak": {"rien": ""}},
)


def test_columns_of_a_table_answer_items_as_the_mapping_says():
    batch = only(
        gathered(
            INSPECTIONS,
            "hotel;date;heure;moisi;fuite\nH1;1/2/2024;9h;OUI;rien\nH1;1/2/2024;9h;Non;sans objet\n"
            "H1;1/2/2024;24:40;;?\nH1;1/2/2024;9h;oui;\n",
        )
    )

    assert [it.values["answers"] for it in batch.records] == [
        [{"item": "mould", "value": 2}],
        [{"item": "mould", "value": 0}, {"item": "leak", "value": "not_applicable"}],
        [{"item": "mould", "value": 2}],
    ]
    # The first and the last are told by different rows but say the same: both count.
    assert len({it.identity for it in batch.records}) == 3
    assert [(it.column, it.value) for it in batch.problems] == [("time", "24:40"), ("leak", "?")]


def test_a_place_told_again_is_a_double_and_with_other_words_a_problem():
    register = ImportMapping(
        kind=Kind.accommodations,
        columns={"external_id": ("id",), "name": ("nom",), "lat": ("lat",), "lon": ("lon",)},
        constants={"postcode": "75011", "city": "Paris", "rooms": "9"},
    )
    batch = only(
        gathered(
            register,
            'id,nom,lat,lon,vu\nA,Un,0,"0,0",1\nA,Un,0,"0,0",2\nA,Autre,,,3\n B ,Deux,,,4\n',
        )
    )

    assert [it.values["external_id"] for it in batch.records] == ["A", "B"]
    assert (batch.doubles, batch.noticed["zero_position"], batch.noticed["padded_cell"]) == (
        1,
        2,
        1,
    )
    assert [(it.line, it.code, it.value) for it in batch.problems] == [(4, "key_twice", "A")]
    assert batch.records[0].values["lat"] == ""


@pytest.mark.parametrize("kind", [Kind.visits, Kind.occupancy, Kind.complaints, Kind.checklist])
def test_records_are_known_by_their_key_or_else_by_what_they_say(kind):
    rows = {
        Kind.visits: ("place;scheduled_at;key", "H1;1/2/2024;7", "H1;2/2/2024;7"),
        Kind.occupancy: ("place;day;rooms_booked;people", "H1;1/2/2024;1;2", "H1;1/2/2024;1;3"),
        Kind.complaints: (
            "place;occurred_at;source;text;key",
            "H1;1/2/2024;famille;a;7",
            "H1;1/2/2024;famille;b;7",
        ),
        Kind.checklist: (
            "checklist;code;category;scope;label_fr;label_en;weight",
            "x;ab;bc;room;c;d;1",
            "x;ab;bc;room;c;d;2",
        ),
    }[kind]
    titles = rows[0].split(";")
    mapping = ImportMapping(kind=kind, columns={it: (it,) for it in titles})

    batch = only(gathered(mapping, "\n".join(rows)))

    assert (len(batch.records), [it.code for it in batch.problems]) == (1, ["key_twice"])


def test_a_record_has_the_same_id_in_every_import_of_its_source_and_no_other():
    us, them = UUID(int=1), UUID(int=2)
    ids = {
        Source(us, "a").id_of(Kind.visits, "1"),
        Source(us, "a").id_of(Kind.visits, "1"),
        Source(us, "b").id_of(Kind.visits, "1"),
        Source(them, "a").id_of(Kind.visits, "1"),
        Source(us, "a").id_of(Kind.complaints, "1"),
    }

    assert len(ids) == 4


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"columns": {"plaice": ("hotel",)}}, "no field 'plaice'"),
        ({"columns": {"place": ("hotel",)}}, "no column for occurred_at"),
        ({"values": {"mouldy": {"a": "b"}}}, "no field 'mouldy'"),
        ({"answers": {"mould": "x"}}, "answers are of inspections"),
        ({"columns": FINDINGS.columns | {"note": ("nulle part",)}}, "no column 'nulle part'"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_what_to_change(changes, why):
    values = {"kind": Kind.findings, "columns": FINDINGS.columns} | changes
    with pytest.raises(MappingError, match=why):
        gathered(ImportMapping(**values), HEADER + "H1;1/2/2024;mould;3;;;;;\n")


def test_what_a_table_is_and_what_its_columns_mean_is_suggested_by_titles_and_content():
    header = ["Code hôtel", "Visite du", "Gravitée", "Anomalie constatée", "Nom résident", ""]
    rows = [["H1", "13/2/2024", "3", "Moisi", "Martin"], ["H2", "14/2/2024", "grave", "Fuite"]]

    best = suggest(samples_of(header, rows))[0]

    assert best.kind == Kind.findings
    assert {it.field: (it.title, it.because) for it in best.columns} == {
        "place": ("Code hôtel", "title"),
        "occurred_at": ("Visite du", "content"),
        "severity": ("Gravitée", "spelling"),
        "item": ("Anomalie constatée", "title"),
    }
    assert (best.missing, best.month_first) == ((), False)


def test_an_empty_column_is_suggested_by_its_title_and_never_one_of_people():
    columns = [ColumnSample("Chambres", ()), ColumnSample("Prénom", ("Léa",))]

    best = {it.kind: it for it in suggest(columns)}[Kind.occupancy]

    assert [(it.field, it.title) for it in best.columns] == [("rooms_booked", "Chambres")]
    assert best.missing == ("place", "day", "people")


def test_ways_to_name_what_was_wrong_are_led_to_the_items_nearest():
    found = suggest_items(["moisissures ", "Infiltration", "Licorne"], LABELS)

    assert found == {"moisissures": "mould", "Infiltration": "leak"}
    assert suggest_items(["x"], {}) == {}
