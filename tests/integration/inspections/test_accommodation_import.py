import asyncio
from collections.abc import AsyncIterator

import pytest

from inspections.domain.registry_file import COLUMNS
from shared.contracts.inspections.register import AccommodationInput

HEADER = "identifiant;nom;code_postal;ville;chambres;latitude;longitude"
A = "A;Hôtel A;75011;Paris;20;48,86;2,38"
B = "B;Hôtel B;93200;Saint-Denis;30;;"
BROKEN = "C;;7501;Paris;many;2,38;48,86"


async def send(record, *rows: str, dry_run: bool = False, header: str = HEADER) -> dict:
    answer = await record.client.post(
        "/v1/accommodation-imports",
        params={"dry_run": dry_run},
        content="\n".join([header, *rows]).encode("cp1252"),
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(report: dict) -> tuple[int, int, int, int]:
    return tuple(report[name] for name in ("created", "updated", "unchanged", "rejected"))


async def test_a_dry_run_reports_what_the_import_would_do_and_takes_nothing(record):
    report = await send(record, A, BROKEN, B, dry_run=True)

    assert report["dry_run"] is True
    assert (report["rows"], counts(report)) == (3, (2, 0, 0, 1))
    assert await record.items("/v1/accommodations") == []
    assert await record.events() == []
    assert counts(await send(record, A, BROKEN, B)) == counts(report)


async def test_the_good_rows_are_taken_and_the_others_reported(record):
    report = await send(record, A, BROKEN, B)

    assert [(it["line"], it["column"], it["value"]) for it in report["errors"]] == [
        (3, "name", ""),
        (3, "rooms", "many"),
    ]
    assert all(it["reason"] for it in report["errors"])
    names = [it["name"] for it in await record.items("/v1/accommodations")]
    assert names == ["Hôtel A", "Hôtel B"]
    assert [it["kind"] for it in await record.events()] == ["accommodation.changed"] * 2


async def test_a_second_import_changes_only_what_differs(record):
    await send(record, A, B)

    report = await send(record, A, B.replace("30", "31"), "D;Hôtel D;13001;Marseille;9;;")

    assert counts(report) == (1, 1, 1, 0)
    rooms = {it["external_id"]: it["rooms"] for it in await record.items("/v1/accommodations")}
    assert rooms == {"A": 20, "B": 31, "D": 9}
    assert len(await record.events()) == 4


async def test_what_the_file_does_not_speak_of_is_kept(record):
    hours = [{"weekday": 2, "opens": "10:00:00", "closes": "12:00:00"}]
    await record.place("A", operator="ASSO", capacity=50, visit_hours=hours, skills=["arabic"])

    report = await send(
        record, "A;Renamed;75012;Paris;21;;", header=HEADER.replace("chambres", "rooms")
    )

    assert counts(report) == (0, 1, 0, 0)
    (place,) = await record.items("/v1/accommodations")
    assert (place["name"], place["rooms"], place["territory"]) == ("Renamed", 21, "75")
    assert (place["operator"], place["capacity"], place["skills"]) == ("ASSO", 50, ["arabic"])
    assert place["visit_hours"] == hours
    assert place["position"] == {"lon": 2.38, "lat": 48.86}


async def test_an_import_gives_a_new_etag(record):
    place = await record.place("A")
    before = (await record.client.get(f"/v1/accommodations/{place}")).headers["etag"]

    await send(record, A)

    after = (await record.client.get(f"/v1/accommodations/{place}")).headers["etag"]
    assert after != before


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "no column for external_id"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not a text file"),
        (b"id;nom;cp;ville\n", "no column for rooms"),
    ],
)
async def test_what_is_no_register_is_refused(record, content, detail):
    answer = await record.client.post("/v1/accommodation-imports", content=content)

    assert answer.status_code == 422
    assert detail in answer.json()["detail"]


async def test_a_file_whose_rows_are_all_bad_takes_nothing(record):
    report = await send(record, BROKEN)

    assert counts(report) == (0, 0, 0, 1)
    assert await record.items("/v1/accommodations") == []


async def test_rows_of_a_territory_that_is_not_the_caller_s_are_reported(record):
    record.client.headers.update(record.headers(territories=["75"]))

    report = await send(record, A, B)

    assert counts(report) == (1, 0, 0, 1)
    (error,) = report["errors"]
    assert (error["line"], error["column"], error["value"]) == (3, "postcode", "93200")
    assert "territory 93 is not one of yours" in error["reason"]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_file_takes_over_no_place_of_another_territory(record, dry_run):
    theirs = await record.place("B", postcode="93200", city="Saint-Denis")
    before = (await record.client.get(f"/v1/accommodations/{theirs}")).json()
    events = len(await record.events())
    everyone = dict(record.client.headers)
    record.client.headers.update(record.headers(territories=["75"]))

    report = await send(record, A, B.replace("93200", "75012"), dry_run=dry_run)

    assert counts(report) == (1, 0, 0, 1)
    (error,) = report["errors"]
    assert (error["line"], error["column"], error["value"]) == (3, "external_id", "B")
    assert not any(it in error["reason"] for it in ("93", theirs, "Saint-Denis"))
    record.client.headers.update(everyone)
    assert (await record.client.get(f"/v1/accommodations/{theirs}")).json() == before
    assert len(await record.events()) == events + (not dry_run)


async def test_a_register_changes_no_contract_past_the_sanctions_but_enters_any(record):
    header = f"{HEADER};statut"
    await record.place("A", rooms=20)
    await record.place("D", rooms=20)
    rows = [f"{A};suspended", f"{B};suspended", "D;Hôtel D;75011;Paris;21;48,86;2,38;withdrawn"]

    report = await send(record, *rows, header=header)

    assert counts(report) == (1, 1, 0, 1)
    (error,) = report["errors"]
    assert (error["line"], error["column"], error["value"]) == (2, "contract_state", "suspended")
    assert "POST /v1/sanctions" in error["reason"]
    found = await record.items("/v1/accommodations")
    assert {it["external_id"]: it["contract_state"] for it in found} == {
        "A": "active",
        "B": "suspended",
        "D": "withdrawn",
    }
    assert await send(record, *rows, header=header, dry_run=True) == report | {
        "dry_run": True,
        "created": 0,
        "updated": 0,
        "unchanged": 2,
    }


WHOLE = (
    "identifiant;nom;type;adresse;code_postal;ville;secteur;latitude;longitude;chambres;capacite;"
    "gestionnaire;siret;code_insee;categorie_erp;avis_securite;date_avis;telephone;acces;langues;"
    "competences;horaires;statut;confidentiel;ouverture"
)
ROW = (
    "H9;Hotel;residence;1 rue X;93200;Saint-Denis;Nord;48,9356;2,3574;42;110;SARL;"
    "732 829 320 00074;93066;5;favorable;12/06/2025;140000000;Sonner;fr, ar;arabic, ladder;"
    '"lun-ven 9h-12h 14h-17h30; sam 10:00-12:00";actif;non;2020-01-31'
)


async def test_a_register_takes_every_field_that_a_declaration_takes(record):
    report = await send(record, ROW, header=WHOLE)
    again = await send(record, ROW, header=WHOLE)

    assert (report["errors"], counts(report), counts(again)) == ([], (1, 0, 0, 0), (0, 0, 1, 0))
    (place,) = await record.items("/v1/accommodations")
    told = {
        "siret": "73282932000074",
        "insee_commune": "93066",
        "territory": "93",
        "erp_category": 5,
        "safety_opinion": "favourable",
        "safety_opinion_on": "2025-06-12",
        "reception_phone": "0140000000",
        "access_notes": "Sonner",
        "languages": ["fr", "ar"],
        "skills": ["arabic", "ladder"],
    }
    assert {name: place[name] for name in told} == told
    hours = [(it["weekday"], it["opens"], it["closes"]) for it in place["visit_hours"]]
    assert hours[:2] == [(1, "09:00:00", "12:00:00"), (1, "14:00:00", "17:30:00")]
    assert (len(hours), hours[-1]) == (11, (6, "10:00:00", "12:00:00"))
    declared = set(AccommodationInput.model_fields) - {"operator_id"}
    columns = {it.field for it in COLUMNS} - {"lon", "lat"} | {"position"}
    assert columns == declared


async def test_a_commune_decides_the_territory_and_contradicts_no_postcode(record):
    header = "identifiant;nom;code_postal;ville;chambres;code_insee"
    report = await send(
        record, "A;A;93200;V;9;93066", "B;B;93200;V;9;75056", "C;C;93200;V;9;", header=header
    )

    (error,) = report["errors"]
    assert (error["line"], error["column"], error["value"]) == (3, "insee_commune", "75056")
    assert "lies in 75, postcode 93200 in 93" in error["reason"]
    assert counts(report) == (2, 0, 0, 1)


async def test_the_commune_known_goes_on_deciding_where_a_file_does_not_tell_it(record):
    place = await record.place("A", postcode="93200", insee_commune="93066")
    with record.database.administer() as connection:
        connection.execute(
            "update accommodation set territory = '95', insee_commune = '95018' where id = %s",
            [place],
        )
    await send(record, "A;Renamed;93200;Saint-Denis;20;;")

    (kept,) = await record.items("/v1/accommodations")
    assert (kept["name"], kept["territory"]) == ("Renamed", "95")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/accommodation-imports",
        "/v1/accommodations/bulk",
        "/v1/checklist-imports?code=slow&fr=Lent&en=Slow",
    ],
)
async def test_an_upload_that_takes_its_time_holds_no_transaction_open(record, path):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"external_id"
        begun.set()
        await go_on.wait()

    sending = asyncio.create_task(record.client.post(path, content=slowly()))
    await begun.wait()
    with record.database.administer() as connection:
        held = connection.execute(
            "select count(*) from pg_stat_activity "
            "where datname = %s and state = 'idle in transaction'",
            [record.database.name],
        ).fetchone()
    go_on.set()
    await sending
    assert held == (0,)
