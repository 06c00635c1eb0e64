"""What routing reads from its environment, once, in `main`."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the routing service, all prefixed `ROUTING_`."""

    model_config = SettingsConfigDict(env_prefix="ROUTING_", extra="ignore", frozen=True)

    import_dir: Path = Field(
        default=Path("var/import"),
        description="The folder that maps and timetables are taken from.",
    )
    cache_dir: Path | None = Field(
        default=None,
        description="Where road graphs and timetables are unpacked; default: beside the local "
        "blobs, else a temporary folder.",
    )
    engine: Literal["cch", "dijkstra"] | None = Field(
        default=None,
        description="What computes travel times: `cch`, or SciPy's slower `dijkstra`; both give "
        "the same numbers. Default: the fast one where it is installed.",
    )
    search_processes: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Processes that search for one plan, each its own way; one core each.",
    )
    matrix_threads: int = Field(
        default=2, ge=1, le=64, description="Threads the rows of a large matrix are spread over."
    )
    car_kg_co2e_per_km: float = Field(
        default=0.2176,
        ge=0,
        le=10,
        description="What a kilometre by car emits, its making included.",
    )
    car_co2e_source: str = Field(
        default="ADEME, Base Empreinte: mean petrol or diesel car, France",
        max_length=200,
        description="Where that factor is from; told beside each figure.",
    )
    silence_min: int = Field(
        default=0,
        ge=0,
        le=1440,
        description="Minutes without a sign of life from somebody on a visit after which the "
        "coordinator is alerted; 0: switched off, nothing is kept.",
    )
