"""Keep which place took another's history over, and signals from outside."""

from alembic import op

from shared.schema import secure

revision = "0004"
down_revision = "0003"

SIGNAL = """
    organisation uuid not null,
    series varchar not null,
    subject varchar not null,
    occurred_at timestamptz not null,
    known_at timestamptz not null,
    value double precision not null,
    recorded_at timestamptz not null default now(),
    recorded_by varchar not null,
    primary key (organisation, series, subject, occurred_at, known_at)
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute("alter table accommodation add column merged_into uuid")
    op.execute(f"create table signal ({SIGNAL})")
    op.execute(
        "create index signal_newest on signal "
        "(organisation, known_at, series, subject, occurred_at)"
    )
    secure(op, "signal")
