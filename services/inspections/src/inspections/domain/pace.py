"""How long visits really take, learned from those that told when they began and ended."""

from dataclasses import dataclass

# What we suppose weighs as much as so many visits seen, so a kind visited twice is not believed.
SUPPOSED_VISITS = 10
# Where those supposed visits lie: rooms seen by each member of the team.
FEW_ROOMS, MANY_ROOMS = 1.0, 9.0
# A visit outside of these was noted wrongly: a clock started late, or never stopped.
SHORTEST_MIN, LONGEST_MIN = 3.0, 480.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Minutes of a visit that do not depend on rooms, and minutes one person needs for a room."""

    fixed_min: float
    room_min: float


@dataclass(frozen=True, slots=True)
class Timed:
    """Sums over visits that were timed.

    `rooms` are those seen by each member of the team, `minutes` the length of the visit.
    """

    visits: int
    rooms: float
    rooms_squared: float
    minutes: float
    rooms_minutes: float


def learn_pace(timed: Timed, supposed: Pace) -> Pace:
    """Fit `minutes = fixed + room * rooms` by least squares, visits supposed counted in.

    Neither part is ever negative: where the line would make one so, it is zero and the other
    explains all.
    """
    few, many = (supposed.fixed_min + supposed.room_min * it for it in (FEW_ROOMS, MANY_ROOMS))
    half = SUPPOSED_VISITS / 2
    n = timed.visits + SUPPOSED_VISITS
    x = timed.rooms + half * (FEW_ROOMS + MANY_ROOMS)
    xx = timed.rooms_squared + half * (FEW_ROOMS**2 + MANY_ROOMS**2)
    y = timed.minutes + half * (few + many)
    xy = timed.rooms_minutes + half * (FEW_ROOMS * few + MANY_ROOMS * many)
    room = (n * xy - x * y) / (n * xx - x * x)
    fixed = (y - room * x) / n
    if room < 0:
        return Pace(round(y / n, 1), 0.0)
    if fixed < 0:
        return Pace(0.0, round(xy / xx, 1))
    return Pace(round(fixed, 1), round(room, 1))
