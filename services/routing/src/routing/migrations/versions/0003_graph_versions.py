"""Keep with each graph its country, the digest of its rules, its profiles and what changed."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply the revision; graphs built before do not say."""
    op.execute(
        """
        alter table graph
            add column country varchar,
            add column profile_sha256 varchar,
            add column profiles jsonb,
            add column changed_share double precision
        """
    )
