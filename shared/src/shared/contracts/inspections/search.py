"""Search over the record."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Output


class FoundKind(StrEnum):
    """What was found."""

    accommodation = "accommodation"
    finding = "finding"
    complaint = "complaint"


class Found(Output):
    """Something that tells the words asked for; `terms` of them, some perhaps nearly."""

    kind: FoundKind
    id: UUID
    accommodation_id: UUID | None
    title: str
    told: str | None = Field(description="The note of a finding, the text of a complaint.")
    at: datetime
    terms: int
    score: float


class SearchResult(Output):
    """What was found, the best first, and the words looked for as the record keeps them."""

    terms: list[str]
    items: list[Found]
