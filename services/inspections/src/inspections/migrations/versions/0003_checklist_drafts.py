"""Let checklists be drafted, published and retired."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        "alter table checklist "
        "add column title_fr varchar not null default '', "
        "add column title_en varchar not null default '', "
        "add column created_at timestamptz not null default now(), "
        "add column retired_at timestamptz, "
        "add column retired_because varchar, "
        "add constraint checklist_retirement "
        "check ((retired_at is null) = (retired_because is null))"
    )
    # The items stay as published: the serving role may write nothing else of a row.
    op.execute(f"grant update (retired_at, retired_because) on checklist to {database_name()}")
    op.execute(
        """
        create table checklist_draft (
            organisation uuid not null,
            id uuid not null,
            code varchar not null,
            version integer not null,
            title_fr varchar not null,
            title_en varchar not null,
            items jsonb not null,
            revision integer not null,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            primary key (organisation, id),
            constraint checklist_draft_code unique (organisation, code)
        )
        """
    )
    secure(op, "checklist_draft")
