"""What migrations make of rows that were there before, each run again on what it lacks."""

from importlib import import_module
from uuid import uuid4

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine

from shared.testing import OURS

# What revision 0016 finds: acceptances by name, of an operator who is known and of one who is not.
BACK_TO_NAMES = """
    alter table charter_acceptance drop column operator_id cascade;
    insert into operator (organisation, id, name) values ('{ours}', '{known}', 'SARL Known');
    insert into charter (organisation, id, code, version, title, in_force_from, articles)
    values ('{ours}', '{charter}', 'quality', '1.0', 'Charter', '2020-01-01', '[]');
    insert into charter_acceptance
        (organisation, id, charter_id, operator, accepted_on, recorded_by)
    values ('{ours}', gen_random_uuid(), '{charter}', 'SARL Known', '2020-02-01', 'c'),
        ('{ours}', gen_random_uuid(), '{charter}', 'SARL New', '2020-02-01', 'c');
"""
# What revision 0020 finds: steps, but not when they were known nor how anomalies stood before.
BACK_TO_STEPS = """
    drop table anomaly_past;
    alter table anomaly drop column known_from;
    alter table anomaly_step drop column known_at, drop column severity;
"""


def run(made, name, monkeypatch):
    """Run a migration as the owner, on a database that lacks what it makes."""
    migration = import_module(f"inspections.migrations.versions.{name}")
    if hasattr(migration, "database_name"):
        monkeypatch.setattr(migration, "database_name", lambda: made.service)
    engine = create_engine(made.owner_url)
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        migration.upgrade()
    engine.dispose()


def test_who_accepted_a_charter_by_name_is_known_by_id_after_the_migration(database, monkeypatch):
    made = database("inspections")
    known = uuid4()
    with made.administer() as administrator:
        administrator.execute(BACK_TO_NAMES.format(ours=OURS, known=known, charter=uuid4()))
        run(made, "0016_acceptances_of_operators", monkeypatch)
        found = administrator.execute(
            "select accepted.operator, operator.name, operator.id = %s "
            "from charter_acceptance as accepted join operator on operator.id = operator_id "
            "order by 1",
            [known],
        ).fetchall()

    assert found == [("SARL Known", "SARL Known", True), ("SARL New", "SARL New", False)]


async def test_how_anomalies_stood_is_known_from_their_steps_after_the_migration(
    record, monkeypatch
):
    place = await record.place()
    for day, severity in ((2, 2), (9, 0), (20, 3)):
        at = f"2026-03-{day:02}T09:00:00Z"
        await record.inspect(place, ("leak", severity), occurred_at=at, known_at=at)
    path = f"/v1/accommodations/{place}/standing-anomalies"
    days = ("2026-03-01", "2026-03-05", "2026-03-12", "2026-03-31")
    before = [(await record.client.get(path, params={"as_of": day})).json() for day in days]

    with record.database.administer() as administrator:
        administrator.execute(BACK_TO_STEPS)
    run(record.database, "0020_anomalies_as_known", monkeypatch)

    after = [(await record.client.get(path, params={"as_of": day})).json() for day in days]
    assert after == before
    assert [len(it["items"]) for it in after] == [0, 1, 0, 1]
