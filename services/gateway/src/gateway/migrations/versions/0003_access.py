"""Create accounts, sessions, keys and what the gateway signs with.

Who presents a key or signs in has no organisation yet: the system role finds it, and reads these
tables for that alone. Signing keys and failed attempts belong to no organisation.
"""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0003"
down_revision = "0002"

FOUND_BEFORE_THE_ORGANISATION = (
    "organisation",
    "account",
    "invitation",
    "account_session",
    "access_key",
)
TABLES = """
    create table signing_key (
        id varchar primary key,
        public jsonb not null,
        private varchar not null,
        signs_from timestamptz not null,
        created_at timestamptz not null default now()
    );
    create table organisation (
        organisation uuid primary key,
        name varchar not null,
        created_at timestamptz not null default now()
    );
    create table account (
        id uuid primary key,
        organisation uuid not null,
        email varchar not null,
        name varchar not null,
        roles varchar[] not null,
        territories varchar[] not null,
        state varchar not null check (state in ('invited', 'active', 'disabled')),
        password_hash varchar,
        totp_secret varchar,
        totp_confirmed boolean not null,
        totp_step bigint not null,
        revision integer not null,
        created_by varchar not null,
        created_at timestamptz not null default now(),
        signed_in_at timestamptz,
        constraint account_email unique (organisation, email)
    );
    create index account_by_email on account (email);
    create table invitation (
        id uuid primary key,
        organisation uuid not null,
        account_id uuid not null references account (id) on delete cascade,
        expires_at timestamptz not null,
        used_at timestamptz
    );
    create index invitation_account on invitation (account_id);
    create table account_session (
        id uuid primary key,
        organisation uuid not null,
        account_id uuid not null references account (id) on delete cascade,
        digest bytea not null,
        previous_digest bytea,
        created_at timestamptz not null default now(),
        renewed_at timestamptz not null default now(),
        expires_at timestamptz not null,
        ended_at timestamptz
    );
    create index account_session_account on account_session (account_id);
    create table access_key (
        id varchar primary key,
        organisation uuid not null,
        kind varchar not null check (kind in ('api', 'url')),
        name varchar not null,
        digest bytea not null,
        roles varchar[] not null,
        territories varchar[] not null,
        scopes varchar[] not null,
        paths varchar[] not null,
        rate_per_s double precision,
        daily_quota integer,
        created_by varchar not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        revoked_at timestamptz
    );
    create index access_key_by_age on access_key (organisation, kind, created_at, id);
    create table key_usage (
        organisation uuid not null,
        key_id varchar not null,
        day date not null,
        requests bigint not null,
        last_used_at timestamptz not null,
        primary key (organisation, key_id, day)
    );
    create table sign_in_failure (
        digest bytea primary key,
        failures integer not null,
        failed_at timestamptz not null,
        locked_until timestamptz
    )
"""


def upgrade() -> None:
    """Apply the revision."""
    for statement in TABLES.split(";"):
        op.execute(statement)
    reader = f"{database_name()}_system"
    for table in FOUND_BEFORE_THE_ORGANISATION:
        secure(op, table)
        op.execute(f"create policy system on {table} for select to {reader} using (true)")
        op.execute(f"grant select on {table} to {reader}")
    secure(op, "key_usage")
