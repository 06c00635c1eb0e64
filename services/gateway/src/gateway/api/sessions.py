"""Signing in and out with accounts of the gateway."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response

from gateway.api.access_messages import NewSession, Renewal, SignInOptions, Tokens
from gateway.domain.client_address import neighbourhood
from gateway.settings import Settings
from gateway.use_cases.sign_in import Attempt, SignedIn, SignIn
from shared.api_document import SIGNED
from shared.auth import bearer
from shared.issuer import PEOPLE
from shared.problems import not_found, responses

router = APIRouter(tags=["sign-in"])
SIGN_IN = {"email": "amina@association.example", "password": "quatre mots tirés au sort"}


@router.get("/v1/sign-in-options", operation_id="getSignInOptions")
async def options(request: Request) -> SignInOptions:
    """Say how people sign in here; needs no token."""
    settings: Settings = request.app.state.settings
    return SignInOptions(
        accounts=bool(settings.key_secret.get_secret_value()),
        providers=settings.sign_in_clients,
        demo_people=list(PEOPLE) if settings.demo else [],
    )


@router.post(
    "/v1/sessions",
    operation_id="createSession",
    status_code=201,
    responses=responses(401, 422, 429, 503),
)
async def create_session(
    request: Request,
    response: Response,
    wanted: Annotated[NewSession, Body(examples=[SIGN_IN])],
) -> Tokens:
    """Sign in.

    Attempts that fail are counted by address and account; a device that signed in before is
    counted apart, so that nobody can lock its owner out.
    """
    service: SignIn = request.app.state.sign_in
    address = request.app.state.admission.address_of(request.scope)
    signed_in = await service.sign_in(
        Attempt(
            email=wanted.email,
            password=wanted.password,
            code=wanted.code,
            device_token=wanted.device_token,
            address=neighbourhood(address),
        )
    )
    return _tokens(response, signed_in)


@router.post(
    "/v1/session-renewals",
    operation_id="renewSession",
    status_code=201,
    responses=responses(401, 422, 503),
)
async def renew_session(
    request: Request,
    response: Response,
    renewal: Annotated[Renewal, Body(examples=[{"refresh_token": "0f3c….Xb2"}])],
) -> Tokens:
    """Get new tokens for a session; a refresh token used twice ends it."""
    service: SignIn = request.app.state.sign_in
    return _tokens(response, await service.renew(renewal.refresh_token))


@router.delete(
    "/v1/sessions/current",
    operation_id="endSession",
    status_code=204,
    responses=responses(404, 503),
    openapi_extra=SIGNED,
)
async def end_session(request: Request) -> None:
    """Sign out: the session renews nothing more, and its token no longer passes here."""
    claims = await request.app.state.verifier.claims(bearer(request.headers.get("authorization")))
    if "sid" not in claims or claims["iss"] != request.app.state.keyring.issuer:
        raise not_found("session: the token is an identity provider's, so sign out there")
    organisation = UUID(str(claims["orgs"][0]))
    await request.app.state.sign_in.end(organisation, UUID(str(claims["sid"])))
    request.app.state.admission.refuse_session(str(claims["sid"]))


def _tokens(response: Response, signed_in: SignedIn) -> Tokens:
    response.headers["Cache-Control"] = "no-store"
    return Tokens(
        access_token=signed_in.access_token,
        expires_in=signed_in.expires_in,
        refresh_token=signed_in.refresh_token,
        device_token=signed_in.device_token,
    )
