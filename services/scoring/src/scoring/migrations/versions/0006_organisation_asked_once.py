"""Ask for the organisation once a statement, not once a row."""

from alembic import op

from shared.schema import ask_organisation_once

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply the revision."""
    ask_organisation_once(op)
