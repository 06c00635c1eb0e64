"""The record's tables as those who gather tables of many organisations read them."""

import csv
import io
import itertools
import json
import struct

import hxl
import openpyxl
import polars as pl
import pyogrio
import pytest

from inspections.domain.grading import Grade
from inspections.domain.hxl_tags import hxl_tags
from inspections.domain.place_grade import worsened
from inspections.store.export_columns import COLUMNS
from inspections.store.places_known import GRADE

TRICK = "=HYPERLINK(1)"
ACCOMMODATIONS = [
    ["#valid_tag", "#valid_required+min", "#valid_datatype", "#valid_value+list"],
    ["#loc+code", "1", "text", ""],
    ["#loc+name", "1", "text", ""],
    ["#adm2+code", "1", "text", "75|92|93|94"],
    ["#geo+lat", "", "number", ""],
    ["#geo+lon", "", "number", ""],
    ["#capacity+rooms", "1", "number", ""],
    ["#date+visit+latest", "", "date", ""],
    ["#indicator+grade", "", "text", "A|B|C|D"],
]
TERRITORIES = [
    ["#valid_tag", "#valid_required+min", "#valid_datatype", "#valid_value+list"],
    ["#adm2+code", "1", "text", ""],
    ["#loc+num", "1", "number", ""],
    ["#reached+loc+num", "1", "number", ""],
    ["#indicator+grade_d+num", "1", "number", ""],
    ["#event+standing+danger+num", "1", "number", ""],
    ["#indicator+coverage+pct", "1", "number", ""],
]


async def inspect(record, place, day, *answers):
    times = {"occurred_at": f"{day}T09:00:00Z", "known_at": f"{day}T10:00:00Z"}
    await record.inspect(place, *answers, **times)


async def filled(record):
    one = await record.place("H1", name=TRICK)
    await record.place("H2", capacity=40)
    other = await record.place("H3", postcode="92000", rooms=7)
    await inspect(record, one, "2026-03-02", ("leak", 2), ("wires", 4))
    await inspect(record, one, "2026-03-05", ("noise", 0))
    await inspect(record, other, "2024-01-10", ("leak", 0))


async def tagged(record, name, **params):
    answer = await record.client.get(f"/v1/exports/{name}", params=params)
    assert answer.status_code == 200, answer.text
    return hxl.data(io.BytesIO(answer.content)).cache()


def errors_of(source, schema):
    found = []
    hxl.schema(schema, found.append).validate(source)
    return [str(it) for it in found]


# What libhxl reads workbooks with asks for a module by its old name.
@pytest.mark.filterwarnings("ignore:defusedxml.cElementTree is deprecated:DeprecationWarning")
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_accommodations_are_what_an_hxl_schema_asks_for(record, ending):
    await filled(record)

    source = await tagged(record, f"accommodations.hxl.{ending}", labels="fr")

    assert errors_of(source, ACCOMMODATIONS) == []
    rows = {it.get("#loc+code"): it for it in source}
    assert set(rows) == {"H1", "H2", "H3"}
    # The last visit that saw something, and the danger that nobody has seen to be right since.
    assert str(rows["H1"].get("#date+visit+latest")).startswith("2026-03-05 10:00:00")
    assert rows["H1"].get("#indicator+grade") == "D"
    assert not rows["H2"].get("#indicator+grade")
    assert source.columns[1].header == "Code"


async def test_a_file_that_is_not_as_the_schema_asks_is_told_apart(record):
    await record.place("H5", postcode="13001")

    source = await tagged(record, "accommodations.hxl.csv")

    assert len(errors_of(source, ACCOMMODATIONS)) == 1


async def test_no_cell_of_an_hxl_file_is_a_formula(record):
    await filled(record)

    sheet = (await record.client.get("/v1/exports/accommodations.hxl.csv")).content
    book = (await record.client.get("/v1/exports/accommodations.hxl.xlsx")).content

    titles, tags, *lines = csv.reader(io.StringIO(sheet.decode("utf-8-sig")))
    assert tags[titles.index("name")] == "#loc+name"
    assert {it[titles.index("name")] for it in lines} >= {f"'{TRICK}"}
    assert not [it for line in lines for it in line if it.startswith(("=", "+", "-", "@"))]
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(book)).active for cell in row]
    assert f"'{TRICK}" in {it.value for it in cells}
    assert {it.data_type for it in cells} <= {"s", "n", "b"}


async def test_territories_tell_places_grades_and_what_stands_there(record):
    await filled(record)

    source = await tagged(record, "territories.hxl.csv", as_of="2026-03-31")

    assert errors_of(source, TERRITORIES) == []
    paris, west = list(source)
    assert (paris.get("#adm2+code"), west.get("#adm2+code")) == ("75", "92")
    places = [it.get(tag) for it in (paris, west) for tag in ("#loc+num", "#reached+loc+num")]
    assert places == ["2", "1", "1", "0"]
    assert (paris.get("#indicator+coverage+pct"), west.get("#indicator+coverage+pct")) == (
        "0.5",
        "0.0",
    )
    grades = ["#indicator+grade_a+num", "#indicator+grade_d+num"]
    assert [it.get(tag) for it in (paris, west) for tag in grades] == ["0", "1", "1", "0"]
    assert (paris.get("#event+standing+danger+num"), paris.get("#event+overdue+num")) == ("1", "2")
    assert (paris.get("#capacity+rooms"), west.get("#capacity+rooms")) == ("40", "7")


async def test_territories_agree_with_the_figures_of_areas(record):
    await filled(record)
    day = {"as_of": "2026-03-04"}

    told = await record.client.get("/v1/exports/territories.parquet", params=day)
    frame = pl.read_parquet(io.BytesIO(told.content))
    areas = (await record.client.get("/v1/history/areas", params=day)).json()["items"]

    names = ("places", "places_visited", "coverage", "overdue")
    assert [[it[name] for name in names] for it in frame.to_dicts()] == [
        [it[name] for name in names] for it in areas
    ]
    severities = [it for it in frame.columns if it.startswith("standing_")]
    assert [sum(it[name] for name in severities) for it in frame.to_dicts()] == [
        it["standing"] for it in areas
    ]


async def test_small_counts_of_territories_are_withheld_from_others(record):
    await filled(record)
    for number in range(5):
        await record.place(f"P{number}")

    answer = await record.client.get("/v1/exports/territories.csv", params={"shared": True})

    paris, west = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (paris["places"], paris["places_visited"], paris["coverage"]) == ("7", "", "")
    assert (paris["grade_d"], paris["grade_b"], paris["standing_danger"]) == ("", "0", "")
    # Of one place, nothing but where it is.
    assert {name for name, it in west.items() if it} == {"territory"}


async def test_territories_are_those_of_the_caller_and_have_no_points(record):
    await filled(record)
    own = record.headers("reader", territories=["92"])

    sheet = await record.client.get("/v1/exports/territories.csv", headers=own)
    points = await record.client.get("/v1/exports/territories.geojson")

    lines = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [it["territory"] for it in lines] == ["92"]
    assert points.status_code == 422
    assert "no positions" in points.text


def test_every_column_of_every_table_has_a_hashtag_of_its_own():
    for table, columns in COLUMNS.items():
        tags = hxl_tags(table, columns)
        parsed = [hxl.model.Column.parse(it, use_exception=True) for it in tags]
        assert len({it.display_tag for it in parsed}) == len(columns), table


def test_the_grade_told_in_sql_is_that_of_the_rule(record_database):
    cases = list(
        itertools.product([None, "A", "B", "C", "D"], [None, True], range(5), [None, 1, 2, 3, 4])
    )
    with record_database.administer() as connection:
        found = [
            connection.execute(
                f"select {GRADE} from (select %s::text as grade) as last, (select "
                "%s::bool as danger, %s::int as worst, %s::int as worst_late) as trouble",
                case,
            ).fetchone()[0]
            for case in cases
        ]

    assert found == [
        None
        if grade is None
        else worsened(Grade(grade), danger=bool(danger), worst=worst, worst_late=late or 0)
        for grade, danger, worst, late in cases
    ]


@pytest.mark.parametrize("table", ["accommodations", "inspections", "findings", "visits"])
async def test_geojson_is_as_rfc_7946_says_and_gdal_reads_every_row(record, table):
    await filled(record)
    hidden = await record.place("H4", confidential_address=True)
    await inspect(record, hidden, "2026-03-06", ("leak", 1))
    visit = {"accommodation_id": hidden, "scheduled_at": "2031-05-01T09:00:00Z", "announced": True}
    assert (await record.client.post("/v1/visits", json=visit)).status_code == 201

    reader = record.headers("reader")
    answer = await record.client.get(f"/v1/exports/{table}.geojson", headers=reader)

    assert answer.headers["content-type"] == "application/geo+json"
    told = json.loads(answer.content)
    # No reference system of its own: section 4 removed it.
    assert set(told) == {"type", "features"}
    assert all(set(it) == {"type", "id", "geometry", "properties"} for it in told["features"])
    assert len({it["id"] for it in told["features"]}) == len(told["features"])
    meta, _, points, fields = pyogrio.raw.read(answer.content)
    assert meta["crs"] == "EPSG:4326"
    assert len(points) == len(told["features"]) > 0
    names = list(meta["fields"])
    codes = fields[names.index("external_id" if table == "accommodations" else "accommodation")]
    # What a reader may not locate is there, nowhere.
    assert {code for code, it in zip(codes, points, strict=True) if it is None} == {"H4"}
    placed = {struct.unpack("<BIdd", it)[2:] for it in points if it is not None}
    assert placed <= {(2.38, 48.86)}
