"""Candidates: the places that could be visited on some days."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.inspections.visits import VisitKind
from shared.contracts.message import Label, Output, Position, Territory, Window


class Candidate(Output):
    """A place that could be visited in the days asked for."""

    accommodation_id: UUID
    name: str
    territory: Territory
    sector: str
    position: Position
    rooms_to_see: int
    fixed_min: float = Field(ge=0, description="Minutes that do not shrink with the team.")
    person_min: float = Field(ge=0, description="Minutes of one person's work, shared by the team.")
    windows: list[Window]
    visit_kind: VisitKind = Field(description="A re-inspection where a critical finding stands.")
    due_on: date | None
    due_reason: Label | None = Field(default=None, description="Why it is due on that day.")
    interval_days: int = Field(
        default=180, ge=1, description="The most days from one visit to the next, at its grade."
    )
    must_visit: bool
    must_reason: Label | None
    skills: list[str]
    announced: bool
    last_visit_on: date | None
    people: int | None = Field(default=None, description="Living there, by the newest count.")
    children_under_three: int | None = None


class CandidatePage(Output):
    """Places to choose from.

    The unplaced ones cannot be planned: they have no position yet, or one that is confidential.
    Visits of the latter are made one by one, by who may know the address.
    """

    items: list[Candidate]
    unplaced: list[UUID]
