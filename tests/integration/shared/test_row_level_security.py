"""Row-level security: forced on every table that holds an organisation's rows, in every service."""

from collections.abc import Callable

import pytest

from shared.schema import ORGANISATION
from shared.service import services
from shared.testing import TestDatabase

SERVICES = sorted(name for name, it in services().items() if it.has_database)
# Tables of no organisation, each with its reason.
EXEMPT = {
    "alembic_version": "the revision of the schema",
    "feed_cursor": "how far another service's feed was read",
    "graph": "roads are everybody's; administrators load them",
    "timetable": "timetables are everybody's; administrators load them",
    "signing_key": "what the gateway signs with: nobody's, its private half encrypted",
    "service_page": "the documents of the services, which anybody may read",
    "sign_in_failure": "digests of what failed before anybody was known to belong anywhere",
    "procrastinate_jobs": "the queue: ids alone, unreachable by the API",
    "procrastinate_workers": "the queue",
    "procrastinate_events": "the queue",
    "procrastinate_periodic_defers": "the queue",
}

# The one door between organisations: what it shows is tried in test_grants.py.
GRANTED = {("access_grant", "granted"), ("accommodation", "granted")}
# What was voided is not read but by who asks for it: tried in the tests of reviews.
VOIDED = {("finding", "voided"), ("inspection", "voided")}
UNLESS_SEEN = "((voided_at IS NULL) OR (current_setting('app.voided'::text, true) = 'seen'::text))"


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_is_secured_or_belongs_to_nobody(
    module_database: Callable[[str], TestDatabase], service: str
) -> None:
    with module_database(service).administer() as connection:
        tables = connection.execute(
            "select relname, relrowsecurity and relforcerowsecurity, exists (select from "
            "pg_attribute where attrelid = pg_class.oid and attname = 'organisation'), "
            "exists (select from pg_policy where polrelid = pg_class.oid) from pg_class "
            "where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        ).fetchall()
    assert len(tables) > len(EXEMPT) - 1
    open_tables = {name for name, secured, _, policy in tables if not (secured and policy)}
    assert open_tables <= EXEMPT.keys()
    assert {name for name, _, owned, _ in tables if not owned} <= EXEMPT.keys()


@pytest.mark.parametrize("service", SERVICES)
def test_every_policy_keeps_rows_to_their_organisation_but_the_readers(
    module_database: Callable[[str], TestDatabase], service: str
) -> None:
    with module_database(service).administer() as connection:
        connection.execute("create table model_of_all (organisation uuid)")
        connection.execute(f"create policy organisation on model_of_all using ({ORGANISATION})")  # type: ignore[arg-type] # our own constant
        found = connection.execute(
            "select relname, polname, polcmd::text, polpermissive, "
            "array(select rolname::text from pg_roles where oid = any (polroles)), "
            "pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) "
            "from pg_policy join pg_class on pg_class.oid = polrelid"
        ).fetchall()
    policies = {(table, name): rest for table, name, *rest in found}
    kept_to = policies.pop(("model_of_all", "organisation"))[3]
    reading = ["r", True, [f"{service}_system"], "true", None]
    for which, policy in policies.items():
        if which[1] == "system":
            assert policy == reading, which
        elif which in VOIDED:
            # Restrictive: it takes away from what the others let through.
            assert policy == ["r", False, [], UNLESS_SEEN, None], which
        elif which in GRANTED:
            assert policy[:3] == reading[:3], which
            assert policy[3] not in {"true", None}, which
        else:
            assert policy == ["*", True, [], kept_to, kept_to], which
    secured = {table for table, name in policies if name == "organisation"}
    assert secured, "no table is secured"
    assert {table for table, _ in policies} == secured


@pytest.mark.parametrize("service", SERVICES)
def test_no_role_of_a_service_may_bypass_it(
    module_database: Callable[[str], TestDatabase], service: str
) -> None:
    with module_database(service).administer() as connection:
        roles = connection.execute(
            "select rolname from pg_roles where rolname like %s and "
            "(rolsuper or rolbypassrls or rolcreaterole)",
            [f"{service}%"],
        ).fetchall()
    assert roles == []
