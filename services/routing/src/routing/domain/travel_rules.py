"""The rules of each way of travelling: which ways, which barriers, which delays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from routing.domain.access import WayRule
from routing.domain.bike_rules import bike_rule, stops_bicycles
from routing.domain.drive_rules import drive_rule, stops_cars
from routing.domain.profiles import Profile
from routing.domain.speeds import JUNCTION_DELAY_MS, NODE_DELAY_MS
from routing.domain.walk_rules import stops_walkers, walk_rule

_LIGHTS_MS = {"traffic_signals": 8_000}
"""Walkers and bicycles at lights: half meet a red of which half a minute's half is left; assumed,
not measured on the ground."""


@dataclass(frozen=True, slots=True)
class TravelRules:
    """What a way of travelling makes of the map."""

    way: Callable[[Mapping[str, str], str], WayRule | None]
    is_stopped_by: Callable[[Mapping[str, str]], bool]
    node_delay_ms: Mapping[str, int]
    junction_delay_ms: int


TRAVEL_RULES: Mapping[Profile, TravelRules] = {
    "drive": TravelRules(drive_rule, stops_cars, NODE_DELAY_MS, JUNCTION_DELAY_MS),
    "walk": TravelRules(walk_rule, stops_walkers, _LIGHTS_MS, 0),
    "bike": TravelRules(bike_rule, stops_bicycles, _LIGHTS_MS, 0),
}
