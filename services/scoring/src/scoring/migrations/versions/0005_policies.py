"""Keep the versions of the scoring policy, and by which of them a model was trained."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0005"
down_revision = "0004"

POLICY = """
    organisation uuid not null,
    version integer not null check (version > 0),
    label jsonb not null,
    weights jsonb not null,
    cohort_kinds varchar[] not null,
    author varchar not null,
    reason varchar not null,
    created_at timestamptz not null default now(),
    primary key (organisation, version)
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute(f"create table scoring_policy ({POLICY})")
    secure(op, "scoring_policy")
    op.execute(f"revoke update, delete on scoring_policy from {database_name()}")
    op.execute("alter table model add column policy_version integer")
