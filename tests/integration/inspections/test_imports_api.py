"""People's own tables come in by a mapping: suggested, kept, tried, run, and run again."""

import io
from collections import Counter

import openpyxl
import pytest
from importing import followed, problems, run_file, run_import, sent
from old_workbook import HOTELS, old_workbook

LABELS = {
    "Punaises de lit": "pest_bedbugs",
    "Moisissures": "mould",
    "Chauffage en panne": "heating",
    "Alarme incendie": "alarm",
    "Rats": "pest_rodents",
}


async def hotels(record):
    for n in range(HOTELS):
        await record.place(f"H{n + 1}", name=f"Hôtel {n + 1}")


async def test_an_old_workbook_is_understood_completed_tried_and_taken_once(record, working):
    await hotels(record)
    content, expected = old_workbook()

    file = await sent(working, content, "vieux.xlsx")

    assert (file["form"], file["sheets"], file["header_line"]) == (
        "workbook",
        ["Visites", "Notes"],
        3,
    )
    assert {it["title"] for it in file["columns"] if it["about_people"]} == {"Nom résident"}
    best = file["suggestions"][0]
    mapping = best["mapping"]
    assert (best["kind"], best["missing"]) == ("findings", [])
    assert {name: it[0] for name, it in mapping["columns"].items()} == {
        "place": "Code hôtel",
        "occurred_at": "Date de visite",
        "time": "Heure",
        "item": "Anomalie",
        "severity": "Gravité",
        "room": "N° chambre",
        "note": "Remarque",
    }
    mapping["values"]["item"] = LABELS
    kept = await working.put("/v1/import-mappings/anomalies", json=mapping)
    assert kept.status_code == 200, kept.text
    tried = await run_file(working, file["id"], mapping, dry_run=True)
    assert record.count("finding") == record.count("inspection") == 0

    body = {"file_id": file["id"], "mapping_name": "anomalies", "source": "excel"}
    answer = await working.post("/v1/imports", json=body, headers={"Idempotency-Key": "one"})
    again = await working.post("/v1/imports", json=body, headers={"Idempotency-Key": "one"})
    assert answer.json()["id"] == again.json()["id"]
    done = await followed(working, answer.headers["location"])

    counts = {it: done[it] for it in ("rows", "created", "updated", "unchanged", "rejected")}
    assert counts == {it: tried[it] for it in counts}
    assert counts == {"rows": 600, "created": 560, "updated": 0, "unchanged": 20, "rejected": 20}
    assert done["noticed"]["double"] == expected.doubles
    assert done["noticed"]["padded_cell"] == expected.padded
    assert done["noticed"]["empty_time"] == expected.without_time
    assert Counter(it["code"] for it in await problems(working, done)) == expected.wrong
    assert record.count("finding") == 560
    assert not any("Martin" in str(it) for it in await record.items("/v1/findings", limit=1000))

    twice = await run_file(working, file["id"], mapping, source="excel")
    assert (twice["created"], twice["unchanged"]) == (0, 580)
    assert record.count("finding") == 560


@pytest.mark.parametrize("last", ["XFD1048576", "ZZ900000"])
async def test_a_small_workbook_that_says_it_is_huge_is_refused_and_ends_nobody(record, last):
    file, book = io.BytesIO(), openpyxl.Workbook()
    book.active["A1"], book.active[last] = "Code hôtel", "H1"
    book.save(file)

    answer = await record.client.post("/v1/import-files", content=file.getvalue())

    assert answer.status_code == 422, answer.text
    assert "more than can be read at once" in answer.json()["detail"]
    assert record.count("import_file") == 0


async def test_what_is_wrong_with_a_mapping_or_a_file_is_told_before_anything_is_taken(
    record, working
):
    png = await working.post("/v1/import-files", content=b"\x89PNG\r\n\x1a\n\0\0")
    assert (png.status_code, record.count("import_file")) == (422, 0)
    mapping = {"kind": "occupancy", "columns": {"place": "Hôtel", "day": "Jour"}}
    lacking = await working.put("/v1/import-mappings/x", json=mapping)
    assert lacking.status_code == 422
    assert "no column for rooms_booked" in lacking.json()["detail"]
    mapping["columns"] |= {"rooms_booked": "Chambres", "people": "Gens"}

    run = await run_import(working, "Hôtel;Jour;Chambres\nH1;01/03/2026;4\n".encode(), mapping)

    assert (run["job"]["state"], run["created"]) == ("failed", 0)
    assert run["job"]["message"].startswith("the file has no column 'Gens' for people")
    assert (await working.post("/v1/imports", json={"file_id": run["file_id"]})).status_code == 422
    nobody = record.headers("planner")
    assert (await working.get("/v1/imports", headers=nobody)).status_code == 403


VISITS = (
    "N°;Hôtel;Date;Type;Statut\nV1;H1;02/03/2024 09:30;Contre-visite;Réalisée\n"
    "V2;H2;03/03/2024;;Refusée\nV3;H1;2031-05-01;;\n"
)
VISITS_MAPPED = {
    "kind": "visits",
    "columns": {
        "key": "N°",
        "place": "Hôtel",
        "scheduled_at": "Date",
        "kind": "Type",
        "state": "Statut",
    },
}
FINDINGS = (
    "Visite;Hôtel;Date;Critère;Gravité;Connu le\n"
    "V1;H1;02/03/2024;mould;3;10/03/2024\nV1;H1;02/03/2024;leak;0;10/03/2024\n"
    "V9;H1;02/03/2024;mould;3;\nV2;H1;03/03/2024;mould;1;\n"
)
FINDINGS_MAPPED = {
    "kind": "findings",
    "columns": {
        "visit": "Visite",
        "place": "Hôtel",
        "occurred_at": "Date",
        "item": "Critère",
        "severity": "Gravité",
        "known_at": "Connu le",
    },
}
OCCUPANCY = (
    'hotel,jour,chambres,personnes\nH1,2024-03-01,12,30\nH1,2024-04-01,"99",30\n'
    "H2,2024-03-01,5,9\nHôtel 2,2024-03-01,5,9\n"
)

OCCUPANCY_MAPPED = {
    "kind": "occupancy",
    "columns": {
        "place": "hotel",
        "day": "jour",
        "rooms_booked": "chambres",
        "people": "personnes",
    },
}


async def test_visits_findings_of_them_and_occupancy_come_in_from_one_old_system(record, working):
    await hotels(record)
    first = await run_import(working, VISITS.encode("cp1252"), VISITS_MAPPED)
    second = await run_import(working, FINDINGS.encode(), FINDINGS_MAPPED)
    third = await run_import(
        working,
        OCCUPANCY.encode(),
        OCCUPANCY_MAPPED,
    )

    kept = {it["external_id"]: it for it in await record.items("/v1/visits")}
    assert {key: (it["kind"], it["state"]) for key, it in kept.items()} == {
        "V1": ("reinspection", "done"),
        "V2": ("routine", "refused"),
        "V3": ("routine", "planned"),
    }
    assert (first["created"], second["created"], second["rejected"]) == (3, 2, 2)
    (inspection,) = await record.items("/v1/inspections")
    assert inspection["visit_id"] == kept["V1"]["id"]
    assert inspection["known_at"] == "2024-03-10T11:00:00Z"
    assert [it["item"] for it in inspection["findings"]] == ["mould"]
    wrong = [(it["line"], it["column"]) for it in await problems(working, third)]
    assert (third["created"], wrong) == (2, [(3, ""), (5, "")])
    table = await working.get(f"/v1/imports/{third['id']}/problems.csv")
    assert table.content.decode("utf-8-sig").splitlines()[0] == "line,column,value,code,reason"
    assert "rooms_booked is more than the 20 rooms it has" in table.text
