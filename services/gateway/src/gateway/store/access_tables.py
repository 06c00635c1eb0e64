"""The tables of access: who has an account, a session or a key, and what the gateway signs with."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlmodel import Field

from gateway.store.tables import Table


def _clock() -> "Column[datetime]":
    return Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())


def _moment(*, nullable: bool = False) -> "Column[datetime]":
    return Column(TIMESTAMP(timezone=True), nullable=nullable)


def _texts() -> "Column[list[str]]":
    return Column(ARRAY(VARCHAR), nullable=False)


class SigningKeyRow(Table, table=True):
    """A key the gateway signs tokens with; its private half is encrypted."""

    __tablename__ = "signing_key"

    id: str = Field(primary_key=True)
    public: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    private: str
    signs_from: datetime = Field(sa_column=_moment())
    created_at: datetime = Field(sa_column=_clock())


class OrganisationRow(Table, table=True):
    """An organisation that has accounts here."""

    __tablename__ = "organisation"

    organisation: UUID = Field(primary_key=True)
    name: str
    created_at: datetime = Field(sa_column=_clock())


class AccountRow(Table, table=True):
    """A person without an identity provider; `state` is invited, active or disabled."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("organisation", "email", name="account_email"),
        Index("account_by_email", "email"),
    )

    id: UUID = Field(primary_key=True)
    organisation: UUID
    email: str
    name: str
    roles: list[str] = Field(sa_column=_texts())
    territories: list[str] = Field(sa_column=_texts())
    state: str
    password_hash: str | None = None
    totp_secret: str | None = None
    totp_confirmed: bool = False
    totp_step: int = Field(default=0, sa_type=BigInteger)
    revision: int = 1
    created_by: str
    created_at: datetime = Field(sa_column=_clock())
    signed_in_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class InvitationRow(Table, table=True):
    """A link that lets somebody set the password of an account, once and for some days."""

    __tablename__ = "invitation"
    __table_args__ = (Index("invitation_account", "account_id"),)

    id: UUID = Field(primary_key=True)
    organisation: UUID
    account_id: UUID = Field(
        sa_column=Column(
            UUID_TYPE(as_uuid=True), ForeignKey("account.id", ondelete="CASCADE"), nullable=False
        )
    )
    expires_at: datetime = Field(sa_column=_moment())
    used_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class AccountSessionRow(Table, table=True):
    """A signed-in person: what renews their tokens, until it ends."""

    __tablename__ = "account_session"
    __table_args__ = (Index("account_session_account", "account_id"),)

    id: UUID = Field(primary_key=True)
    organisation: UUID
    account_id: UUID = Field(
        sa_column=Column(
            UUID_TYPE(as_uuid=True), ForeignKey("account.id", ondelete="CASCADE"), nullable=False
        )
    )
    digest: bytes = Field(sa_type=LargeBinary)
    previous_digest: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = Field(sa_column=_clock())
    renewed_at: datetime = Field(sa_column=_clock())
    expires_at: datetime = Field(sa_column=_moment())
    ended_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class AccessKeyRow(Table, table=True):
    """A key of a program (`api`), in an address (`url`) or of an inspector's device (`field`).

    Of its secret, a digest.
    """

    __tablename__ = "access_key"
    __table_args__ = (Index("access_key_by_age", "organisation", "kind", "created_at", "id"),)

    id: str = Field(primary_key=True)
    organisation: UUID
    kind: str
    name: str
    digest: bytes = Field(sa_type=LargeBinary)
    roles: list[str] = Field(sa_column=_texts())
    territories: list[str] = Field(sa_column=_texts())
    scopes: list[str] = Field(sa_column=_texts())
    paths: list[str] = Field(sa_column=_texts())
    rate_per_s: float | None = None
    daily_quota: int | None = None
    inspector_id: UUID | None = None
    created_by: str
    created_at: datetime = Field(sa_column=_clock())
    expires_at: datetime = Field(sa_column=_moment())
    revoked_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class KeyUsageRow(Table, table=True):
    """How often a key was used on a day (UTC), and when last."""

    __tablename__ = "key_usage"

    organisation: UUID = Field(primary_key=True)
    key_id: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    requests: int = Field(sa_type=BigInteger)
    last_used_at: datetime = Field(sa_column=_moment())


class SignInFailureRow(Table, table=True):
    """Failed attempts to sign in, of what only a digest tells."""

    __tablename__ = "sign_in_failure"

    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    failures: int
    failed_at: datetime = Field(sa_column=_moment())
    locked_until: datetime | None = Field(default=None, sa_column=_moment(nullable=True))
