"""Settings every service has; each adds its own under its own prefix, `<SERVICE>_`."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# Where containers find their secrets: one file per setting, named like the variable in small
# letters. A variable wins over a file.
SECRETS = Path("/run/secrets")


class ServiceSettings(BaseSettings):
    """What a service reads from its environment, once, in `main`."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    database_url: str = Field(default="", description="PostgreSQL as the serving role.")
    system_url: str = Field(default="", description="PostgreSQL as the cross-organisation reader.")
    owner_url: str = Field(
        default="", description="PostgreSQL as the owner; only migrations need it."
    )
    issuers: tuple[str, ...] = Field(
        default=(), description="Trusted OpenID Connect issuers (URLs)."
    )
    audience: str = Field(default="ronde", description="The `aud` that tokens must carry.")
    demo: bool = Field(default=False, description="Trust the demo issuer; loopback only.")
    gateway_url: str = Field(
        default="http://127.0.0.1:8000", description="Where other services are reached."
    )
    token_url: str = Field(default="", description="Where the service gets its own token.")
    client_id: str = Field(default="", description="The service's own identity at `token_url`.")
    client_secret: SecretStr = Field(default=SecretStr(""), description="Its secret.")
    blobs_url: str = Field(default="file://./var/blobs", description="Store of immutable files.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, description="Port to listen on.")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Port of `/metrics`, for Prometheus; 0: none."
    )
    worker_metrics_port: int = Field(
        default=0, ge=0, le=65535, description="The same of the worker; 0: none."
    )
    worker_concurrency: int = Field(
        default=2, ge=1, le=64, description="Jobs a worker runs at once."
    )

    @model_validator(mode="after")
    def _demo_stays_on_loopback(self) -> Self:
        if self.demo and self.host not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError(
                "demo mode trusts a key made at start: it only runs on a loopback address; "
                "unset DEMO or set HOST to 127.0.0.1"
            )
        return self
