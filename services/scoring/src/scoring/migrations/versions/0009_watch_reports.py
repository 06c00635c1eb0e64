"""Keep what a weekly look at scores saw."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply the revision."""
    op.execute(
        "create table watch_report (organisation uuid not null, "
        "week date not null check (extract(isodow from week) = 1), id uuid not null, "
        "method varchar not null, model_id varchar, told jsonb not null, "
        "inspectors jsonb not null, profiles jsonb not null, primary key (organisation, week))"
    )
    secure(op, "watch_report")
    op.execute(f"revoke update, delete on watch_report from {database_name()}")
