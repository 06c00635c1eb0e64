"""Know when the score of each place last changed, in the order of commits, for who copies them."""

from alembic import op

from shared.schema import create_changes, note_changes, note_changes_of

revision = "0012"
down_revision = "0011"

READ = ("latest_score", "accommodation", "newest_change")
MERGED = "new.merged_into is not null and old.merged_into is distinct from new.merged_into"


def upgrade() -> None:
    """Apply the revision."""
    create_changes(op)
    note_changes(op)
    for table in READ:
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        "insert into newest_change (organisation, kind, subject_id, changed_at, removed) "
        "select l.organisation, 'score', accommodation_id, least(computed_at, now()), "
        "merged_into is not null from latest_score l join accommodation a "
        "on a.organisation = l.organisation and a.id = l.accommodation_id"
    )
    for table in READ:
        op.execute(f"alter table {table} force row level security")
    note_changes_of(
        op, "latest_score", "insert or update", kind="score", subject="accommodation_id"
    )
    note_changes_of(
        op,
        "accommodation",
        f"update of merged_into when {MERGED}",
        kind="score",
        subject="id",
        removed=True,
    )
