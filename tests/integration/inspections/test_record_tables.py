import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from inspections.store.tables import Table
from shared.testing import THEIRS

TABLES = sorted(Table.metadata.tables)
PLATFORM = ("event", "job", "feed_cursor", "alembic_version", "procrastinate")


@pytest.fixture
async def filled(record):
    """A record with at least one row of ours in every table of the service."""
    place = await record.place()
    await record.inspect(place, ("leak", 3))
    return record


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


@pytest.mark.parametrize("table", TABLES)
async def test_the_reader_of_all_feeds_reads_nothing_else(filled, table):
    with (
        connect(filled, "inspections_system") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"select count(*) from {table}")


@pytest.mark.parametrize("table", ["checklist", "inspection"])
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
