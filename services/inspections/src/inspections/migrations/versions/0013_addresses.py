"""Keep the addresses of the national base, and how sure the position of each place is."""

from alembic import op

from shared.schema import secure

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute(
        """
        create table address (
            organisation uuid not null,
            id varchar not null,
            number integer not null,
            repetition varchar not null,
            street varchar not null,
            street_key varchar not null,
            postcode varchar not null,
            commune varchar not null,
            city varchar not null,
            city_key varchar not null,
            lon double precision not null,
            lat double precision not null,
            primary key (organisation, id)
        )
        """
    )
    secure(op, "address")
    op.execute("create index address_by_postcode on address (organisation, postcode)")
    op.execute("create index address_by_city on address (organisation, city_key)")
    op.execute(
        "alter table accommodation "
        "add column position_source varchar not null default 'declared', "
        "add column position_confidence double precision, "
        "add column position_guess jsonb"
    )
    op.execute("alter table accommodation no force row level security")
    op.execute("update accommodation set position_source = 'unknown' where lon is null")
    op.execute("alter table accommodation force row level security")
    op.execute(
        "create index accommodation_unsure on accommodation (organisation, position_source) "
        "where position_source in ('unknown', 'to_check')"
    )
