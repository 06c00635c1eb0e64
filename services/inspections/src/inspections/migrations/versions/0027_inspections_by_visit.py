"""Find the inspections of visits by an index of all of them.

The unique one holds what counts only, and the policy that hides the rest does not say so in the
words that would let a reader use it: a place's history read all inspections of an organisation.
"""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Apply the revision."""
    op.execute("create index inspection_by_visit on inspection (organisation, visit_id)")
