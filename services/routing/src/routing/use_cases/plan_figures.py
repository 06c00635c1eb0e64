"""What a plan does to people: announced visits moved, and how work falls on the teams."""

from routing.domain.problem import IntArray
from routing.domain.workload import Workload, uneven_s
from routing.use_cases.plan_work import workload_of
from routing.use_cases.solved_plan import Solved
from shared.contracts.routing.plan_figures import Churn, TeamWork


def churn_of(solved: Solved) -> Churn | None:
    """Count what became of the visits announced for a day, of those still to be made."""
    places = (*solved.ground.places.candidates, *solved.ground.refused)
    told = {
        candidate.accommodation_id: candidate.announced_for
        for candidate in (solved.request.candidates[number] for number in places)
        if candidate.announced_for is not None
    }
    if not told:
        return None
    kept = moved = 0
    for tour in solved.solution.tours:
        van = solved.problem.vehicles[tour.vehicle]
        for candidate in (solved.candidate(visit.candidate) for visit in solved.visits(tour)):
            it = told.get(candidate.accommodation_id)
            if it is None:
                continue
            same = solved.horizon.day_within(it.starts_at) == van.day
            if same and it.team_id in {None, solved.request.teams[van.team].id}:
                kept += 1
            else:
                moved += 1
    return Churn(announced=len(told), kept=kept, moved=moved, dropped=len(told) - kept - moved)


def work_of_teams(solved: Solved) -> list[TeamWork]:
    """Add up what each team works."""
    workload = workload_of(solved.request, solved.horizon)
    work_s, share_s = _work_s(solved, workload).tolist(), workload.share_s.tolist()
    return [
        TeamWork(team_id=team.id, work_s=work, shifts_s=share)
        for team, work, share in zip(solved.request.teams, work_s, share_s, strict=True)
    ]


def uneven_work_s(solved: Solved) -> int:
    """Give the work that would have to change hands for all to work the same share."""
    workload = workload_of(solved.request, solved.horizon)
    return uneven_s(workload, _work_s(solved, workload))


def _work_s(solved: Solved, workload: Workload) -> IntArray:
    work_s = workload.done_s.copy()
    for tour in solved.solution.tours:
        stay_s = sum(visit.end_s - visit.start_s for visit in tour.visits)
        work_s[solved.problem.vehicles[tour.vehicle].team] += tour.travel_s + stay_s
    return work_s
