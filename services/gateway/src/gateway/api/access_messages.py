"""What is said and taken about accounts, sessions and keys."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from gateway.use_cases.passwords import LONGEST, SHORTEST
from shared.contracts.message import Input, Moment, Output, Territory, Text
from shared.scopes import Scope

# A service's own role is nobody's to give.
Role = Literal[
    "reader", "inspector", "planner", "manager", "admin", "auditor", "keeper", "reporter"
]
Email = Annotated[
    str,
    Field(pattern=r"^[^@\s,;<>]{1,64}@[^@\s,;<>]{1,180}$", description="An e-mail address."),
    AfterValidator(str.casefold),
]
Password = Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]
Code = Annotated[str, Field(pattern=r"^\d{6}$", description="Of an authenticator.")]
Secret = Annotated[str, Field(min_length=1, max_length=300)]


class NewSession(Input):
    """Sign in; `code` where the account has an authenticator."""

    email: Email
    password: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    code: Code | None = None
    device_token: Secret | None = Field(
        default=None, description="As given at an earlier sign-in on this device."
    )


class Renewal(Input):
    """Ask for new tokens; the refresh token is used up."""

    refresh_token: Secret


class Tokens(Output):
    """What a session gives."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme, not a secret
    expires_in: int = Field(description="Seconds.")
    refresh_token: str
    device_token: str | None = Field(
        default=None, description="Keep it: attempts from this device are counted apart."
    )


class PasswordChange(Input):
    """Change the caller's own password."""

    current: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    password: Password


class NewAuthenticator(Input):
    """Begin to sign in with an authenticator too, by who knows the password."""

    current: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class Authenticator(Output):
    """What an authenticator app needs; shown once, in force once a code confirms it."""

    secret: str
    uri: str = Field(description="The same, as its QR code carries it.")


class Confirmation(Input):
    """A code of the authenticator just set up."""

    code: Code


class NewInvitation(Input):
    """Invite somebody to the organisation."""

    email: Email
    name: Text
    roles: list[Role] = Field(min_length=1, max_length=8)
    territories: list[Territory] = Field(
        default=[], max_length=200, description="Empty: all of the organisation's."
    )


class Invitation(Output):
    """An invitation; `link` is there when no mail could be sent, to be handed over by the admin."""

    account_id: UUID
    expires_at: datetime
    mailed: bool
    link: str | None = None


class InvitationAcceptance(Input):
    """Set a password by an invitation, or by a link to reset it."""

    token: Secret
    password: Password


class ResetRequest(Input):
    """Ask for a link to reset a forgotten password."""

    email: Email


class Account(Output):
    """Somebody's account."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    territories: list[str]
    state: Literal["invited", "active", "disabled"]
    has_authenticator: bool
    created_at: datetime
    signed_in_at: datetime | None


class AccountChange(Input):
    """Change an account; what is left out stays."""

    name: Text | None = None
    roles: list[Role] | None = Field(default=None, min_length=1, max_length=8)
    territories: list[Territory] | None = Field(default=None, max_length=200)
    state: Literal["active", "disabled"] | None = None
    has_authenticator: Literal[False] | None = Field(
        default=None, description="False takes a lost authenticator away."
    )


class NewKey(Input):
    """Ask for a key of a program; it may do what both its roles and its scopes allow."""

    name: Text
    roles: list[Role] = Field(min_length=1, max_length=8)
    territories: list[Territory] = Field(default=[], max_length=200)
    scopes: list[Scope] = Field(min_length=1, max_length=8)
    expires_at: Moment
    rate_per_s: float | None = Field(default=None, ge=0.01, le=1000)
    daily_quota: int | None = Field(default=None, ge=1, le=100_000_000)


class NewURLToken(Input):
    """Ask for an address that needs no header: read-only, for some paths, until a date."""

    name: Text
    paths: list[Annotated[str, Field(pattern=r"^(/v1/|/ogc$|/ogc/)[A-Za-z0-9._~/-]{0,200}$")]] = (
        Field(min_length=1, max_length=20, description="What it opens, with all that is below.")
    )
    territories: list[Territory] = Field(default=[], max_length=200)
    expires_at: Moment


class Key(Output):
    """A key; its secret is told once, when it is made."""

    id: str
    name: str
    roles: list[str]
    territories: list[str]
    scopes: list[str]
    paths: list[str]
    rate_per_s: float | None
    daily_quota: int | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None = None


class CreatedKey(Key):
    """A key with its secret, which is kept nowhere: save it now."""

    key: str


class CreatedURLToken(Key):
    """An address that carries its secret, which is kept nowhere: save it now."""

    base_url: str = Field(description="Put before the paths that it opens.")


class SignInOptions(Output):
    """How people sign in here."""

    accounts: bool = Field(description="With an account of this gateway.")
    providers: dict[str, str] = Field(
        description="Issuers of OpenID Connect, each with the client id to use (code and PKCE)."
    )
    demo_people: list[str] = Field(
        default=[], description="Whom `/demo/token` signs in without more, on invented data only."
    )
