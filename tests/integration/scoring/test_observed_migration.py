from uuid import UUID

from shared.migrate import migrate
from shared.testing import OURS

BACK_TO_THE_FIRST = """
    alter table visit drop column observed;
    update alembic_version set version_num = '0001';
    insert into visit (organisation, inspection_id, accommodation_id, kind, outcome, occurred_at,
        known_at, inspector_ids)
    values ('{organisation}', '{id}', '{id}', 'routine', 'done', now(), now(), '{{}}');
    insert into finding (organisation, inspection_id, number, item, category, severity, critical)
    values ('{organisation}', '{id}', 0, 'wires', 'electrical', 4, true);
    insert into feed_cursor (provider, position) values ('inspections', 7);
"""


def test_a_copy_that_does_not_say_what_visits_saw_is_read_again_from_the_feed(database):
    made = database("scoring")
    with made.administer() as administrator:
        administrator.execute(BACK_TO_THE_FIRST.format(organisation=OURS, id=UUID(int=1)))
        assert migrate("scoring", made.owner_url) == "0002"
        for table in ("visit", "finding", "feed_cursor"):
            (rows,) = administrator.execute(f"select count(*) from {table}").fetchone()
            assert rows == 0, table
