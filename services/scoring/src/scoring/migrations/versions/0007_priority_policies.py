"""Keep the versions of the priority policy."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0007"
down_revision = "0006"

POLICY = """
    organisation uuid not null,
    version integer not null check (version > 0),
    weights jsonb not null,
    author varchar not null,
    reason varchar not null,
    created_at timestamptz not null default now(),
    primary key (organisation, version)
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute(f"create table priority_policy ({POLICY})")
    secure(op, "priority_policy")
    op.execute(f"revoke update, delete on priority_policy from {database_name()}")
