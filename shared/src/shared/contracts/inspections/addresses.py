"""Where addresses lie, by the national address base as it was imported."""

from pydantic import Field

from shared.contracts.message import Output, Position


class Geocoding(Output):
    """Where an address lies."""

    position: Position
    confidence: float = Field(description="0 to 1.")
    label: str = Field(description="The address found.")
    to_check: bool = Field(description="Not sure enough to be used without anybody looking.")
