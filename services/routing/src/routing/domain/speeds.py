"""How fast a road is driven, from its class and its posted limit, and what junctions cost.

The shape is that of OSRM's car profile: a speed per class, a share of the posted limit, a delay
per junction. The values were set on Porto, where the median time between random junctions is 1.21
times the unhindered time at the limits: OSRM computes 1.26 times, Valhalla 1.11 times for the same
extract. They are not measured on the ground.
"""

import re
from collections.abc import Mapping
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

DRIVEN_SHARE_OF_LIMIT = 0.9

WALK_KM_H = 6.0
UNLIMITED_KM_H = 130.0
"""Advised where `maxspeed=none` posts no limit."""

_KM_H_PER = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_IMPLICIT_KM_H: Mapping[str, float] = {
    "living_street": 20,
    "urban": 50,
    "rural": 80,
    "trunk": 110,
    "motorway": 130,
    "DE:living_street": 7,
    "DE:rural": 100,
    "BE:rural": 70,
    "ES:rural": 90,
    "IT:rural": 90,
    "PT:rural": 90,
    "ES:motorway": 120,
    "PT:motorway": 120,
    "BE:motorway": 120,
}
"""Limits a country's law gives without a figure on the sign; France's where none is listed."""

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

JUNCTION_DELAY_MS = 700
"""Added on arriving where three or more stretches of road meet: slowing down, giving way, turning.

Turns themselves are not told apart: forbidden turns are not known to the graph.
"""


def driven_km_h(tags: Mapping[str, str], direction: Direction = "forward") -> float:
    """Tell how fast a road is driven in a direction, from its tags."""
    limit = posted_limit_km_h(tags, direction)
    if limit is None:
        return CLASS_KM_H[tags["highway"]]
    return max(limit * DRIVEN_SHARE_OF_LIMIT, WALK_KM_H)


def posted_limit_km_h(tags: Mapping[str, str], direction: Direction = "forward") -> float | None:
    """Read the limit of a road: figures, miles, ranges (the lowest), words, countries' codes."""
    for key in (f"maxspeed:{direction}", *_LIMIT_KEYS):
        if key in tags:
            read = [_limit(part.strip()) for part in _SEPARATORS.split(tags[key])]
            limits = [limit for limit in read if limit]
            if limits:
                return min(limits)
    return None


def _limit(text: str) -> float | None:
    if figure := _FIGURE.match(text.lower()):
        return float(figure[1]) * _KM_H_PER[figure[2] or ""]
    if zone := _ZONE.match(text):
        return float(zone[1])
    if text == "none":
        return UNLIMITED_KM_H
    if text == "walk" or text.endswith(":walk"):
        return WALK_KM_H
    country_free = text.partition(":")[2]
    return _IMPLICIT_KM_H.get(text) or _IMPLICIT_KM_H.get(country_free)
