"""What the record reads from its environment, once, in `main`."""

from datetime import timedelta

from pydantic import Field
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
        default=30.0, gt=0, description="Minutes of a visit that do not depend on the rooms seen."
    )
    room_min: float = Field(default=5.0, gt=0, description="Minutes one person needs for a room.")
    overdue_limit_days: int = Field(
        default=30, ge=0, description="Days late beyond which a place must be visited."
    )
