"""What travel emits."""

from pydantic import Field

from shared.contracts.message import Output


class Emissions(Output):
    """What driving a plan emits."""

    kg_co2e: float
    kg_co2e_per_km: float
    source: str = Field(description="Where the factor is from.")
