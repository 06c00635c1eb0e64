"""Create what each service last said of itself, so that a restart forgets none of it."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply the revision."""
    op.execute(
        "create table service_page (service varchar primary key, page jsonb not null, "
        "told_at timestamptz not null default now())"
    )
