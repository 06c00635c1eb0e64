"""What the gateway reads from its environment."""

from ipaddress import IPv4Network, IPv6Network

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

_LOOPBACK = {
    "inspections": "http://127.0.0.1:8001",
    "scoring": "http://127.0.0.1:8002",
    "routing": "http://127.0.0.1:8003",
}

_THIS_MACHINE = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class Settings(ServiceSettings):
    """Settings of the gateway, all prefixed `GATEWAY_`."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", extra="ignore", frozen=True)

    upstreams: dict[str, str] = Field(
        default=_LOOPBACK, description="Where each service answers, by name, as a JSON object."
    )
    service_secrets: dict[str, SecretStr] = Field(
        default={},
        description="The secret of each service that gets its token here, as a JSON object.",
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
    rate_per_s: float = Field(
        default=500.0, gt=0, description="Requests a second that one caller may keep up."
    )
    rate_burst: int = Field(
        default=2000, ge=1, description="Requests one caller may send at once after a rest."
    )
    cors_origins: tuple[str, ...] = Field(
        default=(), description="Origins whose pages may call from a browser, as a JSON list."
    )
    admin_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(),
        description="Where administrators may call from, as a JSON list; empty: anywhere.",
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(), description="Proxies whose `X-Forwarded-For` is believed, as a JSON list."
    )
    key_secret: SecretStr = Field(
        default=SecretStr(""),
        description="What signing keys and authenticators are encrypted with; the same for all "
        "replicas. Without it nobody signs in here, and no key is exchanged.",
    )
    key_days: int = Field(
        default=30, ge=1, le=365, description="Days after which another signing key takes over."
    )
    session_hours: float = Field(
        default=12.0, gt=0, le=720, description="How long one may stay signed in with an account."
    )
    public_url: str = Field(
        default="", description="Where people reach the gateway; empty: `GATEWAY_GATEWAY_URL`."
    )
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Mail server, `smtp://` (STARTTLS if it can) or `smtps://`, with user and "
        "password if it wants them; empty: links are given to the administrator.",
    )
    mail_from: str = Field(default="ronde@localhost", description="Who mails come from.")
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(),
        description="Networks of your own that webhooks may reach besides public addresses, by "
        "`http` too, as a JSON list.",
    )
    sign_in_clients: dict[str, str] = Field(
        default={},
        description="Client id of the console at each identity provider, as a JSON object.",
    )

    @property
    def own_issuer(self) -> str:
        """The issuer of the gateway's own tokens, as services reach it."""
        return f"{self.gateway_url.rstrip('/')}/access"

    @property
    def receiver_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks that webhooks may reach besides public addresses; in a demo, this machine."""
        return (*self.webhook_networks, *(_THIS_MACHINE if self.demo else ()))

    @property
    def reached_at(self) -> str:
        """Where people reach the gateway."""
        return (self.public_url or self.gateway_url).rstrip("/")
