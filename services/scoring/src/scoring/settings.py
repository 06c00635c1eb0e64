"""What the scoring service reads from its environment, once, in `main`."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the scoring service, all prefixed `SCORING_`."""

    model_config = SettingsConfigDict(env_prefix="SCORING_", extra="ignore", frozen=True)

    longest_interval_days: int = Field(
        default=365, ge=1, description="A place not visited for longer is overdue."
    )
    refresh_after: timedelta = Field(
        default=timedelta(days=1),
        description="Scores older than this are computed again: time passes for them too.",
    )
    retrain_every: timedelta = Field(
        default=timedelta(days=30),
        ge=timedelta(0),
        description="How often a model is trained unasked, to be proposed; zero for never.",
    )
    training_threads: int = Field(
        default=1, ge=1, le=64, description="Threads LightGBM trains with."
    )
