"""Appointments of teams as visits that are decided: whose round, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.domain.problem import MAX_HORIZON_S, Lock, Problem
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_points import Places
from shared.contracts.routing.plans import PlanRequest


@dataclass(frozen=True, slots=True)
class Engaged:
    """An appointment still to keep, in seconds of the horizon; `stint` is its round."""

    stint: int
    node: int
    start_s: int
    end_s: int


def engagements_of(request: PlanRequest, places: Places) -> list[Engaged]:
    """List the appointments of a request in the order of `Places.appointments`."""
    horizon = Horizon.of(request)
    found = []
    for stint, team, at, node in places.appointments:
        it = request.teams[team].appointments[at]
        start_s = horizon.second_after(it.starts_at)
        found.append(Engaged(stint, node, start_s, max(start_s, horizon.second_before(it.ends_at))))
    return found


def with_engagements(problem: Problem, engaged: Sequence[Engaged], decided_s: int) -> Problem:
    """Add appointments behind the candidates, each as dear to miss as a pinned visit."""
    if not engaged:
        return problem
    n, more, rounds = problem.size, len(engaged), len(problem.vehicles)
    yes = np.ones((more, rounds), dtype=np.bool_)
    stay_s = np.array([it.end_s - it.start_s for it in engaged], dtype=np.int64)
    nothing = np.zeros((more, rounds), dtype=np.int64)
    moved_s, late = problem.moved_s, problem.late_after_s
    return replace(
        problem,
        node=np.append(problem.node, np.array([it.node for it in engaged], dtype=np.int64)),
        points=np.append(problem.points, np.zeros(more)),
        penalty_s=np.append(problem.penalty_s, np.full(more, decided_s)),
        must=np.append(problem.must, np.ones(more, dtype=np.bool_)),
        service_s=np.vstack([problem.service_s, np.repeat(stay_s[:, None], rounds, axis=1)]),
        skilled=np.vstack([problem.skilled, yes]),
        in_sector=np.vstack([problem.in_sector, yes]),
        windows=(*problem.windows, *(((it.start_s, it.end_s),) for it in engaged)),
        due_s=np.append(problem.due_s, np.full(more, MAX_HORIZON_S)),
        locks=(
            *problem.locks,
            *(Lock(n + at, frozenset({it.stint}), it.start_s) for at, it in enumerate(engaged)),
        ),
        moved_s=None if moved_s is None else np.vstack([moved_s, nothing]),
        late_after_s=None if late is None else (*late, *([(MAX_HORIZON_S,)] * more)),
    )
