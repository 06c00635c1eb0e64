"""Accounts of the gateway over HTTP: inviting, changing, and what people do with their own."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

import pyotp
from fastapi import APIRouter, Body, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.access_messages import (
    Account,
    AccountChange,
    Authenticator,
    Confirmation,
    Invitation,
    InvitationAcceptance,
    NewAuthenticator,
    NewInvitation,
    PasswordChange,
    ResetRequest,
)
from gateway.store import accounts
from gateway.store.access_tables import AccountRow
from gateway.use_cases import invite, own_account
from gateway.use_cases.passing_rights import check_territories
from gateway.use_cases.post import Post
from shared.auth import Admin, Caller, CurrentCaller
from shared.db import Session
from shared.paging import Cursor, Limit, Page, decode, encode
from shared.preconditions import Revision, etag
from shared.problems import Problem, invalid, not_found, responses

NOTHING: dict[int | str, dict[str, object]] = {
    202: {"content": {"application/json": {"schema": {"type": "null"}}}}
}
router = APIRouter(tags=["accounts"])
INVITED = {"email": "amina@association.example", "name": "Amina", "roles": ["planner", "reader"]}
ACCEPTED = {"token": "7d0c….a1b2", "password": "quatre mots tirés au sort"}


@router.post(
    "/v1/invitations",
    operation_id="createInvitation",
    status_code=201,
    responses=responses(403, 409, 422, 503),
)
async def create_invitation(
    request: Request,
    caller: Admin,
    session: Session,
    wanted: Annotated[NewInvitation, Body(examples=[INVITED])],
) -> Invitation:
    """Invite somebody, by mail; without a mail server the link is given to you to hand over.

    Inviting the same address again, before it accepted, makes the link before void.
    """
    check_territories(caller, wanted.territories)
    post: Post = request.app.state.post
    person = invite.Person(wanted.email, wanted.name, list(wanted.roles), wanted.territories)
    account, invitation = await invite.invite(
        session, caller.organisation, person, invited_by=caller.subject
    )
    mailed = await post.send_link(session, account, invitation, asked_by=caller.subject)
    return Invitation(
        account_id=account.id,
        expires_at=invitation.expires_at,
        mailed=mailed,
        link=None if mailed else post.link(invitation),
    )


@router.post(
    "/v1/invitation-acceptances",
    operation_id="acceptInvitation",
    status_code=201,
    responses=responses(404, 422, 503),
)
async def accept_invitation(
    request: Request, wanted: Annotated[InvitationAcceptance, Body(examples=[ACCEPTED])]
) -> Account:
    """Set the password of an account by the token of its link; needs no token of a caller."""
    state = request.app.state
    row = await invite.accept(state.database, state.sealer, wanted.token, wanted.password)
    return _account(row)


@router.post(
    "/v1/password-resets",
    operation_id="createPasswordReset",
    status_code=202,
    responses=responses(422, 429, 503) | NOTHING,
)
async def create_password_reset(
    request: Request, wanted: Annotated[ResetRequest, Body(examples=[{"email": "a@b.example"}])]
) -> None:
    """Ask for a link to set a new password; the answer does not tell whether there is an account.

    Without a mail server none is sent: an administrator makes one with `createAccountLink`.
    """
    request.app.state.admission.slow_strangers(request.scope)
    await own_account.request_reset(
        request.app.state.database, request.app.state.post, wanted.email
    )


@router.get("/v1/accounts", operation_id="listAccounts", responses=responses(403, 422))
async def list_accounts(
    _caller: Admin, session: Session, limit: Limit = 100, cursor: Cursor = None
) -> Page[Account]:
    """List the organisation's accounts, by address."""
    after = None
    if cursor is not None:
        email, account_id = decode(cursor, 2)
        try:
            after = (email, UUID(account_id))
        except ValueError as error:
            raise invalid("query: cursor", "This cursor belongs to another list.") from error
    rows = await accounts.page(session, after=after, limit=limit + 1)
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page(
        items=[_account(row) for row in rows[:limit]],
        next_cursor=encode(last.email, str(last.id)) if last else None,
    )


@router.get("/v1/accounts/{account_id}", operation_id="getAccount", responses=responses(403, 404))
async def get_account(
    response: Response, _caller: Admin, session: Session, account_id: UUID
) -> Account:
    """Read an account; its `ETag` is for changing it."""
    return _with_etag(response, await _found(session, account_id))


@router.patch(
    "/v1/accounts/{account_id}",
    operation_id="changeAccount",
    responses=responses(403, 404, 409, 412, 422, 428),
)
async def change_account(  # noqa: PLR0913 - a route takes what it needs
    request: Request,
    response: Response,
    caller: Admin,
    session: Session,
    *,
    account_id: UUID,
    change: Annotated[AccountChange, Body(examples=[{"state": "disabled"}])],
    revision: Revision,
) -> Account:
    """Change what an account may do, or disable it: its sessions then end.

    Its tokens are refused at once here, within five minutes at other replicas.
    """
    row = await _found(session, account_id)
    if revision != row.revision:
        raise Problem(
            412, "precondition-failed", "The account changed since you read it; read it again."
        )
    check_territories(caller, row.territories)
    if change.territories is not None:
        check_territories(caller, change.territories)
    wanted = own_account.Wanted(
        name=change.name,
        roles=None if change.roles is None else list(change.roles),
        territories=change.territories,
        state=change.state,
        drop_authenticator=change.has_authenticator is False,
    )
    _refuse(request, await own_account.change(session, row, wanted))
    return _with_etag(response, row)


@router.post(
    "/v1/accounts/{account_id}/links",
    operation_id="createAccountLink",
    status_code=201,
    responses=responses(403, 404, 409, 503),
)
async def create_account_link(
    request: Request, response: Response, caller: Admin, session: Session, *, account_id: UUID
) -> Invitation:
    """Make a link by which somebody sets a new password, to be handed over; it lasts an hour."""
    row = await _found(session, account_id)
    check_territories(caller, row.territories)
    invitation = await own_account.link_by_administrator(session, row)
    response.headers["Cache-Control"] = "no-store"
    return Invitation(
        account_id=row.id,
        expires_at=invitation.expires_at,
        mailed=False,
        link=request.app.state.post.link(invitation),
    )


@router.post(
    "/v1/me/password",
    operation_id="changePassword",
    status_code=204,
    responses=responses(404, 422, 429),
)
async def change_password(
    request: Request,
    caller: CurrentCaller,
    session: Session,
    wanted: Annotated[
        PasswordChange, Body(examples=[{"current": "…", "password": "d'autres mots au sort"}])
    ],
) -> None:
    """Change the caller's password; all sessions end."""
    row = await _own(session, caller)
    ended = await own_account.change_password(
        session,
        row,
        request.app.state.sign_in,
        current=wanted.current,
        password=wanted.password,
    )
    _refuse(request, ended)


@router.post(
    "/v1/me/authenticator",
    operation_id="createAuthenticator",
    status_code=201,
    responses=responses(404, 409, 422, 429, 503),
)
async def create_authenticator(
    request: Request,
    response: Response,
    caller: CurrentCaller,
    session: Session,
    *,
    wanted: Annotated[NewAuthenticator, Body(examples=[{"current": "…"}])],
) -> Authenticator:
    """Begin to sign in with an authenticator too; it counts once a code has confirmed it."""
    row = await _own(session, caller)
    state = request.app.state
    secret = await own_account.begin_authenticator(
        session, row, state.sign_in, state.sealer, current=wanted.current
    )
    uri = pyotp.TOTP(secret, name=row.email, issuer="Ronde").provisioning_uri()
    response.headers["Cache-Control"] = "no-store"
    return Authenticator(secret=secret, uri=uri)


@router.put(
    "/v1/me/authenticator",
    operation_id="confirmAuthenticator",
    status_code=204,
    responses=responses(404, 409, 422, 503),
)
async def confirm_authenticator(
    request: Request,
    caller: CurrentCaller,
    session: Session,
    confirmation: Annotated[Confirmation, Body(examples=[{"code": "123456"}])],
) -> None:
    """Confirm the authenticator by a code that it shows."""
    row = await _own(session, caller)
    await own_account.confirm_authenticator(
        session, row, request.app.state.sealer, confirmation.code
    )


def _refuse(request: Request, ended: Iterable[UUID]) -> None:
    """Let the tokens of sessions that end here no longer pass, though they last some minutes."""
    for session_id in ended:
        request.app.state.admission.refuse_session(str(session_id))


async def _found(session: AsyncSession, account_id: UUID) -> AccountRow:
    row = await session.get(AccountRow, account_id, with_for_update=True)
    if row is None:
        raise not_found("account")
    return row


async def _own(session: AsyncSession, caller: Caller) -> AccountRow:
    kind, _, account_id = caller.subject.partition(":")
    if kind != "account":
        raise not_found("account: you sign in with an identity provider, so change it there")
    return await _found(session, _id(account_id))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise not_found("account") from error


def _with_etag(response: Response, row: AccountRow) -> Account:
    response.headers["ETag"] = etag(row.revision)
    return _account(row)


def _account(row: AccountRow) -> Account:
    return Account.model_validate({**row.model_dump(), "has_authenticator": row.totp_confirmed})
