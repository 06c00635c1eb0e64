"""Invite people, and let them set a password: the first time, or when it is forgotten."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store import accounts
from gateway.store.access_tables import AccountRow, InvitationRow, OrganisationRow
from gateway.use_cases import passwords
from gateway.use_cases.keyring import Sealer
from shared.db import Database
from shared.problems import Problem, conflict

INVITED_FOR, RESET_FOR = timedelta(days=7), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom an account is for, and what it allows."""

    email: str
    name: str
    roles: list[str]
    territories: list[str]


def written(invitation_id: UUID, sealer: Sealer) -> str:
    """Write the invitation as its link carries it: nothing of it is kept but its id."""
    return f"{invitation_id}.{sealer.mark(f'invitation {invitation_id}')}"


def link_of(invitation: InvitationRow, sealer: Sealer, public_url: str) -> str:
    """Write the address at which an invitation is accepted.

    The token is behind `#`, which browsers send to nobody: no log can hold it.
    """
    return f"{public_url}/invitation#{written(invitation.id, sealer)}"


async def invite(
    session: AsyncSession, organisation: UUID, person: Person, *, invited_by: str
) -> tuple[AccountRow, InvitationRow]:
    """Make an account and its invitation; one who has not accepted yet is invited anew.

    Raises
    ------
    Problem : 409 when somebody has signed up with the address
    """
    await accounts.lock_accounts(session, organisation)
    known = [it for it in await accounts.with_email(session, person.email) if it.state != "invited"]
    if known:
        raise conflict("The organisation has an account with this address; change that one.")
    for waiting in await accounts.with_email(session, person.email):
        await session.delete(waiting)
    await session.flush()
    account = AccountRow(
        id=uuid4(),
        organisation=organisation,
        email=person.email,
        name=person.name,
        roles=person.roles,
        territories=person.territories,
        state="invited",
        created_by=invited_by,
        created_at=datetime.now(UTC),
    )
    session.add(account)
    await session.flush()
    return account, await add_invitation(session, account, INVITED_FOR)


async def add_invitation(
    session: AsyncSession, account: AccountRow, lasting: timedelta
) -> InvitationRow:
    """Add a link that sets the password of an account."""
    invitation = InvitationRow(
        id=uuid4(),
        organisation=account.organisation,
        account_id=account.id,
        expires_at=datetime.now(UTC) + lasting,
    )
    session.add(invitation)
    await session.flush()
    return invitation


async def accept(database: Database, sealer: Sealer, token: str, password: str) -> AccountRow:
    """Set the password of an account by its invitation; all its sessions end.

    Raises
    ------
    Problem : 404 when the invitation is unknown, used or over, 422 for a weak password
    """
    invitation = await _invitation_of(database, sealer, token)
    now = datetime.now(UTC)
    async with database.session(invitation.organisation) as session:
        account = await session.get_one(AccountRow, invitation.account_id)
        passwords.check(password, account.email)
    kept = await passwords.hashed(password)
    async with database.session(invitation.organisation) as session:
        if not await accounts.use_invitation(session, invitation.id, now):
            raise _no_invitation()
        account = await session.get_one(AccountRow, invitation.account_id)
        if account.state == "disabled":
            raise _no_invitation()
        account.password_hash = kept
        account.state = "active"
        account.revision += 1
        await accounts.end_sessions(session, account.id, now)
        await accounts.void_invitations(session, account.id, now)
    return account


async def _invitation_of(database: Database, sealer: Sealer, token: str) -> InvitationRow:
    said, _, _ = token.partition(".")
    try:
        invitation_id = UUID(said)
    except ValueError as error:
        raise _no_invitation() from error
    if not secrets.compare_digest(written(invitation_id, sealer).encode(), token.encode()):
        raise _no_invitation()
    async with database.system_session() as session:
        found = await session.get(InvitationRow, invitation_id)
    if found is None:
        raise _no_invitation()
    return found


async def first_administrator(
    database: Database, organisation_name: str, person: Person, password: str
) -> AccountRow:
    """Make an organisation, unless there is one of that name, and somebody to administer it.

    Raises
    ------
    Problem : 409 when the organisation has an account of that address, 422 for a weak password
    """
    passwords.check(password, person.email)
    kept = await passwords.hashed(password)
    async with database.system_session() as session:
        known = await accounts.organisation_named(session, organisation_name)
    organisation = known.organisation if known else uuid4()
    async with database.session(organisation) as session:
        if known is None:
            now = datetime.now(UTC)
            session.add(
                OrganisationRow(organisation=organisation, name=organisation_name, created_at=now)
            )
        account, _ = await invite(session, organisation, person, invited_by="command line")
        account.password_hash = kept
        account.state = "active"
    return account


def _no_invitation() -> Problem:
    return Problem(404, "not-found", "The invitation is unknown, used or over; ask for a new one.")
