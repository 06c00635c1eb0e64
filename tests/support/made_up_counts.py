"""Weekly counts invented from a seed, with an outbreak planted in the last of their years.

They follow none of the model's assumptions to the letter: seasons are no pure waves, visits stop in
August, rates wander from week to week, and of visits a binomial number finds something.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from scoring.domain.rates import Counts

CATEGORIES = ("damp_mould", "daily_life", "electrical", "fire_safety", "heating_water")
CATEGORIES += ("hygiene", "pests", "relations", "space_light", "structure")
TERRITORIES = ("75", "92", "93", "94")
# 92 and 94 lie on either side of 75; 93 touches all.
NEAR = np.array([[0, 1, 1, 1], [1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 1, 0]], dtype=bool)
MONDAY = date(2021, 1, 4)
YEARS, YEAR = 4, 52
WEEKS = YEARS * YEAR
_RATES = np.array([0.2, 0.03, 0.12, 0.1, 0.08, 0.25, 0.15, 0.05, 0.4, 0.3])


@dataclass(frozen=True)
class Planted:
    """Where an outbreak was, in which weeks (its end excluded), and where it went two weeks on."""

    territory: int
    category: int
    start: int
    end: int
    reached: int


def made_up(seed):
    """Invent counts and what was planted in them."""
    random = np.random.default_rng(seed)
    visits = _visits(random)
    planted = _planted(random)
    size = random.uniform(2.5, 4.0)
    rate = np.minimum(np.exp(_usual(random)) * _outbreak(planted, size), 0.9)
    found = random.binomial(visits[:, None, :], rate)
    starts = tuple(MONDAY + timedelta(weeks=week) for week in range(WEEKS))
    return Counts(TERRITORIES, CATEGORIES, starts, visits, found), planted


def by_month(counts):
    """Add weeks up to months, the last one being whole."""
    names = sorted({it.replace(day=1) for it in counts.starts})
    month = np.array([names.index(it.replace(day=1)) for it in counts.starts])
    kept = len(names) - 1
    add = (month[:, None] == np.arange(kept)).astype(np.int64)
    starts = tuple(names[:kept])
    return Counts(
        counts.territories, counts.categories, starts, counts.visits @ add, counts.found @ add
    )


def _visits(random):
    weeks = np.arange(WEEKS)
    august = np.where((weeks % YEAR >= 31) & (weeks % YEAR < 35), 0.4, 1.0)
    size = random.uniform(8, 30, (len(TERRITORIES), 1))
    growth = np.exp(random.uniform(-0.15, 0.2, size.shape) * weeks / YEAR)
    return random.poisson(size * august * growth * random.gamma(8, 1 / 8, (size.size, WEEKS)))


def _usual(random):
    """Give log rates without an outbreak."""
    shape = (len(TERRITORIES), len(CATEGORIES), 1)
    weeks = np.arange(WEEKS)
    height, peak = random.uniform(0, 0.5, shape[1:]), random.uniform(0, YEAR, shape[1:])
    winter = 0.15 * random.random(shape[1:]) * (weeks % YEAR >= 44)
    season = height * np.cos(2 * np.pi * (weeks - peak) / YEAR) + winter
    level = np.log(_RATES)[:, None] + random.normal(0, 0.3, shape)
    drift = random.normal(0, 0.08, shape) * weeks / YEAR
    wander = random.normal(0, 0.12, (*shape[:2], WEEKS))
    for week in range(1, WEEKS):
        wander[:, :, week] += 0.6 * wander[:, :, week - 1]
    return level + season + drift + wander


def _planted(random):
    territory = int(random.integers(len(TERRITORIES)))
    start = WEEKS - YEAR + int(random.integers(4, 44))
    return Planted(
        territory=territory,
        category=int(random.integers(len(CATEGORIES))),
        start=start,
        end=min(start + int(random.integers(5, 10)), WEEKS),
        reached=int(random.choice(np.flatnonzero(NEAR[territory]))),
    )


def _outbreak(planted, size):
    """Tell how many times the usual rate is: full from the second week on, half at neighbours'."""
    times = np.ones((len(TERRITORIES), len(CATEGORIES), WEEKS))
    lasting = slice(planted.start, planted.end)
    rising = np.minimum(1.0, (np.arange(planted.end - planted.start) + 1) / 2)
    times[planted.territory, planted.category, lasting] = size**rising
    times[planted.reached, planted.category, planted.start + 2 : planted.end] = (1 + size) / 2
    return times
