"""Search by words: a table of them that the database reads by its index, security or not.

Under row-level security the operator of full text is not leakproof, so no index on it is used;
equality of words is. PostgreSQL's own French parser and stemmer give the words.
"""

from alembic import op

from shared.schema import secure

revision = "0023"
down_revision = "0022"

ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿ"
PLAIN = "aaaaaaceeeeiiiinooooouuuuyy"
FUNCTIONS = f"""
create function search_folded(told text) returns text language sql immutable parallel safe as
$$ select regexp_replace(translate(replace(replace(lower(told), 'œ', 'oe'), 'æ', 'ae'),
    '{ACCENTED}', '{PLAIN}'), '[^a-z0-9]+', ' ', 'g') $$;
create function search_words(told text) returns text[] language sql immutable parallel safe as
$$ select tsvector_to_array(to_tsvector('pg_catalog.french', search_folded(told))) $$;
create function search_variants(word text) returns table (variant text)
language sql immutable parallel safe as
$$ select word union select overlay(word placing '' from n for 1)
    from generate_series(1, length(word)) as n where length(word) >= 4 $$;
"""  # noqa: S608 - names of ours
TABLES = {
    "search_word": """
        organisation uuid not null,
        word varchar collate "C" not null,
        primary key (organisation, word)
    """,
    "search_variant": """
        organisation uuid not null,
        variant varchar collate "C" not null,
        word varchar collate "C" not null,
        primary key (organisation, variant, word)
    """,
    "search_posting": """
        organisation uuid not null,
        word varchar collate "C" not null,
        kind varchar not null,
        subject_id uuid not null,
        accommodation_id uuid,
        weight real not null,
        located boolean not null,
        primary key (organisation, word, kind, subject_id, located)
    """,
    "search_queue": """
        organisation uuid not null,
        kind varchar not null,
        subject_id uuid not null,
        primary key (organisation, kind, subject_id)
    """,
}
QUEUED = ("accommodation", "inspection", "complaint")
QUEUE = """
create function search_again() returns trigger language plpgsql as $$
begin
    insert into search_queue (organisation, kind, subject_id)
    select organisation, tg_argv[0], id from told on conflict do nothing;
    return null;
end $$
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute(FUNCTIONS)
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
    op.execute(
        "create index search_posting_by_subject "
        "on search_posting (organisation, kind, accommodation_id, subject_id)"
    )
    op.execute(QUEUE)
    for table in QUEUED:
        for act in ("insert", "update"):
            op.execute(
                f"create trigger search_{act} after {act} on {table} "
                "referencing new table as told "
                f"for each statement execute function search_again('{table}')"
            )
        op.execute(f"alter table {table} no force row level security")
        op.execute(
            "insert into search_queue (organisation, kind, subject_id) "  # noqa: S608 - names of ours
            f"select organisation, '{table}', id from {table}"
        )
        op.execute(f"alter table {table} force row level security")
    # Only now: forced security would hide from their owner the rows written above.
    for table in TABLES:
        secure(op, table)
