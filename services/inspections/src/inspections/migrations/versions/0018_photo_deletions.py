"""Delete photos: who did it, when and why is kept, the files go."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0018"
down_revision = "0017"

DELETION = """
    create table photo_deletion (
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid,
        complaint_id uuid,
        sent_as varchar not null,
        sha256 varchar not null,
        thumbnail_sha256 varchar not null,
        reason varchar not null,
        deleted_by varchar not null,
        deleted_at timestamptz not null default now(),
        files_gone_at timestamptz,
        primary key (organisation, id),
        foreign key (organisation, accommodation_id)
            references accommodation (organisation, id),
        foreign key (organisation, complaint_id) references complaint (organisation, id)
    )
"""


def upgrade() -> None:
    op.execute(DELETION)
    secure(op, "photo_deletion")
    op.execute("create index photo_deletion_by_sending on photo_deletion (organisation, sent_as)")
    op.execute(
        "create index photo_deletion_undone on photo_deletion (organisation, deleted_at) "
        "where files_gone_at is null"
    )
    # What was done is never edited; but a place may be merged, and the files go afterwards.
    role = database_name()
    op.execute(f"revoke update, delete on photo_deletion from {role}")
    op.execute(f"grant update (accommodation_id, files_gone_at) on photo_deletion to {role}")
