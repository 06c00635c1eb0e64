"""Ask for the organisation once a statement, not once a row."""

from alembic import op

from shared.schema import ask_organisation_once

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply the revision."""
    ask_organisation_once(op)
