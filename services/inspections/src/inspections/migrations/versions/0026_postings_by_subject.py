"""Find the postings of a subject by it; take accents off whatever the collation of a text.

Under the collation C capitals with accents stay capitals: their accents are taken off first.
"""

from alembic import op

revision = "0026"
down_revision = "0025"

ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿ"
PLAIN = "aaaaaaceeeeiiiinooooouuuuyy"
FOLDED = f"""
create or replace function search_folded(told text) returns text
language sql immutable parallel safe as
$$ select regexp_replace(lower(translate(
    replace(replace(replace(replace(told, 'œ', 'oe'), 'æ', 'ae'), 'Œ', 'oe'), 'Æ', 'ae'),
    '{ACCENTED}{ACCENTED.upper()}', '{PLAIN}{PLAIN}')), '[^a-z0-9]+', ' ', 'g') $$
"""
QUEUED = ("accommodation", "inspection", "complaint")


def upgrade() -> None:
    """Apply the revision."""
    op.execute("drop index search_posting_by_subject")
    op.execute(
        "create index search_posting_by_subject on search_posting (organisation, subject_id, kind)"
    )
    op.execute(FOLDED)
    op.execute("alter table search_queue no force row level security")
    for table in QUEUED:
        op.execute(f"alter table {table} no force row level security")
        op.execute(
            "insert into search_queue (organisation, kind, subject_id) "  # noqa: S608 - names of ours
            f"select organisation, '{table}', id from {table} on conflict do nothing"
        )
        op.execute(f"alter table {table} force row level security")
    op.execute("alter table search_queue force row level security")
