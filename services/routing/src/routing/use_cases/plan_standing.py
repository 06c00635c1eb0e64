"""What people have decided about a plan: pins, additions, places dropped; kept with a revision."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel

from routing.use_cases.day_facts import Facts
from routing.use_cases.describe_plan import PlanAnswer
from shared.contracts.inspections.visits import VisitOrigin
from shared.contracts.message import Label
from shared.contracts.routing.plans import PlanCandidate, PlanRequest, Unvisited, VisitLock


class Standing(BaseModel):
    """Decisions that hold from one revision to the next.

    Parameters
    ----------
    added : places that are must-visits by hand
    dropped : places left out by hand, with the reason
    extra : places the plan was not asked about
    facts : what has happened on the day
    """

    locks: list[VisitLock]
    added: list[UUID] = []
    dropped: dict[UUID, str] = {}
    extra: list[PlanCandidate] = []
    facts: Facts = Facts()

    @classmethod
    def of(cls, request: PlanRequest) -> Self:
        """Begin with what the request decided."""
        return cls(locks=request.locks)

    def is_locked(self, place: UUID) -> bool:
        """Say whether a place is pinned."""
        return any(lock.accommodation_id == place for lock in self.locks)

    def pin(self, lock: VisitLock) -> Self:
        """Pin a place, whatever was decided of it before."""
        return self.model_copy(update={"locks": [*self._other_locks(lock.accommodation_id), lock]})

    def unpin(self, place: UUID) -> Self:
        """Let planning decide about a place."""
        return self.model_copy(update={"locks": self._other_locks(place)})

    def drop(self, place: UUID, reason: str) -> Self:
        """Leave a place out."""
        added = [it for it in self.added if it != place]
        return self.model_copy(update={"added": added, "dropped": {**self.dropped, place: reason}})

    def add(self, place: UUID) -> Self:
        """Visit a place."""
        dropped = {it: why for it, why in self.dropped.items() if it != place}
        added = [*(it for it in self.added if it != place), place]
        return self.model_copy(update={"added": added, "dropped": dropped})

    def _other_locks(self, place: UUID) -> list[VisitLock]:
        return [lock for lock in self.locks if lock.accommodation_id != place]


class Revisable(BaseModel):
    """What a revision begins with: what was answered, and what people had decided."""

    answer: PlanAnswer
    standing: Standing


def decided(request: PlanRequest, standing: Standing) -> PlanRequest:
    """Put the decisions of people into a request that has their places already."""
    added, candidates = set(standing.added), []
    for place in request.candidates:
        change: dict[str, object] = {}
        if place.accommodation_id in added:
            change = {"must_visit": True, "origin": VisitOrigin.override}
        if place.accommodation_id in standing.dropped:
            change = {"windows": []}
        candidates.append(place.model_copy(update=change) if change else place)
    return request.model_copy(update={"candidates": candidates, "locks": standing.locks})


def told_dropped(unvisited: list[Unvisited], standing: Standing) -> list[Unvisited]:
    """Say of places dropped by hand that they were."""
    return [
        left
        if (why := standing.dropped.get(left.accommodation_id)) is None
        else Unvisited(
            accommodation_id=left.accommodation_id,
            name=left.name,
            priority_points=left.priority_points,
            must_visit=left.must_visit,
            code="DROPPED",
            text=Label(fr=f"Retiré à la main : {why}", en=f"Dropped by hand: {why}"),
        )
        for left in unvisited
    ]
