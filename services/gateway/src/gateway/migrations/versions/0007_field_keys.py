"""Give field apps keys of their own, each of one inspector."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply the revision."""
    op.execute("alter table access_key drop constraint access_key_kind_check")
    op.execute(
        "alter table access_key add constraint access_key_kind_check "
        "check (kind in ('api', 'url', 'field'))"
    )
    op.execute("alter table access_key add column inspector_id uuid")
    op.execute(
        "alter table access_key add constraint access_key_of_an_inspector "
        "check ((kind = 'field') = (inspector_id is not null))"
    )
