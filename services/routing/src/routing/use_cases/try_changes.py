"""Try a plan with other means, from where it stands, without keeping what comes of it."""

import json
from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from routing.store.bundle import BundleError
from routing.use_cases.day_facts import under_way
from routing.use_cases.day_rounds import with_done
from routing.use_cases.describe_diff import Planned, plan_diff
from routing.use_cases.describe_plan import describe
from routing.use_cases.edit_rounds import Desk, Draft, board_of, edited
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_points import measure_ground
from routing.use_cases.plan_refusals import impossibilities
from routing.use_cases.plan_standing import Revisable, decided
from routing.use_cases.plan_stints import stints_of
from routing.use_cases.plan_ways import Network
from routing.use_cases.revise_plan import (
    RevisionRefusedError,
    routes_of,
    verified_by_hand,
)
from routing.use_cases.solve_means import Means
from routing.use_cases.solve_plan import open_network
from routing.use_cases.solved_plan import Solved
from shared.child import JobFailed, Report
from shared.contracts.routing.forecasts import Trial, TrialRequest
from shared.contracts.routing.plans import PlanCandidate, PlanRequest, Team
from shared.contracts.routing.revisions import Reoptimise
from shared.field_errors import FieldError


class TrialAsked(BaseModel):
    """A trial to make: the plan as it stands, and what to change."""

    plan_id: UUID
    revision: int
    request: PlanRequest
    base: Revisable
    changes: TrialRequest


def make_trial(_report: Report, asked_json: str, means: Means) -> tuple[str, str]:
    """Try changes on a stored plan; called by name in a child process.

    Returns
    -------
    The `Trial`, and why it was refused, JSON texts; one of them is empty.
    """
    asked = TrialAsked.model_validate_json(asked_json)
    try:
        network = open_network(asked.request, means)
    except BundleError as error:
        raise JobFailed(f"The road graph cannot be read ({error}); import it again.") from error
    try:
        return try_changes(asked, network).model_dump_json(), ""
    except RevisionRefusedError as error:
        return "", json.dumps([it.model_dump() for it in error.errors])


def try_changes(asked: TrialAsked, network: Network) -> Trial:
    """Search on from a plan with other means, and compare.

    Raises
    ------
    RevisionRefusedError : the changes contradict the plan
    """
    changes, standing = asked.changes, asked.base.standing
    whole = _changed(asked, [*asked.request.candidates, *standing.extra])
    whole = under_way(whole, standing.facts)
    for place in changes.visit:
        standing = standing.add(place)
    request = decided(whole, standing)
    wrong = _unknown(changes, whole) + impossibilities(request, ())
    if wrong:
        raise RevisionRefusedError(wrong)
    stints = stints_of(whole, Horizon.of(whole))
    desk = Desk(whole, stints, measure_ground(whole, stints, network), "")
    search = Reoptimise(
        kind="reoptimise",
        time_limit_s=changes.time_limit_s,
        iteration_limit=changes.iteration_limit,
        seed=changes.seed,
    )
    draft = edited(desk, Draft(standing, routes_of(desk, asked.base.answer)), search)
    board = board_of(desk, draft)
    solution = verified_by_hand(board, draft.routes)
    if solution.violations:
        detail = "The plan does not hold with these means; shorten its shifts by less."
        raise RevisionRefusedError([FieldError(pointer="/longer_min", detail=detail)])
    method = asked.base.answer.totals.distance_method
    answer = describe(Solved(asked.plan_id, request, board.problem, solution, desk.ground, method))
    answer = with_done(answer, asked.base.answer.rounds, standing.facts, request)
    before = Planned(rounds=asked.base.answer.rounds, totals=asked.base.answer.totals)
    diff = plan_diff(before, Planned(rounds=answer.rounds, totals=answer.totals))
    return Trial(
        revision=asked.revision,
        before=before.totals,
        after=answer.totals,
        diff=diff,
        hours=round((diff.travel_s + diff.service_s) / 3600, 2),
        impossible=[it for it in answer.unvisited if it.accommodation_id in changes.visit],
    )


def _changed(asked: TrialAsked, candidates: list[PlanCandidate]) -> PlanRequest:
    """Give the question with the other means."""
    changes, request = asked.changes, asked.request
    teams = [_longer(team, changes.longer_min) for team in request.teams]
    teams += [
        team.model_copy(
            update={"id": f"{team.id} +1", "name": f"{team.name} +1", "inspector_ids": []}
        )
        for team in teams
        if team.id == changes.another_like
    ]
    worth = changes.minutes_per_point or request.minutes_per_point
    return request.model_copy(
        update={"candidates": candidates, "teams": teams, "minutes_per_point": worth}
    )


def _longer(team: Team, minutes: int) -> Team:
    more = timedelta(minutes=minutes)
    shifts = [it.model_copy(update={"ends_at": it.ends_at + more}) for it in team.shifts]
    return team.model_copy(update={"shifts": shifts})


def _unknown(changes: TrialRequest, whole: PlanRequest) -> list[FieldError]:
    places = {it.accommodation_id for it in whole.candidates}
    found = [
        FieldError(pointer=f"/visit/{at}", detail="The plan knows no such place.")
        for at, place in enumerate(changes.visit)
        if place not in places
    ]
    if changes.another_like is not None and all(
        team.id != changes.another_like for team in whole.teams
    ):
        found.append(FieldError(pointer="/another_like", detail="No team has this id; name one."))
    return found
