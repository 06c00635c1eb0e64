"""The grade of a place as of a day, apart from those of its inspections."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Label, Output

Letter = Literal["A", "B", "C", "D"]


class GradeReason(StrEnum):
    """What decided the grade of a place."""

    danger = "danger"
    serious_overdue = "serious_overdue"
    serious = "serious"
    moderate_overdue = "moderate_overdue"
    moderate = "moderate"
    by_index = "by_index"
    nothing_wrong = "nothing_wrong"


class FrozenGrade(Output):
    """What the last inspection known on that day gave; it never changes."""

    inspection_id: UUID
    occurred_at: datetime
    grade: Letter | None
    insalubrity_index: float | None
    coverage: float
    grading: str


class PlaceGrade(Output):
    """The grade of a place, by all that was known of it on a day."""

    accommodation_id: UUID
    as_of: date
    grading: str = Field(description="Name of the rule.")
    grade: Letter | None = Field(description="Null when nothing was known.")
    reason: GradeReason | None
    reason_label: Label | None
    reason_count: int = Field(description="Findings that have the reason; 0 where it is none.")
    insalubrity_index: float | None = Field(description="Over what is known; repeats weigh more.")
    coverage: float = Field(description="Share of the items of the checklist that are known.")
    standing: int = Field(description="Findings nobody has seen to be right, of the operator's.")
    critical: int
    overdue: int
    repeats: int
    last_inspection: FrozenGrade | None
