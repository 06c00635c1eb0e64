"""Bring a service's database to the newest schema, one process at a time.

Alembic keeps module-level state, so databases are migrated one after another, never in threads.
"""

import zlib

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, text

# Made by the steps of `shared.schema` and by the queue, so unknown to the services' metadata.
PLATFORM_TABLES = {"event", "job", "feed_cursor", "mail", "newest_change", "alembic_version"}


def migrate(service: str, owner_url: str) -> str:
    """Run all outstanding migrations of `service` in one transaction; return the revision."""
    engine = create_engine(owner_url)
    try:
        with engine.begin() as connection:
            lock = zlib.crc32(f"migrate:{service}".encode())
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": lock})
            command.upgrade(_config(service, connection), "head")
            return revision(connection)
    finally:
        engine.dispose()


def revision(connection: Connection) -> str:
    """Return the revision a database is at; empty when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def newest(service: str) -> str:
    """Return the newest revision of a service's code."""
    return ScriptDirectory.from_config(_config(service, None)).get_current_head() or ""


def is_behind(service: str, found: str) -> bool:
    """Tell whether a database at revision `found` lacks what the service's code relies on.

    A revision the code does not know is a later one: during a rollout the code of before goes on
    beside the new schema.
    """
    return not found or (is_known(service, found) and found != newest(service))


def is_known(service: str, found: str) -> bool:
    """Tell whether a service's code has, or has had, a revision."""
    scripts = ScriptDirectory.from_config(_config(service, None))
    return found in {script.revision for script in scripts.walk_revisions()}


def run_environment(metadata: MetaData) -> None:
    """Do the work of a service's `env.py`."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=_is_the_services_own,
    )
    with context.begin_transaction():
        context.run_migrations()


def _config(service: str, connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", f"{service}:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["database"] = service
    return config


def database_name() -> str:
    """Return, inside a revision, the name the service's roles are derived from."""
    return str(context.config.attributes["database"])


def _is_the_services_own(name: str | None, kind: str, _parents: object) -> bool:
    if kind != "table":
        return True
    return name not in PLATFORM_TABLES and not (name or "").startswith("procrastinate_")
