"""How fast a road is driven, from its class and its posted limit, and what junctions cost.

The shape is that of OSRM's car profile: a speed per class, a share of the posted limit, a delay
per junction. Two values, the share and the junction's delay, were calibrated on Heidelberg (map of
2024), so that the median times between 80 random places lie in the middle, by ratio, of those of
OSRM and Valhalla, which differ by a quarter there: 0.90 of the first, 1.13 of the second. Checked
on Porto (map of 2015): 0.97 and 1.11, and nine pairs in ten within 0.82 to 1.33 in both towns. The
bench `test_times_of_other_engines` measures this again. They are not measured on the ground.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Direction = Literal["forward", "backward"]

CLASS_KM_H: Mapping[str, float] = {
    "motorway": 105,
    "motorway_link": 55,
    "trunk": 85,
    "trunk_link": 45,
    "primary": 50,
    "primary_link": 40,
    "secondary": 45,
    "secondary_link": 40,
    "tertiary": 40,
    "tertiary_link": 35,
    "unclassified": 35,
    "residential": 30,
    "living_street": 10,
    "service": 15,
    "road": 25,
}
"""Speed driven where no limit is posted."""

DRIVEN_SHARE_OF_LIMIT = 0.97

WALK_KM_H = 6.0
UNLIMITED_KM_H = 130.0
"""Advised where `maxspeed=none` posts no limit."""

_KM_H_PER = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}

HOME = "FR"
"""The country whose law holds where a map file's country is not told or not known here."""


@dataclass(frozen=True, slots=True)
class Law:
    """The limits a country's law gives without a figure on the sign, km/h."""

    urban: float
    rural: float
    trunk: float
    motorway: float
    living_street: float = 20


LAWS: Mapping[str, Law] = {
    "FR": Law(50, 80, 110, 130),
    "AT": Law(50, 100, 100, 130),
    "BE": Law(50, 70, 120, 120),
    "CH": Law(50, 80, 100, 120),
    "DE": Law(50, 100, 100, 130, living_street=7),
    "ES": Law(50, 90, 90, 120),
    "GB": Law(48, 97, 113, 113),
    "IT": Law(50, 90, 110, 130),
    "LU": Law(50, 90, 90, 130),
    "NL": Law(50, 80, 100, 100, living_street=15),
    "PT": Law(50, 90, 100, 120),
}
"""Motorways without a limit count at the speed advised there."""

_WORDS: Mapping[str, str] = {
    "nsl_restricted": "urban",
    "nsl_single": "rural",
    "nsl_dual": "trunk",
    "motorroad": "trunk",
}
"""Other words of the map for limits by law."""

_LIMIT_KEYS = ("maxspeed", "zone:maxspeed", "source:maxspeed", "maxspeed:type")
_FIGURE = re.compile(r"^(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?$")
_ZONE = re.compile(r"^(?:[A-Z]{2}:)?(?:zone:?)?(\d+)$")
_SEPARATORS = re.compile(r"[;|,]|(?<=\d)\s*-\s*(?=\d)")

NODE_DELAY_MS: Mapping[str, int] = {
    "traffic_signals": 4_000,
    "stop": 2_000,
    "give_way": 1_000,
    "mini_roundabout": 1_000,
}
"""Added each time a node so tagged is driven over, whatever the direction."""

JUNCTION_DELAY_MS = 500
"""Added on arriving where three or more stretches of road meet: slowing down, giving way, turning.

Turns that are allowed are not told apart.
"""


def driven_km_h(
    tags: Mapping[str, str], country: str = HOME, direction: Direction = "forward"
) -> float:
    """Tell how fast a road is driven in a direction, from its tags and the country's law."""
    limit = posted_limit_km_h(tags, country, direction)
    if limit is None:
        return class_km_h(tags["highway"], country)
    return max(limit * DRIVEN_SHARE_OF_LIMIT, WALK_KM_H)


def class_km_h(highway: str, country: str = HOME) -> float:
    """Tell how fast a class of road is driven in a country where no limit is posted."""
    kind = highway.removesuffix("_link")
    if kind not in {"motorway", "trunk"}:
        return CLASS_KM_H[highway]
    law, home = asdict(_law(country)), asdict(LAWS[HOME])
    return CLASS_KM_H[highway] * float(law[kind] / home[kind])


def posted_limit_km_h(
    tags: Mapping[str, str], country: str = HOME, direction: Direction = "forward"
) -> float | None:
    """Read the limit of a road: figures, miles, ranges (the lowest), words, countries' codes."""
    for key in (f"maxspeed:{direction}", *_LIMIT_KEYS):
        if key in tags:
            read = [_limit(part.strip(), country) for part in _SEPARATORS.split(tags[key])]
            limits = [limit for limit in read if limit]
            if limits:
                return min(limits)
    return None


def _limit(text: str, country: str) -> float | None:
    if figure := _FIGURE.match(text.lower()):
        return float(figure[1]) * _KM_H_PER[figure[2] or ""]
    if zone := _ZONE.match(text):
        return float(zone[1])
    if text == "none":
        return UNLIMITED_KM_H
    if text == "walk" or text.endswith(":walk"):
        return WALK_KM_H
    code, colon, word = text.rpartition(":")
    limits: dict[str, float] = asdict(_law(code[:2] if colon else country))
    return limits.get(_WORDS.get(word, word))


def _law(country: str) -> Law:
    return LAWS.get(country, LAWS[HOME])
