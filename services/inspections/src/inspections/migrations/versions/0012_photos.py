"""Keep photos of places: the files lie in the blob store, without what cameras write in them."""

from alembic import op

from shared.schema import secure

revision = "0012"
down_revision = "0011"

PHOTO = """
    create table photo (
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid,
        inspection_id uuid,
        finding_id uuid,
        complaint_id uuid,
        item varchar,
        room varchar,
        sha256 varchar not null,
        thumbnail_sha256 varchar not null,
        media_type varchar not null,
        width integer not null,
        height integer not null,
        size_bytes integer not null,
        taken_at timestamptz,
        regions jsonb,
        sent_as varchar not null,
        revision integer not null default 1,
        created_at timestamptz not null default now(),
        primary key (organisation, id),
        constraint photo_sent_as unique (organisation, sent_as),
        check (accommodation_id is not null or complaint_id is not null),
        foreign key (organisation, accommodation_id)
            references accommodation (organisation, id),
        foreign key (organisation, inspection_id) references inspection (organisation, id),
        foreign key (organisation, finding_id) references finding (organisation, id),
        foreign key (organisation, complaint_id) references complaint (organisation, id)
    )
"""


def upgrade() -> None:
    op.execute(PHOTO)
    secure(op, "photo")
    op.execute("create index photo_by_place on photo (organisation, accommodation_id, created_at)")
    for name in ("inspection", "finding", "complaint"):
        op.execute(
            f"create index photo_by_{name} on photo (organisation, {name}_id) "
            f"where {name}_id is not null"
        )
