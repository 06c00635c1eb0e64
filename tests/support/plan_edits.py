"""A plan and its revisions without a database, and the checker's word on what is stored."""

from collections.abc import Sequence

import pytest
from plan_answers import PLAN, STRAIGHT, TWO
from plan_requests import plan_request, scattered
from pydantic import TypeAdapter

from routing.domain.checker import check
from routing.domain.solution import Tour, Violation, Visit
from routing.use_cases.describe_diff import Planned
from routing.use_cases.describe_plan import describe
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_points import measure_ground
from routing.use_cases.plan_standing import Revisable, Standing, decided
from routing.use_cases.plan_stints import stints_of
from routing.use_cases.pose_problem import pose
from routing.use_cases.revise_plan import (
    RevisionAsked,
    RevisionMade,
    RevisionRefusedError,
    revised,
)
from routing.use_cases.solve_plan import solve_request
from shared.contracts.routing.plans import PlanRequest, Round
from shared.contracts.routing.revisions import PlanEdit

EDITS = TypeAdapter(list[PlanEdit])
PLACES = scattered(24, fixed_min=40)


def same_rounds(one: Sequence[Round], two: Sequence[Round]) -> bool:
    """Compare rounds in all but the revision that last changed a visit."""

    def plain(rounds: Sequence[Round]) -> list[dict[str, object]]:
        return [it.model_dump(exclude={"stops": {"__all__": {"revised_in"}}}) for it in rounds]

    return plain(one) == plain(two)


class EditedPlan:
    """A plan and its revisions, without a database."""

    def __init__(self, **request: object) -> None:
        asked = plan_request(**{"days": 2, "teams": TWO, "candidates": PLACES, **request})
        self.request = PlanRequest.model_validate({**asked, "iteration_limit": 200})
        first = solve_request(self.request, STRAIGHT, PLAN)
        standing = Standing.of(self.request)
        self.revisions = [Revisable(answer=describe(first), standing=standing)]

    def edit(self, *edits: dict[str, object], reason: str = "because") -> RevisionMade:
        before = base = self.revisions[-1]
        read = EDITS.validate_python(list(edits))
        if read[0].kind == "restore":
            base = self.revisions[read[0].revision]
        planned = Planned(rounds=before.answer.rounds, totals=before.answer.totals)
        number = len(self.revisions)
        asked = RevisionAsked(
            plan_id=PLAN,
            number=number,
            request=self.request,
            base=base,
            before=planned,
            edits=read,
            reason=reason,
        )
        made = revised(asked, STRAIGHT)
        self.revisions.append(Revisable(answer=made.answer, standing=made.standing))
        return made

    def refused(self, *edits: dict[str, object]) -> list[tuple[str, str]]:
        with pytest.raises(RevisionRefusedError) as refusal:
            self.edit(*edits)
        return [(it.pointer, it.detail) for it in refusal.value.errors]

    def order(self, revision: int = -1) -> dict[tuple[str, str], list[str]]:
        return {
            (round_.team_id, str(round_.day)): [str(it.accommodation_id) for it in round_.stops]
            for round_ in self.revisions[revision].answer.rounds
        }

    def first(self) -> tuple[str, str, list[str]]:
        (team_id, day), places = next(iter(self.order().items()))
        return team_id, day, places

    def left_out(self) -> list[str]:
        return [str(it.accommodation_id) for it in self.revisions[-1].answer.unvisited]

    def violations(self) -> list[Violation]:
        """Read the newest revision back from its messages, and ask the checker again."""
        now = self.revisions[-1]
        whole = [*self.request.candidates, *now.standing.extra]
        request = decided(self.request.model_copy(update={"candidates": whole}), now.standing)
        horizon = Horizon.of(request)
        stints = stints_of(request, horizon)
        ground = measure_ground(request, stints, STRAIGHT)
        vehicles = {
            (request.teams[stint.team].id, horizon.date_of(stint.day)): vehicle
            for vehicle, stint in enumerate(stints)
        }
        numbers = {it.accommodation_id: number for number, it in enumerate(whole)}
        second = horizon.second_after
        tours = [
            Tour(
                vehicles[round_.team_id, round_.day],
                second(round_.leaves_at),
                second(round_.returns_at),
                None
                if round_.lunch is None
                else (second(round_.lunch.starts_at), second(round_.lunch.ends_at)),
                tuple(
                    Visit(
                        numbers[stop.accommodation_id],
                        stop.travel_s,
                        second(stop.arrives_at),
                        second(stop.starts_at),
                        second(stop.ends_at),
                    )
                    for stop in round_.stops
                ),
                round_.travel_s,
            )
            for round_ in now.answer.rounds
        ]
        reasons = {numbers[it.accommodation_id]: it.code for it in now.answer.unvisited}
        objective_s = int(now.answer.totals.objective_s)
        return check(pose(request, stints, ground), tours, reasons, objective_s)
