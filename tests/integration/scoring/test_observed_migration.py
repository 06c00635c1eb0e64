"""What a migration makes of rows that were there before, run again on what it lacks."""

from importlib import import_module
from uuid import UUID

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine

from shared.testing import OURS

# What revision 0002 finds: visits that do not say what they saw.
BACK_TO_THE_FIRST = """
    alter table visit drop column observed;
    insert into visit (organisation, inspection_id, accommodation_id, kind, outcome, occurred_at,
        known_at, inspector_ids)
    values ('{organisation}', '{id}', '{id}', 'routine', 'done', now(), now(), '{{}}');
    insert into finding (organisation, inspection_id, number, item, category, severity, critical)
    values ('{organisation}', '{id}', 0, 'wires', 'electrical', 4, true);
    insert into feed_cursor (provider, position) values ('inspections', 7);
"""


def test_a_copy_that_does_not_say_what_visits_saw_is_read_again_from_the_feed(database):
    made = database("scoring")
    migration = import_module("scoring.migrations.versions.0002_observed")
    engine = create_engine(made.owner_url)
    with made.administer() as administrator:
        administrator.execute(BACK_TO_THE_FIRST.format(organisation=OURS, id=UUID(int=1)))
        with (
            engine.begin() as connection,
            Operations.context(MigrationContext.configure(connection)),
        ):
            migration.upgrade()
        for table in ("visit", "finding", "feed_cursor"):
            (rows,) = administrator.execute(f"select count(*) from {table}").fetchone()
            assert rows == 0, table
    engine.dispose()
