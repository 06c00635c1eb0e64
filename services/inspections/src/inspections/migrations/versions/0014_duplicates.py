"""Let what happened at a place entered twice become the past of the one that is kept."""

from alembic import op
from sqlalchemy import text

from shared.migrate import database_name

revision = "0014"
down_revision = "0013"

OF_PLACES = text(
    "select conrelid::regclass::text from pg_constraint as c "
    "join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = any(c.conkey) "
    "where c.contype = 'f' and c.confrelid = 'accommodation'::regclass "
    "and a.attname = 'accommodation_id'"
)


def upgrade() -> None:
    # Nothing else of what is never edited changes: an inspection, a second form for a visit.
    for (table,) in op.get_bind().execute(OF_PLACES).all():
        op.execute(f"grant update (accommodation_id) on {table} to {database_name()}")
    op.execute(
        "create index accommodation_by_successor on accommodation (organisation, merged_into) "
        "where merged_into is not null"
    )
