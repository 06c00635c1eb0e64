"""What the gateway reads from its environment."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

_LOOPBACK = {
    "inspections": "http://127.0.0.1:8001",
    "scoring": "http://127.0.0.1:8002",
    "routing": "http://127.0.0.1:8003",
}


class Settings(ServiceSettings):
    """Settings of the gateway; it has no database."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", extra="ignore", frozen=True)

    upstreams: dict[str, str] = Field(
        default=_LOOPBACK, description="Where each service answers, by name, as a JSON object."
    )
    service_secrets: dict[str, SecretStr] = Field(
        default={}, description="Demo mode: the secret of each service at the demo issuer."
    )
    max_body_bytes: int = Field(
        default=256 * 1024 * 1024, ge=1, description="Longest body that is passed on."
    )
    connect_timeout_s: float = Field(
        default=2.0, gt=0, description="Patience until a service takes the connection."
    )
    read_timeout_s: float = Field(
        default=120.0, gt=0, description="Patience between two pieces of an answer."
    )
