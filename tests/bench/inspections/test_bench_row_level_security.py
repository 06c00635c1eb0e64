"""What keeping organisations apart costs, and what grants would cost were they done another way."""

import time
from collections.abc import Callable
from statistics import median
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect

from inspections.store.granted import FIRST, LAST, PLACES
from shared.testing import OURS, THEIRS

pytestmark = pytest.mark.bench

ORGANISATIONS, PER_ORGANISATION, ROUNDS, CALLS = 10, 1000, 5, 15
NEIGHBOUR = UUID(int=7)
FILL = """
    insert into accommodation (organisation, id, external_id, name, kind, address, postcode, city,
        territory, sector, rooms, operator, contract_state, visit_hours, skills,
        confidential_address, revision)
    select %s, gen_random_uuid(), n::text, 'Place ' || n, 'hotel', '', '75011', 'Paris', '75', '',
        10, '', 'active', '[]', '{}', false, 1 from generate_series(1, %s) n
"""
QUERY = "select id, name, city, rooms from accommodation order by name, id limit 100"
UNSCOPED = (
    "select id, name, city, rooms from accommodation where organisation = %s "
    "order by name, id limit 100"
)
SCOPE = "select set_config('app.organisation', %s, true)"
DOOR = str(PLACES.compile(dialect=psycopg_dialect()))
EVERYTHING = {"territories": [], "first": FIRST, "last": LAST, "limit": 100}
GRANT = (
    "insert into access_grant (organisation, id, grantee, fields, accommodation_ids, territory, "
    "until, request_digest, created_by) values (%(giver)s, gen_random_uuid(), %(grantee)s, "
    "'{name,city,rooms}', %(ids)s, %(territory)s, now() + interval '1 day', '', 'bench')"
)


def timed(ask: Callable[[], object]) -> float:
    ask()
    began = time.perf_counter()
    for _ in range(CALLS):
        ask()
    return (time.perf_counter() - began) / CALLS * 1e6


def scoped(
    connection: psycopg.Connection,
    query: str,
    organisation: UUID,
    values: dict[str, object] | None = None,
) -> Callable[[], object]:
    def ask() -> object:
        with connection.transaction():
            # Sent together, as the second does not wait for the first one's answer.
            with connection.pipeline():
                connection.execute(SCOPE, [str(organisation)])
                found = connection.execute(query, values)
            return found.fetchall()

    return ask


def test_row_level_security_and_the_door_of_grants(database, capsys):
    kept = database("inspections")
    with kept.administer() as admin:
        for number in range(ORGANISATIONS):
            admin.execute(FILL, [OURS if number == 0 else uuid4(), PER_ORGANISATION])
        few = "select id from accommodation where organisation = %s limit 20"
        ids = [id for (id,) in admin.execute(few, [OURS]).fetchall()]
        given = {"giver": OURS, "grantee": THEIRS, "ids": ids, "territory": None}
        admin.execute(GRANT, given)
        admin.execute(GRANT, given | {"grantee": NEIGHBOUR, "ids": None, "territory": "75"})
        admin.execute("analyze")
        conninfo = kept.server.conninfo
        with (
            psycopg.connect(conninfo(kept.name, "inspections"), autocommit=True) as serving,
            psycopg.connect(conninfo(kept.name, "inspections_system"), autocommit=True) as reader,
        ):

            def unscoped() -> object:
                with admin.transaction():
                    return admin.execute(UNSCOPED, [OURS]).fetchall()

            ways = {
                "unscoped, as administrator": unscoped,
                "row-level security": scoped(serving, QUERY, OURS),
                "the door: 20 granted places": scoped(reader, DOOR, THEIRS, EVERYTHING),
                "the door: one of them": scoped(
                    reader, DOOR, THEIRS, EVERYTHING | {"first": ids[0], "last": ids[0]}
                ),
                "the door: a territory of 1,000": scoped(reader, DOOR, NEIGHBOUR, EVERYTHING),
            }
            found: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(ROUNDS):
                for name, ask in ways.items():
                    found[name].append(timed(ask))
            # The other way: the serving role itself is shown granted rows, by a second policy.
            admin.execute(
                "create policy other on accommodation for select to inspections using (exists ("
                "select from access_grant g where g.organisation = accommodation.organisation and "
                "g.grantee = nullif(current_setting('app.organisation', true), '')::uuid "
                "and accommodation.id = any(g.accommodation_ids)))"
            )
            other = "own places, were grants a second policy"
            found[other] = [timed(scoped(serving, QUERY, OURS)) for _ in range(3)]
    base = median(found["unscoped, as administrator"])
    with capsys.disabled():
        print(f"\n{ORGANISATIONS} organisations of {PER_ORGANISATION} places, a page of 100, us")
        for name, times in found.items():
            print(f"{name:42} {median(times):9.0f}  {median(times) / base:6.2f}x")
    assert len(found) == 6
