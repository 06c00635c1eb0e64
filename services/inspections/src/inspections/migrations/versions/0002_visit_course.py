"""Keep the course of a visit: when people left for it, were there, and why it was changed."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "alter table visit "
        "add column sent_digest varchar, "
        "add column revision integer not null default 1, "
        "add column en_route_at timestamptz, "
        "add column started_at timestamptz, "
        "add column ended_at timestamptz, "
        "add column rooms_seen integer, "
        "add column reason varchar, "
        "add column updated_at timestamptz not null default now(), "
        "add constraint visit_times check (ended_at is null or ended_at > started_at)"
    )
    # What visits really took is learned from the last ones of each kind.
    op.execute(
        "create index visit_by_end on visit (organisation, kind, ended_at) "
        "where ended_at is not null"
    )
