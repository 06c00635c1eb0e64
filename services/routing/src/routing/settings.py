"""What routing reads from its environment, once, in `main`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the routing service, all prefixed `ROUTING_`."""

    model_config = SettingsConfigDict(env_prefix="ROUTING_", extra="ignore", frozen=True)

    import_dir: Path = Field(
        default=Path("var/import"), description="The folder road graphs may be built from."
    )
    cache_dir: Path | None = Field(
        default=None,
        description="Where road graphs are unpacked; default: beside the local blobs, else a "
        "temporary folder.",
    )
