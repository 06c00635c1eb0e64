"""A solution with the question it answers."""

from dataclasses import dataclass
from uuid import UUID

from routing.domain.problem import Problem
from routing.domain.solution import Solution, Tour, Visit
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_points import Ground
from shared.contracts.routing.plans import PlanCandidate, PlanRequest
from shared.contracts.routing.roads import TravelMethod


@dataclass(frozen=True, slots=True)
class Solved:
    """A solution with the question it answers.

    Parameters
    ----------
    ground : where candidates and appointments are in the problem, and what lies off the roads
    """

    plan_id: UUID
    request: PlanRequest
    problem: Problem
    solution: Solution
    ground: Ground
    method: TravelMethod

    @property
    def horizon(self) -> Horizon:
        """The days of the plan."""
        return Horizon.of(self.request)

    def candidate(self, number: int) -> PlanCandidate:
        """Give the message a candidate of the problem came from."""
        return self.request.candidates[self.ground.places.candidates[number]]

    def visits(self, tour: Tour) -> list[Visit]:
        """List the visits of a tour without the appointments it keeps."""
        return [visit for visit in tour.visits if visit.candidate < self.many]

    @property
    def many(self) -> int:
        """The number of candidates of the problem that are places."""
        return len(self.ground.places.candidates)
