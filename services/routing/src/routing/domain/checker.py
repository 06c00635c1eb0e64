"""Verify a plan against the question, rule by rule.

Nothing here is shared with the solvers but the question and the answer themselves: the sums are
done again from the raw windows, shifts and travel times, so that an error in a solver cannot
hide in its own arithmetic.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from routing.domain.problem import IntArray, Problem, Vehicle
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
    "R16": "what was locked is kept: the team, the day, the time, the order",
    "R17": "the cost claimed is the cost of the plan",
    "R18": "no team works more than its limit over the days of the plan",
    "R19": "no round takes on more than it can carry",
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
        found.extend(_check_order(problem, tour))
    found.extend(_check_work(problem, known))
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


def _check_work(problem: Problem, tours: Sequence[Tour]) -> Iterator[Violation]:
    if problem.workload is None:
        return
    for team, worked_s in enumerate(_worked(problem, tours)):
        most_s = int(problem.workload.most_s[team])
        if any(problem.vehicles[it.vehicle].team == team for it in tours) and worked_s > most_s:
            yield Violation("R18", f"team {team} works {worked_s} s of at most {most_s} s")


def _worked(problem: Problem, tours: Sequence[Tour]) -> list[int]:
    """Add up what each team works: the legs and the visits of its rounds, and what it has done."""
    worked = [] if problem.workload is None else problem.workload.done_s.tolist()
    for tour in tours:
        van = problem.vehicles[tour.vehicle]
        here = van.start_node
        stops = [visit for visit in tour.visits if 0 <= visit.candidate < problem.size]
        for place in [*(int(problem.node[v.candidate]) for v in stops), van.end_node]:
            worked[van.team] += int(_travel(problem, tour)[here, place])
            here = place
        worked[van.team] += sum(visit.end_s - visit.start_s for visit in stops)
    return worked


def _check_tour(problem: Problem, tour: Tour) -> Iterator[Violation]:
    van, where = problem.vehicles[tour.vehicle], _where(problem, tour)
    if tour.leave_s < van.start_s or tour.return_s > van.end_s or tour.return_s < tour.leave_s:
        yield Violation("R4", f"{where}: leaves {tour.leave_s}, returns {tour.return_s}")
    yield from _check_lunch(van, tour, where)
    yield from _check_legs(problem, tour, where)
    if problem.load is not None and van.most_load is not None:
        carried = sum(int(problem.load[visit.candidate]) for visit in tour.visits)
        if carried > van.most_load:
            yield Violation("R19", f"{where}: carries {carried} of at most {van.most_load}")
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
        needed = int(_travel(problem, tour)[here, place])
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
    for lock in problem.locks:
        elsewhere = tour.vehicle not in lock.vehicles
        untimely = lock.start_s is not None and visit.start_s != lock.start_s
        if lock.candidate == place and (elsewhere or untimely):
            yield Violation("R16", f"{who} starts at {visit.start_s}, against its lock")


def _check_order(problem: Problem, tour: Tour) -> Iterator[Violation]:
    order = {lock.candidate: lock.order for lock in problem.locks if lock.order > 0}
    locked = [visit.candidate for visit in tour.visits if visit.candidate in order]
    for before, after in pairwise(locked):
        if order[before] > order[after]:
            yield Violation("R16", f"{_where(problem, tour)}: {before} comes before {after}")


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
        if problem.moved_s is not None:
            cost += sum(int(problem.moved_s[v.candidate, tour.vehicle]) for v in tour.visits)
        for place in [*(int(problem.node[v.candidate]) for v in tour.visits), van.end_node]:
            cost += int(_travel(problem, tour)[here, place])
            here = place
        cost += sum(_late_price(problem, visit) for visit in tour.visits)
    return cost + _uneven_price(problem, tours)


def _late_price(problem: Problem, visit: Visit) -> int:
    """Price how long after the preferred part of its window a visit starts."""
    if problem.late_after_s is None:
        return 0
    late = 0
    for number, (open_s, close_s) in enumerate(problem.windows[visit.candidate]):
        if open_s <= visit.start_s and visit.end_s <= close_s:
            late = max(0, visit.start_s - problem.late_after_s[visit.candidate][number])
    return late * problem.late_permille // 1000


def _uneven_price(problem: Problem, tours: Sequence[Tour]) -> int:
    """Price the work that would have to change hands for all to work the same share."""
    it = problem.workload
    if it is None:
        return 0
    worked, shares = _worked(problem, tours), it.share_s.tolist()
    whole, total = sum(shares), sum(worked)
    apart = sum(abs(a * whole - b * total) for a, b in zip(worked, shares, strict=True))
    return it.uneven_permille * (apart // (2 * whole)) // 1000 if whole else 0


def _overlap(lunch_s: tuple[int, int] | None, begin: int, end: int) -> int:
    return 0 if lunch_s is None else max(0, min(lunch_s[1], end) - max(lunch_s[0], begin))


def _travel(problem: Problem, tour: Tour) -> IntArray:
    every = (problem.travel_s, *problem.other_travel_s)
    return every[problem.vehicles[tour.vehicle].profile]


def _where(problem: Problem, tour: Tour) -> str:
    van = problem.vehicles[tour.vehicle]
    return f"team {van.team}, day {van.day}"
