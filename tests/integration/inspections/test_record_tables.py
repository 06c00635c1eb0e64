import io
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from field_device import device_of, filled_in
from PIL import Image
from sqlalchemy import create_engine

from inspections.api.alerts import CONTACT, SHIFT
from inspections.api.notices import CHARTER
from inspections.domain.addresses import read_addresses
from inspections.domain.import_rows import CellProblem
from inspections.store import addresses, imports
from inspections.store.imports import BatchCounts
from inspections.store.tables import Table
from inspections.use_cases.search_record import index_changed
from shared.db import Database
from shared.testing import THEIRS

TABLES = sorted(Table.metadata.tables)
PLATFORM = (
    "event",
    "job",
    "feed_cursor",
    "mail",
    "newest_change",
    "alembic_version",
    "procrastinate",
)

# What the reader sees by a grant, in the columns and rows that test_grants.py tries.
BY_GRANT = ("access_grant", "accommodation")

# So many that they look wrong, all of them good.
GOOD = ("mould", "leak", "heating", "wires", "noise", "alarm", "waste", "kitchen", "rules", "area")
GRID = {
    "title": {"fr": "Incendie", "en": "Fire"},
    "items": [
        {
            "code": "alarm",
            "category": "fire_safety",
            "scope": "building",
            "label": {"fr": "Alarme en défaut", "en": "Alarm in fault"},
            "weight": 6,
            "danger_at": 3,
            "photo_from": 0,
        }
    ],
}


@pytest.fixture(scope="module")
def filled(record_once):
    """A record with at least one row of ours in every table of the service; nobody changes it."""
    return record_once(fill)


async def fill(record):
    place = await record.place(operator="Société des Lilas")
    answers = [{"item": "leak", "value": 3, "room": "12"}]
    first = await record.inspect(place, answers=answers)
    now = datetime.now(UTC).isoformat()
    visit = {"accommodation_id": place, "scheduled_at": now}
    planned = await record.client.post("/v1/visits", json=visit)
    await record.client.post(f"/v1/visits/{planned.json()['id']}/room-draw")
    second = record.form(place, ("leak", 2), visit_id=first["visit_id"])
    await record.client.post("/v1/inspections", json=second)
    await record.client.post("/v1/checklists/fire/versions", json=GRID)
    await record.client.put("/v1/deadline-policies/chosen", json={"policy": "by_severity"})
    await record.inspect(place, ("gas_co", 4), occurred_at=datetime.now(UTC).isoformat())
    for path, body in (("on-call-shifts", SHIFT), ("authority-contacts", CONTACT)):
        assert (await record.client.post(f"/v1/{path}", json=body)).status_code == 201
    await follow_up(record, place)
    device = device_of(record)
    assert (await device.get("/formList")).status_code == 200
    assert (await device.send(filled_in("?", building={"p_alarm": "a.jpg"}))).status_code == 202
    await fill_register(record, place)


async def follow_up(record, place: str) -> None:
    """Notify the operator, let him answer, and take the first step of the ladder."""
    notice = {"accommodation_id": place, "sender": "Toit pour tous"}
    sanction = {"accommodation_id": place, "step": "reminder", "grounds": "x"}
    charter = (await record.client.post("/v1/charters", json=CHARTER)).json()
    acceptance = {"operator": "SARL Étoile", "accepted_on": "2015-04-20"}
    issued = (await record.client.post("/v1/notices", json=notice)).json()
    told = {"answered_at": datetime.now(UTC).isoformat(), "means": "email", "text": "Done."}
    claims = [{"anomaly_id": id} for id in issued["anomaly_ids"]]
    for path, body in (
        (f"charters/{charter['id']}/acceptances", acceptance),
        (f"notices/{issued['id']}/answer", told | {"claims": claims}),
        ("sanctions", sanction),
    ):
        answer = await record.client.post(f"/v1/{path}", json=body)
        assert answer.is_success, answer.text


async def fill_register(record, place: str) -> None:
    """Write what belongs to a place."""
    counted = {"accommodation_id": place, "day": "2026-03-01", "rooms_booked": 3, "people": 7}
    known = {"system": "siao", "external_id": "93-1", "accommodation_id": place}
    for answer in (
        await record.client.put(
            f"/v1/accommodations/{place}/rooms", json={"items": [{"label": "12"}]}
        ),
        await record.client.post("/v1/occupancy-snapshots", json={"items": [counted]}),
        await record.client.post("/v1/external-identifiers", json={"items": [known]}),
        await record.client.put("/v1/zones/est", json={"name": "Est", "postcodes": ["75011"]}),
    ):
        assert answer.status_code == 200, answer.text
    grant = {"grantee": str(THEIRS), "fields": ["name"], "territory": "75"}
    given = await record.client.post("/v1/grants", json=grant | {"until": "2100-01-01T00:00:00Z"})
    assert given.status_code == 201, given.text
    complaint = {"place": "Here", "source": "family", "text": "Damp", "contact": {"name": "C"}}
    await record.client.post("/v1/complaints", json=complaint)
    database = Database(record.database.url, record.database.system_url)
    async with database.session(record.organisation) as session:
        known = "id;numero;rep;nom_voie;code_postal;code_insee;nom_commune;lon;lat"
        row = "a1;12;;Rue des Lilas;75011;75111;Paris;2.38;48.86"
        await addresses.upsert(session, record.organisation, list(read_addresses([known, row])))
    await database.dispose()
    for side in (8, 9):
        file = io.BytesIO()
        Image.new("RGB", (side, side)).save(file, format="PNG")
        kept = await record.client.post(
            "/v1/photos", params={"accommodation_id": place}, content=file.getvalue()
        )
    await record.client.delete(f"/v1/photos/{kept.json()['id']}", params={"reason": "other"})
    await import_something(record)
    database = Database(record.database.url, record.database.system_url)
    async with database.session(record.organisation) as session:
        await index_changed(session, record.organisation)
    # Something is to be indexed again.
    await record.place("H7", name="Hôtel du Nord")
    await database.dispose()
    admin = record.headers("admin", "manager")
    days = {"days": 30}
    await record.client.put("/v1/retention-rules/mail", json=days, headers=admin)
    await record.client.post("/v1/retention-runs", json={}, headers=admin)
    (complaint,) = await record.items("/v1/complaints")
    path, why = f"/v1/complaints/{complaint['id']}/author-purge", {"reason": "asked for it"}
    assert (await record.client.post(path, json=why, headers=admin)).status_code == 200
    # Another one, whose author is known.
    told = {"place": "There", "source": "family", "text": "Cold", "contact": {"name": "D"}}
    await record.client.post("/v1/complaints", json=told)
    copied = record.form(place, *((it, 0) for it in GOOD))
    await record.client.put(f"/v1/inspection-drafts/{copied['instance_id']}", json=copied)
    sent = await record.inspect(place, *((it, 0) for it in GOOD))
    body = {"state": "approved"}
    await record.client.post(f"/v1/inspection-reviews/{sent['id']}", json=body)


async def import_something(record) -> None:
    """Send a table, keep a mapping, and let one line of an import be refused."""
    mapping = {"kind": "occupancy", "columns": {}, "constants": {}}
    mapping["constants"] = dict.fromkeys(("place", "day", "rooms_booked", "people"), "1")
    sent = await record.client.post("/v1/import-files", content=b"a;b\n1;2\n")
    await record.client.put("/v1/import-mappings/mine", json=mapping)
    body = {"file_id": sent.json()["id"], "mapping_name": "mine"}
    run = await record.client.post("/v1/imports", json=body)
    wrong = CellProblem(2, "place", "1", "empty", "is empty")
    counts = BatchCounts(0, 0, 0, 1, noticed={}, examples=[], problems=[wrong])
    database = Database(record.database.url, record.database.system_url)
    async with database.session(record.organisation) as session:
        id = UUID(run.json()["id"])
        assert await imports.advance(session, record.organisation, id, number=0, counts=counts)
    await database.dispose()


def connect(record, role: str = "inspections"):
    return psycopg.connect(record.database.server.conninfo(record.database.name, role))


def count(record, table: str, organisation: object) -> int:
    with connect(record) as connection:
        connection.execute("select set_config('app.organisation', %s, true)", [str(organisation)])
        return connection.execute(f"select count(*) from {table}").fetchone()[0]


@pytest.mark.parametrize("table", [*TABLES, "event"])
async def test_the_rows_of_one_organisation_do_not_exist_for_another(filled, table):
    assert count(filled, table, filled.organisation) >= 1
    assert count(filled, table, THEIRS) == 0
    assert count(filled, table, "") == 0


@pytest.mark.parametrize("table", TABLES)
async def test_nobody_writes_a_row_of_another_organisation(filled, table):
    columns = [it.name for it in Table.metadata.tables[table].columns if it.name != "organisation"]
    names = ", ".join(columns)
    with connect(filled) as connection:
        connection.execute(
            "select set_config('app.organisation', %s, true)", [str(filled.organisation)]
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(
                f"insert into {table} (organisation, {names}) select %s, {names} from {table}",
                [THEIRS],
            )


@pytest.mark.parametrize("table", TABLES)
async def test_row_level_security_binds_the_owner_of_the_tables_too(filled, table):
    with connect(filled, "inspections_owner") as connection:
        assert connection.execute(f"select count(*) from {table}").fetchone()[0] == 0


@pytest.mark.parametrize("table", sorted({*TABLES} - {*BY_GRANT}))
async def test_the_reader_of_all_feeds_reads_nothing_else(filled, table):
    with (
        connect(filled, "inspections_system") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"select count(*) from {table}")


@pytest.mark.parametrize("table", BY_GRANT)
@pytest.mark.parametrize("organisation", ["", str(UUID(int=5))])
async def test_the_reader_sees_no_place_or_grant_without_a_grant(filled, table, organisation):
    with connect(filled, "inspections_system") as connection:
        connection.execute("select set_config('app.organisation', %s, true)", [organisation])
        assert connection.execute(f"select count(*) from {table}").fetchone()[0] == 0


@pytest.mark.parametrize(
    "table",
    [
        "checklist",
        "form_conflict",
        "inspection",
        "inspection_room",
        "room_draw",
        "alert_step",
        "anomaly_step",
        "charter",
        "charter_acceptance",
        "notice",
        "notice_step",
        "deadline_choice",
        "photo_deletion",
        "inspection_review",
        "purge",
        "retention_run",
    ],
)
@pytest.mark.parametrize("act", ["delete from {}", "update {} set organisation = organisation"])
async def test_what_was_recorded_cannot_be_edited(filled, table, act):
    with (
        connect(filled) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(act.format(table))


def test_the_migrations_make_the_tables_the_code_speaks_of(database):
    engine = create_engine(database("inspections").owner_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _: (
                    kind != "table" or not str(name).startswith(PLATFORM)
                )
            },
        )
        differences = compare_metadata(context, Table.metadata)
    engine.dispose()

    assert differences == []
