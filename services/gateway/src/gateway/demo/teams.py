"""The teams of the demo's week: six pairs, each leaving from the middle of a sector."""

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from gateway.demo.places import Place
from gateway.demo.world import INSPECTORS
from shared.contracts.message import Position
from shared.contracts.routing.plans import Shift, Team

DAYS = 5
_LOCAL = ZoneInfo("Europe/Paris")
_NAMES = ("Alizé", "Bora", "Cers", "Diablo", "Ecir", "Foehn")
_RIDING = "Foehn"
_SKILLS: tuple[list[str], ...] = (
    ["fire_safety", "mediation"],
    ["electrical"],
    [],
    ["fire_safety", "electrical"],
    [],
    [],
)


def monday_after(today: date) -> date:
    """Give the first Monday later than `today`."""
    return today + timedelta(days=7 - today.weekday())


def make_teams(places: Sequence[Place], monday: date, *, riding: bool) -> list[Team]:
    """Make the teams, at work from nine to five from Monday to Friday.

    Where there is public transport, one of them goes by it, in the suburbs.
    """
    sectors = sorted({place.sector for place in places})
    shifts = [_shift(monday + timedelta(days=n)) for n in range(DAYS)]
    return [
        Team(
            id=f"team-{number + 1}",
            name=name,
            size=2,
            inspector_ids=list(INSPECTORS[2 * number : 2 * number + 2]),
            skills=_SKILLS[number],
            profile="transit" if riding and name == _RIDING else "drive",
            start=_middle([it for it in places if it.sector == sectors[number % len(sectors)]]),
            shifts=shifts,
        )
        for number, name in enumerate(_NAMES)
    ]


def _shift(day: date) -> Shift:
    return Shift(
        starts_at=datetime.combine(day, time(9), _LOCAL),
        ends_at=datetime.combine(day, time(17), _LOCAL),
    )


def _middle(places: Sequence[Place]) -> Position:
    """Give the point of the place nearest to the middle, since a road is sure to lead there."""
    x_m, y_m = median(it.x_m for it in places), median(it.y_m for it in places)
    base = min(places, key=lambda it: math.hypot(it.x_m - x_m, it.y_m - y_m))
    return Position(lon=round(base.lon, 6), lat=round(base.lat, 6))
