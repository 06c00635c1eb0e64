"""What the record reads from its environment, once, in `main`."""

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the inspections service, all prefixed `INSPECTIONS_`."""

    model_config = SettingsConfigDict(env_prefix="INSPECTIONS_", extra="ignore", frozen=True)

    entry_delay: timedelta = Field(
        default=timedelta(days=1),
        description="From an inspection to our knowing of it, when its sender does not say.",
    )
    visit_fixed_min: float = Field(
        default=30.0,
        gt=0,
        description="Minutes of a visit beside its rooms, until visits were timed.",
    )
    room_min: float = Field(
        default=5.0,
        gt=0,
        description="Minutes one person needs for a room, until visits were timed.",
    )
    overdue_limit_days: int = Field(
        default=30, ge=0, description="Days late beyond which a place must be visited."
    )
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Mail server, `smtp://user:password@host:port` or `smtps://…`; without one "
        "nothing is sent and mails are kept to be read.",
    )
    mail_from: str = Field(default="ronde@localhost", description="Who mails come from.")
    alert_answer: timedelta = Field(
        default=timedelta(minutes=30),
        gt=timedelta(0),
        description="How long a level on call has to answer an alert.",
    )
    alert_again: timedelta = Field(
        default=timedelta(hours=1),
        gt=timedelta(0),
        description="How often everybody on call is paged after the last level.",
    )
    contact_open_days: int = Field(
        default=180, ge=1, description="Days after a complaint came that its author is known."
    )
    contact_closed_days: int = Field(
        default=30, ge=0, description="Days after a complaint was closed that its author is known."
    )
    photo_limit_mb: int = Field(default=20, ge=1, le=60, description="Megabytes of a photo.")
    photo_limit_mpx: int = Field(default=50, ge=1, le=200, description="Millions of its pixels.")
