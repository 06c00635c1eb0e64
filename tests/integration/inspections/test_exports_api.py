"""The record's tables as files that spreadsheets and maps open."""

import csv
import io
import json
from datetime import UTC, date, datetime

import openpyxl
import polars as pl
import pytest

from inspections.domain.export_labels import LABELS
from inspections.store.export_columns import COLUMNS

FINDINGS, INSPECTIONS = "/v1/exports/findings", "/v1/exports/inspections"
TRICK = "=HYPERLINK(1)"


async def filled(record):
    place = await record.place("H1", name=TRICK)
    form = record.form(place, occurred_at="2026-03-02T09:00:00Z", known_at="2026-03-02T10:00:00Z")
    form["answers"] = [
        {"item": "leak", "value": 3, "room": "12", "note": "+33 drops a minute"},
        {"item": "wires", "value": 4},
    ]
    answer = await record.client.post("/v1/inspections", json=form)
    assert answer.status_code == 201, answer.text
    return place


def lines(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_findings_as_csv_say_where_what_and_how_bad_in_both_languages(record):
    await filled(record)

    answer = await record.client.get(f"{FINDINGS}.csv", params={"as_of": "2026-03-31"})

    assert answer.headers["content-disposition"] == 'attachment; filename="findings-2026-03-31.csv"'
    leak = next(line for line in lines(answer) if line["item"] == "leak")
    assert (leak["accommodation"], leak["territory"], leak["room"]) == ("H1", "75", "12")
    assert (leak["severity"], leak["critical"], leak["repeat"]) == ("3", "0", "0")
    assert (leak["item_fr"][:12], leak["item_en"][:4]) == ("Infiltration", "Leak")
    assert leak["occurred_at"] == "2026-03-02 10:00:00+01:00"


async def test_no_cell_of_an_export_is_a_formula(record):
    await filled(record)

    (line, *_) = lines(await record.client.get(f"{FINDINGS}.csv"))
    book = openpyxl.load_workbook(io.BytesIO((await record.client.get(f"{FINDINGS}.xlsx")).content))
    header, *rows = book.active.iter_rows()
    column = [cell.value for cell in header].index("accommodation_name")

    assert line["accommodation_name"] == f"'{TRICK}"
    assert {row[column].value for row in rows} == {f"'{TRICK}"}
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "b"}


async def test_a_workbook_has_numbers_where_csv_has_digits(record):
    await filled(record)

    answer = await record.client.get(f"{FINDINGS}.xlsx")

    header, *rows = openpyxl.load_workbook(io.BytesIO(answer.content)).active.values
    severities = [row[header.index("severity")] for row in rows]
    assert sorted(severities) == [3, 4]
    assert [row[header.index("lon")] for row in rows] == [2.38, 2.38]


async def test_geojson_has_a_point_for_each_row_and_none_where_the_address_is_confidential(record):
    await filled(record)
    hidden = await record.place("H2", confidential_address=True)
    await record.inspect(hidden, ("leak", 1))

    as_keeper = await record.client.get(
        f"{INSPECTIONS}.geojson", headers=record.headers("reader", "keeper")
    )
    as_reader = await record.client.get(f"{INSPECTIONS}.geojson", headers=record.headers("reader"))

    def points(answer):
        return {
            it["properties"]["accommodation"]: (it["geometry"] or {}).get("coordinates")
            for it in json.loads(answer.content)["features"]
        }

    assert points(as_keeper) == {"H1": [2.38, 48.86], "H2": [2.38, 48.86]}
    assert points(as_reader) == {"H1": [2.38, 48.86], "H2": None}


@pytest.mark.parametrize("ending", ["csv", "xlsx", "geojson", "parquet"])
async def test_an_export_of_nothing_is_a_whole_file(record, ending):
    answer = await record.client.get(f"{INSPECTIONS}.{ending}")

    assert answer.status_code == 200
    if ending == "csv":
        assert lines(answer) == []
        assert answer.content.decode("utf-8-sig").startswith("id,accommodation,")
    elif ending == "parquet":
        assert pl.read_parquet(io.BytesIO(answer.content)).shape == (0, 21)
    elif ending == "xlsx":
        (header,) = openpyxl.load_workbook(io.BytesIO(answer.content)).active.values
        assert header[:2] == ("id", "accommodation")
    else:
        assert json.loads(answer.content) == {"type": "FeatureCollection", "features": []}


async def test_more_rows_than_a_batch_come_once_each_and_within_the_span(record):
    place = await record.place()
    forms = [
        record.form(
            place,
            *[(item, 1) for item in ("leak", "mould", "wires", "noise")],
            occurred_at=f"2026-03-{1 + n % 28:02}T{8 + n // 28:02}:00:00Z",
            known_at=f"2026-03-{1 + n % 28:02}T{9 + n // 28:02}:00:00Z",
        )
        for n in range(150)
    ]
    answer = await record.client.post("/v1/inspections/bulk", json={"items": forms})
    assert answer.status_code < 300, answer.text

    found = lines(await record.client.get(f"{FINDINGS}.csv"))
    span = lines(
        await record.client.get(
            f"{FINDINGS}.csv", params={"since": "2026-03-10", "as_of": "2026-03-10"}
        )
    )

    assert len(found) == len({line["id"] for line in found}) == 600
    assert {line["occurred_at"][:10] for line in span} == {"2026-03-10"}


async def test_a_reader_of_a_territory_exports_its_places_only(record):
    await filled(record)
    await record.inspect(await record.place("H9", postcode="92000"), ("leak", 1))

    answer = await record.client.get(
        f"{FINDINGS}.csv", headers=record.headers("reader", territories=["92"])
    )

    assert [line["accommodation"] for line in lines(answer)] == ["H9"]


ALL = ("accommodations", "visits", "inspections", "findings", "complaints", "occupancy")


async def test_every_table_goes_out_as_parquet_with_typed_columns_under_stable_names(record):
    await filled(record)
    told = {"accommodation_external_id": "H1", "source": "family", "text": "=Froid"}
    assert (await record.client.post("/v1/complaints", json=told)).status_code == 201
    count = {"external_id": "H1", "day": "2026-03-01", "rooms_booked": 3, "people": 7}
    await record.client.post("/v1/occupancy-snapshots", json={"items": [count]})

    frames = {}
    for table in ALL:
        answer = await record.client.get(f"/v1/exports/{table}.parquet")
        assert answer.status_code == 200, answer.text
        frames[table] = pl.read_parquet(io.BytesIO(answer.content))
        plain = await record.client.get(f"/v1/exports/{table}.csv")
        assert frames[table].columns == list(lines(plain)[0])

    assert {table: len(it) for table, it in frames.items()} == dict.fromkeys(ALL, 1) | {
        "findings": 2
    }
    findings = frames["findings"]
    assert findings.schema["severity"] == pl.Int32
    assert findings["occurred_at"][0] == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert sorted(findings["severity"]) == [3, 4]
    assert frames["occupancy"]["day"][0] == date(2026, 3, 1)
    # What programs read needs no apostrophe.
    assert frames["complaints"]["text"][0] == "=Froid"


async def test_titles_are_of_the_language_asked_for_and_programs_keep_stable_names(record):
    await filled(record)

    french = lines(await record.client.get(f"{FINDINGS}.csv", params={"labels": "fr"}))
    english = (await record.client.get(f"{FINDINGS}.xlsx", params={"labels": "en"})).content

    assert french[0]["Gravité"] in {"3", "4"}
    assert french[0]["Hébergement"] == f"'{TRICK}"
    header, *_ = openpyxl.load_workbook(io.BytesIO(english)).active.values
    assert header[1:3] == ("Accommodation code", "Accommodation")
    assert all(name in LABELS for columns in COLUMNS.values() for name in columns)


async def test_a_selection_goes_out_and_nothing_the_caller_may_not_see(record):
    first = await record.place("H1")
    await record.place("H9", postcode="92000", address="1 rue Cachée", confidential_address=True)
    told = {"place": "Hôtel inconnu", "postcode": "92000", "source": "family", "text": "x"}
    await record.client.post("/v1/complaints", json=told)

    async def ids(table, headers=None, **params):
        answer = await record.client.get(f"/v1/exports/{table}.csv", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        return lines(answer)

    assert [it["external_id"] for it in await ids("accommodations", territory="92")] == ["H9"]
    assert [it["id"] for it in await ids("accommodations", accommodation_id=first)] == [first]
    reader = record.headers("reader")
    hidden = await ids("accommodations", reader, territory="92")
    assert (hidden[0]["address"], hidden[0]["lon"]) == ("", "")
    (unplaced,) = await ids("complaints", record.headers("planner", territories=["92"]))
    assert (unplaced["place"], unplaced["accommodation"]) == ("Hôtel inconnu", "")
    assert await ids("complaints", record.headers("planner", territories=["75"])) == []
    refused = await record.client.get("/v1/exports/complaints.csv", headers=reader)
    beyond = await record.client.get(
        "/v1/exports/findings.csv",
        params={"territory": "92"},
        headers=record.headers("reader", territories=["75"]),
    )
    assert (refused.status_code, beyond.status_code) == (403, 404)


async def test_visits_nobody_announced_go_out_to_visiting_teams_only(record):
    place = await record.place()
    visit = {"accommodation_id": place, "scheduled_at": "2031-05-01T09:00:00Z"}
    assert (await record.client.post("/v1/visits", json=visit)).status_code == 201

    own = await record.client.get("/v1/exports/visits.csv")
    others = await record.client.get("/v1/exports/visits.csv", headers=record.headers("reader"))

    assert (len(lines(own)), len(lines(others))) == (1, 0)


async def test_a_table_that_is_none_is_refused(record):
    assert (await record.client.get("/v1/exports/secrets.csv")).status_code == 422
    assert (await record.client.get("/v1/exports/findings.exe")).status_code == 422
