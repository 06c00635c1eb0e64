"""How likely each item of the checklist is found wrong, and how severely."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

# How many places in a thousand show an item of the category at an ordinary visit. No public
# figure exists for hotels used as shelters; the sum is set so that an inspection finds about four
# things, the rate of the New York shelter inspections of 2016 (11,125 in 2,660 inspections).
_PER_THOUSAND = {
    "pests": 115,
    "damp_mould": 110,
    "heating_water": 52,
    "electrical": 90,
    "fire_safety": 66,
    "structure": 60,
    "space_light": 50,
    "hygiene": 130,
    "daily_life": 65,
    "relations": 32,
}
# Things that are a danger at once are rare: factor by the severity at which they are.
_RARER_BY_DANGER_AT = {0: 1.0, 1: 0.05, 2: 0.16, 3: 0.45, 4: 1.0}
_WINTER = {"heating": 0.9, "hot_water": 0.5, "mould": 0.5, "leak": 0.3}
_SUMMER = {"pest_bedbugs": 0.8, "pest_cockroaches": 0.6, "heat_excess": 1.2}
_COLDEST_DAY, _YEAR_DAYS = 20, 365.25
_SEVERITY_WEIGHTS = (0.58, 0.3, 0.115, 0.062)
_SEVERITY_TILT = 0.5
_MOST_LIKELY = 0.85


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the checklist, as far as the generator needs it."""

    code: str
    category: str
    scope: str
    danger_at: int

    @classmethod
    def of(cls, message: Mapping[str, object]) -> "Item":
        """Read an item of a published checklist, or a row of its CSV file."""
        return cls(
            code=str(message["code"]),
            category=str(message["category"]),
            scope=str(message["scope"]),
            danger_at=int(str(message["danger_at"])),
        )

    def critical(self, severity: int) -> bool:
        """Tell whether this severity of this item puts people in danger."""
        return severity == 4 or 0 < self.danger_at <= severity  # noqa: PLR2004 - 4 is danger


def base_rates(items: Iterable[Item]) -> dict[str, float]:
    """Give the ordinary chance of each item; a category nobody foresaw is a middling one."""
    return {
        item.code: _PER_THOUSAND.get(item.category, 60) / 1000 * _RARER_BY_DANGER_AT[item.danger_at]
        for item in items
    }


def season(day: date) -> dict[str, float]:
    """Give what the time of year adds to the log rate of the items it touches."""
    turn = 2 * math.pi * (day.timetuple().tm_yday - _COLDEST_DAY) / _YEAR_DAYS
    cold = math.cos(turn)
    return {
        **{code: strength * cold for code, strength in _WINTER.items()},
        **{code: -strength * cold for code, strength in _SUMMER.items()},
    }


def chance(rate: float, log_effect: float) -> float:
    """Turn a rate and the effects on its log into a probability."""
    return min(_MOST_LIKELY, rate * math.exp(log_effect))


def draw_severity(danger: float, rng: Random) -> int:
    """Draw 1 to 4; more dangerous places have worse findings."""
    tilt = math.exp(_SEVERITY_TILT * danger)
    first, second, third, fourth = _SEVERITY_WEIGHTS
    weights = (first, second * tilt, third * tilt**2, fourth * tilt**3)
    return rng.choices((1, 2, 3, 4), weights)[0]
