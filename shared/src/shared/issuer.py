"""The demo issuer: an OpenID Connect issuer whose key is made at start, for loopback alone.

It knows two organisations and a few people, gives a token to whoever asks on this machine, and
gives the services theirs by the client-credentials grant. Production trusts a real provider.
"""

import hmac
import time
from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, KeySetSerialization
from pydantic import BaseModel, SecretStr

from shared.auth import unauthenticated

DEMO_ORGANISATION = UUID("00000000-0000-4000-8000-000000000001")
LIFETIME_S = 8 * 3600
SERVICE_LIFETIME_S = 300
NEIGHBOUR_ORGANISATION = UUID("00000000-0000-4000-8000-000000000002")
PEOPLE = {
    "coordinator": (DEMO_ORGANISATION, ["reader", "inspector", "planner", "manager"]),
    "inspector": (DEMO_ORGANISATION, ["inspector"]),
    "reader": (DEMO_ORGANISATION, ["reader"]),
    "admin": (DEMO_ORGANISATION, ["reader", "inspector", "planner", "manager", "admin"]),
    "neighbour": (NEIGHBOUR_ORGANISATION, ["reader", "inspector", "planner", "manager", "admin"]),
}
Person = Literal["coordinator", "inspector", "reader", "admin", "neighbour"]


@dataclass(slots=True)
class Issuer:
    """Signs tokens with a key of its own."""

    url: str
    audience: str = "ronde"
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))

    def token(
        self,
        subject: str,
        *,
        organisations: list[UUID],
        roles: list[str],
        territories: list[str] | None = None,
        inspector: UUID | None = None,
        lifetime_s: int = LIFETIME_S,
    ) -> str:
        """Sign a token for `subject`; with `inspector`, as a field app of that inspector has it."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self.audience,
            "sub": subject,
            "iat": now,
            "exp": now + lifetime_s,
            "orgs": [str(item) for item in organisations],
            "roles": roles,
            "territories": territories or [],
        }
        if inspector is not None:
            claims["inspector"] = str(inspector)
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)

    def keys(self) -> KeySetSerialization:
        """Return the public half, as a JSON Web Key Set."""
        return KeySet([self.key]).as_dict(private=False)


class Token(BaseModel):
    """A bearer token."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme, not a secret
    expires_in: int


def router(issuer: Issuer, clients: dict[str, SecretStr]) -> APIRouter:
    """Serve discovery, keys and tokens; `clients` are the services and their secrets."""
    routes = APIRouter(tags=["demo sign-in"])

    @routes.get("/.well-known/openid-configuration", operation_id="discoverIssuer")
    async def discover() -> dict[str, object]:
        """Describe the issuer, as OpenID Connect discovery asks."""
        return {
            "issuer": issuer.url,
            "jwks_uri": f"{issuer.url}/demo/jwks.json",
            "token_endpoint": f"{issuer.url}/demo/token",
            "grant_types_supported": ["client_credentials"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        }

    @routes.get("/demo/jwks.json", operation_id="listDemoKeys")
    async def keys() -> dict[str, list[dict[str, object]]]:
        """Give the public keys."""
        return {"keys": [dict(key) for key in issuer.keys()["keys"]]}

    @routes.post("/demo/token", operation_id="createDemoToken")
    async def token(
        person: Annotated[Person, Form()] = "coordinator",
        client_id: Annotated[str, Form()] = "",
        client_secret: Annotated[str, Form()] = "",
    ) -> Token:
        """Give a token: a person's for the asking, a service's for its secret."""
        if not client_id:
            organisation, roles = PEOPLE[person]
            signed = issuer.token(f"demo:{person}", organisations=[organisation], roles=roles)
            return Token(access_token=signed, expires_in=LIFETIME_S)
        secret = clients.get(client_id, SecretStr("")).get_secret_value()
        if not secret or not hmac.compare_digest(secret, client_secret):
            raise unauthenticated("The client id or its secret is wrong.")
        signed = issuer.token(
            f"service:{client_id}",
            organisations=[DEMO_ORGANISATION],
            roles=["service"],
            lifetime_s=SERVICE_LIFETIME_S,
        )
        return Token(access_token=signed, expires_in=SERVICE_LIFETIME_S)

    return routes
