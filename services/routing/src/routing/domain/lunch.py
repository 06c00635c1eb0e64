"""Lunch inside a round, exactly: on which leg it is eaten, and what no longer fits.

A pause may interrupt any leg, the first and the last included: a team drives, eats, drives on,
or eats on arrival before the place opens. Two clocks therefore run along a round: the earliest
departure when lunch is still to come, and when it is behind. A vehicle without lunch starts with
lunch behind it, so the same formulas serve both.
"""

from routing.domain.board import NEVER
from routing.domain.problem import LunchBreak, Vehicle


def departure_clocks(van: Vehicle) -> tuple[int, int]:
    """Give the two clocks at the start of a shift: lunch to come, lunch behind."""
    return (van.start_s, NEVER) if van.lunch else (NEVER, van.start_s)


def return_limits(van: Vehicle) -> tuple[int, int]:
    """Give the latest return for the two clocks: nobody comes home with lunch to come."""
    return -NEVER, van.end_s


def arrival_after_lunch(departure_s: int, travel_s: int, lunch: LunchBreak | None) -> int:
    """Say when a leg ends if lunch is eaten on it, or `NEVER`."""
    if lunch is None or departure_s > lunch.latest_s:
        return NEVER
    return max(departure_s + travel_s, lunch.earliest_s) + lunch.duration_s


def departure_before_lunch(arrival_limit_s: int, travel_s: int, lunch: LunchBreak | None) -> int:
    """Say the latest departure of a leg with lunch that ends by a limit, or `-NEVER`."""
    if lunch is None or lunch.earliest_s + lunch.duration_s > arrival_limit_s:
        return -NEVER
    return min(arrival_limit_s - travel_s - lunch.duration_s, lunch.latest_s)
