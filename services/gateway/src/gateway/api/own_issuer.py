"""The gateway as an issuer of tokens: discovery, public keys, and tokens for machines."""

import hmac
import time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import SecretStr

from gateway.domain.access_key import PREFIX, Presented, read, written
from gateway.settings import Settings
from gateway.use_cases.keyring import LIFETIME_S, Keyring, Subject
from shared.auth import unauthenticated
from shared.issuer import Token
from shared.problems import responses

router = APIRouter(tags=["sign-in"])
# A service says for which organisation it works with each request, so its token names none.
_NO_ORGANISATION = UUID(int=0)


@router.get("/access/.well-known/openid-configuration", operation_id="discoverGateway")
async def discover(request: Request) -> dict[str, object]:
    """Describe the gateway as an issuer, as OpenID Connect discovery asks."""
    issuer = request.app.state.keyring.issuer
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/keys",
        "token_endpoint": f"{issuer}/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
    }


@router.get("/access/keys", operation_id="listGatewayKeys", responses=responses(503))
async def keys(request: Request, response: Response) -> dict[str, list[dict[str, object]]]:
    """Give the public keys: the one in use, the one before, and the next one in time."""
    keyring: Keyring = request.app.state.keyring
    response.headers["Cache-Control"] = "max-age=30"
    found = (await keyring.public()).as_dict(private=False)
    return {"keys": [dict(key) for key in found["keys"]]}


@router.post("/access/token", operation_id="createToken", responses=responses(401, 422, 429, 503))
async def token(
    request: Request,
    response: Response,
    *,
    grant_type: Annotated[Literal["client_credentials"], Form()],  # noqa: ARG001 - required by OAuth
    client_id: Annotated[str, Form(max_length=100)],
    client_secret: Annotated[str, Form(max_length=200)],
) -> Token:
    """Give a token of five minutes for a key, or for a service's secret."""
    response.headers["Cache-Control"] = "no-store"
    settings: Settings = request.app.state.settings
    secret = settings.service_secrets.get(client_id, SecretStr("")).get_secret_value()
    if secret:
        request.app.state.admission.slow_guesses(request.scope)
    if secret and hmac.compare_digest(secret.encode(), client_secret.encode()):
        keyring: Keyring = request.app.state.keyring
        subject = Subject(f"service:{client_id}", [_NO_ORGANISATION], ["service"])
        signed, _ = await keyring.token(subject)
        return Token(access_token=signed, expires_in=LIFETIME_S)
    is_whole = client_secret.startswith(PREFIX)
    presented = read(client_secret if is_whole else written(client_id, client_secret))
    if presented is None:
        raise unauthenticated("The client id or its secret is wrong.")
    return await _of_key(request, presented)


async def _of_key(request: Request, presented: Presented) -> Token:
    admission = request.app.state.admission
    exchanged = await admission.exchanged(presented, request.scope)
    return Token(access_token=exchanged.token, expires_in=int(exchanged.expires_at - time.time()))
