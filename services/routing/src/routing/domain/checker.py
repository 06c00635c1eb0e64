"""Verify a plan against the question, rule by rule.

Nothing here is shared with the solvers but the question and the answer themselves: the sums are
done again from the raw windows, shifts and travel times, so that an error in a solver cannot
hide in its own arithmetic.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from routing.domain.problem import Problem, Vehicle
from routing.domain.solution import Tour, Violation, Visit

RULES = {
    "R1": "every round is driven by a known team, on a day it works",
    "R2": "the rounds of a team follow each other, never two at once",
    "R3": "one round per team and day",
    "R4": "a round stays inside the shift",
    "R5": "lunch is taken, long enough, in its hours and inside the round",
    "R6": "every visit is of a known place",
    "R7": "lunch overlaps no visit",
    "R8": "the drive, and lunch on the way, fit between two stops",
    "R9": "a place is visited once",
    "R10": "a visit has its full time",
    "R11": "the whole visit lies inside one opening window",
    "R12": "a visit ends before its due date is over",
    "R13": "the team has the skills and the sector",
    "R14": "the day's driving stays under its limit and adds up",
    "R15": "every candidate is visited, or left out with a reason",
    "R17": "the cost claimed is the cost of the plan",
}


def check(
    problem: Problem, tours: Sequence[Tour], reasons: Mapping[int, str], objective_s: int
) -> list[Violation]:
    """List every rule a plan breaks; an empty list accepts it.

    Parameters
    ----------
    reasons : why each place left out is left out, by candidate number
    """
    found = list(_check_fleet(problem, tours))
    known = [tour for tour in tours if 0 <= tour.vehicle < len(problem.vehicles)]
    found.extend(_check_overlaps(problem, known))
    for tour in known:
        strangers = [v.candidate for v in tour.visits if not 0 <= v.candidate < problem.size]
        if strangers:
            found.append(Violation("R6", f"{_where(problem, tour)}: unknown places {strangers}"))
            continue
        found.extend(_check_tour(problem, tour))
    found.extend(_check_partition(problem, tours, reasons))
    if not any(violation.rule in {"R1", "R6"} for violation in found):
        cost = _cost(problem, tours)
        if cost != objective_s:
            found.append(Violation("R17", f"the plan claims {objective_s} s and costs {cost} s"))
    return found


def _check_fleet(problem: Problem, tours: Sequence[Tour]) -> Iterator[Violation]:
    for vehicle, times in Counter(tour.vehicle for tour in tours).items():
        if not 0 <= vehicle < len(problem.vehicles):
            yield Violation("R1", f"no team and day has the number {vehicle}")
        elif times > 1:
            yield Violation("R3", f"vehicle {vehicle} drives {times} rounds")


def _check_overlaps(problem: Problem, tours: Sequence[Tour]) -> Iterator[Violation]:
    of_team: dict[int, list[Tour]] = {}
    for tour in sorted(tours, key=lambda tour: tour.leave_s):
        of_team.setdefault(problem.vehicles[tour.vehicle].team, []).append(tour)
    for team, rounds in of_team.items():
        for before, after in pairwise(rounds):
            if before.vehicle != after.vehicle and after.leave_s < before.return_s:
                yield Violation(
                    "R2",
                    f"team {team} leaves at {after.leave_s} and is out until {before.return_s}",
                )


def _check_tour(problem: Problem, tour: Tour) -> Iterator[Violation]:
    van, where = problem.vehicles[tour.vehicle], _where(problem, tour)
    if tour.leave_s < van.start_s or tour.return_s > van.end_s or tour.return_s < tour.leave_s:
        yield Violation("R4", f"{where}: leaves {tour.leave_s}, returns {tour.return_s}")
    yield from _check_lunch(van, tour, where)
    yield from _check_legs(problem, tour, where)
    for visit in tour.visits:
        yield from _check_visit(problem, tour, visit, where)


def _check_lunch(van: Vehicle, tour: Tour, where: str) -> Iterator[Violation]:
    if tour.lunch_s is None:
        if van.lunch is not None:
            yield Violation("R5", f"{where}: no lunch")
        return
    begin, end = tour.lunch_s
    if van.lunch is None:
        yield Violation("R5", f"{where}: a lunch where none is due")
        return
    timely = van.lunch.earliest_s <= begin <= van.lunch.latest_s
    if not timely or end - begin < van.lunch.duration_s:
        yield Violation("R5", f"{where}: lunch from {begin} to {end} is short or untimely")
    if begin < tour.leave_s or end > tour.return_s:
        yield Violation("R5", f"{where}: lunch from {begin} to {end} is outside the round")
    for visit in tour.visits:
        if begin < visit.end_s and visit.start_s < end:
            yield Violation("R7", f"{where}: lunch overlaps the visit of {visit.candidate}")


def _check_legs(problem: Problem, tour: Tour, where: str) -> Iterator[Violation]:
    van = problem.vehicles[tour.vehicle]
    here, free_at, driven = van.start_node, tour.leave_s, 0
    stops = [(int(problem.node[v.candidate]), v.arrive_s, v.end_s) for v in tour.visits]
    for place, arrive_s, end_s in [*stops, (van.end_node, tour.return_s, tour.return_s)]:
        needed = int(problem.travel_s[here, place])
        if arrive_s - free_at - _overlap(tour.lunch_s, free_at, arrive_s) < needed:
            yield Violation(
                "R8", f"{where}: {needed} s of driving do not fit from {free_at} to {arrive_s}"
            )
        here, free_at, driven = place, end_s, driven + needed
    if driven != tour.travel_s:
        yield Violation("R14", f"{where}: claims {tour.travel_s} s of driving, drives {driven} s")
    if van.max_travel_s is not None and driven > van.max_travel_s:
        yield Violation("R14", f"{where}: drives {driven} s of at most {van.max_travel_s} s")


def _check_visit(problem: Problem, tour: Tour, visit: Visit, where: str) -> Iterator[Violation]:
    place = visit.candidate
    who = f"{where}: place {place}"
    if visit.start_s < visit.arrive_s:
        yield Violation("R8", f"{who} starts at {visit.start_s}, before {visit.arrive_s}")
    if visit.end_s - visit.start_s < problem.service_s[place, tour.vehicle]:
        yield Violation("R10", f"{who} has {visit.end_s - visit.start_s} s")
    inside = [a <= visit.start_s and visit.end_s <= b for a, b in problem.windows[place]]
    if not any(inside):
        yield Violation("R11", f"{who} is closed for part of {visit.start_s} to {visit.end_s}")
    if visit.end_s > problem.due_s[place]:
        yield Violation("R12", f"{who} ends at {visit.end_s}, due {problem.due_s[place]}")
    if not (problem.skilled[place, tour.vehicle] and problem.in_sector[place, tour.vehicle]):
        yield Violation("R13", f"{who} asks for a skill or sector the team does not have")


def _check_partition(
    problem: Problem, tours: Sequence[Tour], reasons: Mapping[int, str]
) -> Iterator[Violation]:
    times = Counter(visit.candidate for tour in tours for visit in tour.visits)
    for place, count in times.items():
        if count > 1:
            yield Violation("R9", f"place {place} is visited {count} times")
        if place in reasons:
            yield Violation("R15", f"place {place} is visited and left out")
    for place in range(problem.size):
        if place not in times and not reasons.get(place):
            yield Violation("R15", f"place {place} is neither visited nor left out with a reason")


def _cost(problem: Problem, tours: Sequence[Tour]) -> int:
    visited = {visit.candidate for tour in tours for visit in tour.visits}
    cost = sum(int(problem.penalty_s[i]) for i in range(problem.size) if i not in visited)
    for tour in tours:
        van, here = problem.vehicles[tour.vehicle], problem.vehicles[tour.vehicle].start_node
        for place in [*(int(problem.node[v.candidate]) for v in tour.visits), van.end_node]:
            cost += int(problem.travel_s[here, place])
            here = place
    return cost


def _overlap(lunch_s: tuple[int, int] | None, begin: int, end: int) -> int:
    return 0 if lunch_s is None else max(0, min(lunch_s[1], end) - max(lunch_s[0], begin))


def _where(problem: Problem, tour: Tour) -> str:
    van = problem.vehicles[tour.vehicle]
    return f"team {van.team}, day {van.day}"
