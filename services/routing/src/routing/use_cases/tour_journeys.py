"""The rounds of teams that go by public transport, leg by leg: which line, from where and when.

The times of a plan hold whenever one leaves. Here each way is looked up in the timetable at the
second at which the plan has the team leave; that it is there in time is a rule of the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from routing.domain.road_network import along_m
from routing.domain.solution import Tour, Violation
from routing.use_cases.plan_ways import Ways
from routing.use_cases.solved_plan import Solved
from routing.use_cases.tell_journey import JourneyTeller
from shared.contracts.message import Position
from shared.contracts.routing.transit import JourneyLeg

RULE = "R20"
RULE_TEXT = "by public transport, a way is in the timetable at its hour"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A way of a round from a point to the next, in seconds of the plan: when one may leave.

    `due_s` is when one has to be there. Lunch is eaten before it, or after it.
    """

    start: int
    end: int
    leave_s: int
    due_s: int


@dataclass(frozen=True, slots=True)
class TourWays:
    """The ways of a round between its stops, appointments included, the way back last.

    Parameters
    ----------
    lengths_m : metres of each; by public transport in straight lines from stop to stop
    legs : of each by public transport; none where the timetable has none in time
    lunch_s : when lunch is: nobody eats while riding
    """

    lengths_m: list[int]
    legs: list[list[JourneyLeg]]
    lunch_s: tuple[int, int] | None
    violations: list[Violation] = field(default_factory=list)


def ways_of(solved: Solved, tour: Tour) -> TourWays:
    """Say how a round goes from stop to stop."""
    van = solved.problem.vehicles[tour.vehicle]
    ways = solved.ground.travel.ways[van.profile]
    if ways.timetable is None:
        nodes = solved.problem.node[[it.candidate for it in tour.visits]].tolist()
        lengths = ways.lengths_m([van.start_node, *nodes, van.end_node])
        return TourWays(lengths, [[] for _ in lengths], tour.lunch_s)
    crossings, lunch_s = _crossings(solved, tour)
    found = [_legs(solved, ways, van.day, it) for it in crossings]
    about = f"of {solved.request.teams[van.team].name} on {solved.horizon.date_of(van.day)}"
    violations = [
        Violation(RULE, f"way {number} {about} is not there")
        for number, legs in enumerate(found, 1)
        if legs is None
    ]
    told = [legs or [] for legs in found]
    return TourWays([_length_m(it) for it in told], told, lunch_s, violations)


def _crossings(solved: Solved, tour: Tour) -> tuple[list[Crossing], tuple[int, int] | None]:
    """List the ways of a round, and when lunch is beside them."""
    van = solved.problem.vehicles[tour.vehicle]
    nodes = solved.problem.node[[it.candidate for it in tour.visits]].tolist()
    leaves = [tour.leave_s, *(it.end_s for it in tour.visits)]
    arrives = [*(it.arrive_s for it in tour.visits), tour.return_s]
    lunch_s, found = tour.lunch_s, []
    ends = pairwise([van.start_node, *nodes, van.end_node])
    for (start, end), leave_s, arrive_s in zip(ends, leaves, arrives, strict=True):
        leave, due = leave_s, arrive_s
        if tour.lunch_s is not None and leave_s <= tour.lunch_s[0] < arrive_s:
            lasts_s = tour.lunch_s[1] - tour.lunch_s[0]
            if leave_s == tour.lunch_s[0]:
                leave = tour.lunch_s[1]
            else:
                due = arrive_s - lasts_s
                lunch_s = due, arrive_s
        found.append(Crossing(start, end, leave, due))
    return found, lunch_s


def _legs(solved: Solved, ways: Ways, day: int, crossing: Crossing) -> list[JourneyLeg] | None:
    """Tell a way as the timetable has it; None where that is not in time."""
    timetable, date = ways.timetable, solved.horizon.date_of(day)
    if timetable is None or crossing.start == crossing.end:
        return []
    leave_s, due_s = (
        timetable.second(solved.horizon.moment(it), date)
        for it in (crossing.leave_s, crossing.due_s)
    )
    legs = ways.soonest(crossing.start, crossing.end, date, leave_s)
    if legs is None or legs[-1].arrives_s > due_s:
        return None
    ends = (ways.points[it] for it in (crossing.start, crossing.end))
    start, end = (Position(lon=lon, lat=lat) for lon, lat in ends)
    return JourneyTeller(timetable.feed, date, (start, end)).legs(legs)


def _length_m(legs: Sequence[JourneyLeg]) -> int:
    """Give the metres of a way, in straight lines from stop to stop."""
    return round(along_m([(it.lon, it.lat) for leg in legs for it in leg.positions]))
