"""Every real table of ours comes in by a mapping, with a report that tells the truth."""

import asyncio
import csv
import io
from collections import Counter
from dataclasses import dataclass

import pytest
from importing import REAL, problems, run_import

NEW_YORK = {"postcode": "75001", "city": "New York", "rooms": "40"}
LODGING = "nyc_lodging_inspections_2013_2015"
ROWS = {
    "default_checklist": 44,
    "fr_signal_logement_desordres": 195,
    LODGING: 2684,
    "nyc_hpd_violations": 100,
    "nyc_hpd_vacateorders": 100,
    "nyc_hpd_complaints_and_problems": 10,
    "nyc_dohmh_rodent_inspections": 5,
    "nyc_hpd_underlying_conditions": 5,
}
# Their coefficients, 0 to 24, as our weights, 1 to 6.
WEIGHTS = {"0.*": "1", "1.*": "1", "2.*": "1"} | {
    str(n): str(max(1, min(6, (n + 3) // 4))) for n in range(25)
}
AUTHORITY = {"source": "authority", "severity": "3"}
MAPPINGS = {
    "default_checklist": {
        "kind": "checklist",
        "columns": {
            "references": "refs",
            **{it: it for it in ("code", "category", "scope", "label_fr", "label_en", "weight")},
            **{it: it for it in ("danger_at", "photo_from")},
        },
        "constants": {"checklist": "repris", "title": "Grille reprise"},
    },
    "fr_signal_logement_desordres": {
        "kind": "checklist",
        "columns": {
            "code": "precision_slug",
            "category": "categorie_slug",
            "scope": "zone",
            "label_fr": ["precision_label", "critere_label"],
            "label_en": ["precision_label", "critere_label"],
            "weight": "coef",
            "danger_at": "is_danger",
            "references": "qualification",
        },
        "constants": {"checklist": "signal_logement"},
        "values": {"weight": WEIGHTS, "danger_at": {"1": "3"}},
    },
    LODGING: {
        "kind": "inspections",
        "columns": {"place": "bbl", "occurred_at": "date", "time": "time"},
        "month_first": True,
        "answers": {"exit_blocked": "fire_violations", "stairs": "buildings_violations"},
        "values": {it: {"0": "0", "*": "2"} for it in ("exit_blocked", "stairs")},
    },
    "nyc_hpd_violations": {
        "kind": "findings",
        "columns": {
            "place": "BuildingID",
            "occurred_at": "InspectionDate",
            "key": "ViolationID",
            "severity": "Class",
            "room": "Apartment",
            "item": "NOVDescription",
            "note": "NOVDescription",
        },
        "month_first": True,
        "values": {
            "severity": {"A": "1", "B": "2", "C": "4"},
            "item": {"*lead*": "lead_asbestos", "*mice*": "pest_rodents", "*": "floor_wall"},
        },
    },
    "nyc_hpd_vacateorders": {
        "kind": "complaints",
        "columns": {
            "place": "BUILDING ID",
            "occurred_at": "VACATE EFFECTIVE DATE",
            "key": "VACATE ORDER NUMBER",
            "text": "PRIMARY VACATE REASON",
        },
        "constants": AUTHORITY,
        "month_first": True,
    },
    "nyc_hpd_complaints_and_problems": {
        "kind": "complaints",
        "columns": {
            "place": "Building ID",
            "occurred_at": "Received Date",
            "key": "Problem ID",
            "text": "Problem Code",
            "room": "Apartment",
        },
        "constants": AUTHORITY | {"source": "family"},
        "month_first": True,
    },
    "nyc_dohmh_rodent_inspections": {
        "kind": "inspections",
        "columns": {
            "place": "JOB_ID",
            "occurred_at": "INSPECTION_DATE",
            "key": "JOB_TICKET_OR_WORK_ORDER_ID",
            "visit_kind": "INSPECTION_TYPE",
        },
        "values": {"visit_kind": {"Initial": "routine"}, "pest_rodents": {"Passed": "0", "*": "3"}},
        "answers": {"pest_rodents": "RESULT"},
        "month_first": True,
    },
    "nyc_hpd_underlying_conditions": {
        "kind": "complaints",
        "columns": {
            "place": "BUILDING_ID",
            "occurred_at": "ORDER_ISSUE_DATE",
            "text": "CURRENT_STATUS",
        },
        "constants": AUTHORITY,
        "month_first": True,
    },
}
# Which column names the places of a table.
PLACES = {
    LODGING: 4,
    "nyc_hpd_violations": 1,
    "nyc_hpd_vacateorders": 0,
    "nyc_hpd_complaints_and_problems": 3,
    "nyc_hpd_underlying_conditions": 0,
}
# This one has positions as well.
RODENTS = "nyc_dohmh_rodent_inspections"
REGISTER = {
    "kind": "accommodations",
    "columns": {"external_id": "id", "name": "id"},
    "constants": NEW_YORK,
}
RODENT_REGISTER = REGISTER | {
    "columns": {"external_id": "JOB_ID", "name": "JOB_ID", "lat": "LATITUDE", "lon": "LONGITUDE"}
}


@dataclass(frozen=True)
class Tables:
    """Our real tables, of which the largest may be of its last lines alone."""

    lodgings: int
    doubles: int
    empty_times: int
    wrong_times: int

    def content(self, name):
        path = REAL / f"{name}.csv"
        if not path.exists():
            pytest.skip("the real tables are not on this machine")
        header, *lines = path.read_bytes().splitlines(keepends=True)
        return b"".join([header, *lines[-self.lines_of(name) :]])

    def rows(self, name):
        return list(csv.reader(self.content(name).decode().splitlines()))[1:]

    def lines_of(self, name):
        return self.lodgings if name == LODGING else ROWS[name]


def register(tables):
    names = (row[place].strip() for name, place in PLACES.items() for row in tables.rows(name))
    table = io.StringIO()
    csv.writer(table).writerows([["id"], *([it] for it in names if it)])
    return table.getvalue().encode()


def expected(tables):
    """What a report must say, counted here without any of the code that imports."""
    lodging = tables.rows(LODGING)
    all_cells = {name: [cell for row in tables.rows(name) for cell in row] for name in ROWS}
    return {
        "doubles": len(lodging) - len(set(map(tuple, lodging))),
        "no_time": sum(not row[1].strip() for row in lodging),
        "no_place": sum(not row[4].strip() for row in lodging),
        "padded": {
            name: sum(cell != cell.strip() and bool(cell.strip()) for cell in cells)
            for name, cells in all_cells.items()
        },
        "nowhere": sum(
            row[13:15] == ["0", "0"] for row in tables.rows("nyc_dohmh_rodent_inspections")
        ),
        "year_201": sum("/020" in row[5] for row in tables.rows("nyc_hpd_underlying_conditions")),
    }


@pytest.fixture
def own_readers(monkeypatch):
    """Let no two files wait for each other in the event loop of an earlier test."""
    monkeypatch.setattr("inspections.api.imports.READING", asyncio.Semaphore(2))


@pytest.mark.parametrize(
    "tables",
    [
        # The two lodgings that do not say where are among the last.
        pytest.param(Tables(735, 74, 264, 19), id="the last lodgings"),
        pytest.param(Tables(2684, 420, 1216, 21), id="all lodgings", marks=pytest.mark.slow),
    ],
)
async def test_every_real_table_comes_in_by_a_mapping_and_each_row_is_accounted_for(
    working, own_readers, tables
):
    counted = expected(tables)
    places, rodents = await asyncio.gather(
        run_import(working, register(tables), REGISTER),
        run_import(working, tables.content(RODENTS), RODENT_REGISTER),
    )
    told = await asyncio.gather(
        *(run_import(working, tables.content(it), MAPPINGS[it], source=it) for it in MAPPINGS)
    )
    reports = dict(zip(MAPPINGS, told, strict=True))
    for name, report in reports.items():
        print(name, {it: report[it] for it in ("created", "unchanged", "rejected", "noticed")})
        assert report["job"]["state"] == "done", (name, report["job"])
        accounted = [report[it] for it in ("created", "updated", "unchanged", "rejected")]
        assert (report["rows"], sum(accounted)) == (tables.lines_of(name),) * 2, name
        assert report["noticed"].get("padded_cell", 0) == counted["padded"][name], name
    assert await problems(working, places) == []
    assert rodents["noticed"]["zero_position"] == counted["nowhere"] > 0
    lodging = reports[LODGING]
    assert lodging["noticed"]["double"] == counted["doubles"] == tables.doubles
    assert lodging["noticed"]["empty_time"] == counted["no_time"] == tables.empty_times
    wrong = Counter(it["column"] for it in await problems(working, lodging))
    # Times as 1200:30:00 are none, and two rows do not say where (one of them both).
    assert wrong == {"place": counted["no_place"], "time": tables.wrong_times}
    conditions = reports["nyc_hpd_underlying_conditions"]
    wrong = Counter(it["code"] for it in await problems(working, conditions))
    assert wrong == {"implausible_year": counted["year_201"]}
    assert conditions["rejected"] == counted["year_201"] == 5
    others = MAPPINGS.keys() - {LODGING, "nyc_hpd_underlying_conditions"}
    assert {reports[it]["rejected"] for it in others} == {0}
