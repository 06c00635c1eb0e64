"""What a planner answers: rounds with their times, and every place left out with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a round, in seconds of the horizon; `travel_s` leads to it."""

    candidate: int
    travel_s: int
    arrive_s: int
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Tour:
    """One round with its times. `leave_s` is as late as the first visit allows."""

    vehicle: int
    leave_s: int
    return_s: int
    lunch_s: tuple[int, int] | None
    visits: tuple[Visit, ...]
    travel_s: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate without a visit, and the proof why.

    Parameters
    ----------
    extra_travel_s : the cheapest detour that would take it in
    points_needed : the priority at which that detour would pay
    missing_min : how much shorter the stay would have to be for it to fit somewhere
    displaced : the least valuable visit whose removal would make room
    """

    candidate: int
    code: str
    fr: str
    en: str
    extra_travel_s: int | None = None
    points_needed: float | None = None
    missing_min: float | None = None
    displaced: int | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule broken, by its name in `checker.RULES`, and where."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a simpler way of choosing reaches under the same rules."""

    name: str
    tours: tuple[Tour, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan, who found it, what it costs, what none can cost less than, what the checker said."""

    tours: tuple[Tour, ...]
    left_out: tuple[LeftOut, ...]
    objective_s: int
    engine: str
    violations: tuple[Violation, ...]
    yardsticks: tuple[Yardstick, ...]
    bound_s: int = 0
