"""Which ways of the map a car may use, and in which directions."""

from collections.abc import Mapping

from routing.domain.access import (
    GATES,
    WayRule,
    directions,
    is_open,
    oneway_by_kind,
)
from routing.domain.ferries import ferry_rule
from routing.domain.road_ways import IMPASSABLE
from routing.domain.speeds import CLASS_KM_H, driven_km_h

ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""From the most to the least specific: the first that is there decides."""

_ONEWAY_KEYS = ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway")
"""Likewise."""

CLOSED_TO_US = frozenset(
    {"no", "private", "agricultural", "forestry", "emergency", "psv", "bus", "delivery", "military"}
)
_NOT_THROUGH_ROADS = frozenset(
    {"parking_aisle", "driveway", "drive-through", "emergency_access", "private"}
)
_NEVER_STOPPED_ON = frozenset({"motorway", "motorway_link", "trunk_link"})
_NO_TUNNEL = frozenset({"no", "building_passage"})

_STOPPING_BARRIERS = frozenset(
    {
        *("bollard", "block", "chain", "rope", "log", "debris", "planter", "boulder"),
        *("cycle_barrier", "motorcycle_barrier", "bicycle_barrier", "jersey_barrier"),
        *("guard_rail", "fence", "wall", "hedge", "ditch", "tank_trap"),
        *("bus_trap", "sump_buster", "bar"),
        *("stile", "horse_stile", "turnstile", "full-height_turnstile", "kissing_gate"),
        *("wicket_gate", "wicket"),
    }
)

BARRIERS = tuple(sorted(_STOPPING_BARRIERS | GATES))
"""Kinds whose nodes must be looked at; any other lets everybody through."""


def drive_rule(tags: Mapping[str, str], country: str) -> WayRule | None:
    """Tell how a way is driven; None when it is not for our cars."""
    if tags.get("route") == "ferry":
        return ferry_rule(tags, ACCESS_KEYS, CLOSED_TO_US, asked_for=True)
    if tags.get("highway") not in CLASS_KM_H or tags.get("area") == "yes":
        return None
    if tags.get("service") in _NOT_THROUGH_ROADS or not is_open(tags, ACCESS_KEYS, CLOSED_TO_US):
        return None
    oneway = next((tags[key] for key in _ONEWAY_KEYS if key in tags), oneway_by_kind(tags))
    if oneway == "reversible":
        return None
    forward, backward = directions(oneway)
    return WayRule(
        forward_km_h=driven_km_h(tags, country, "forward") if forward else IMPASSABLE,
        backward_km_h=driven_km_h(tags, country, "backward") if backward else IMPASSABLE,
        may_stop=_may_stop(tags),
    )


def _may_stop(tags: Mapping[str, str]) -> bool:
    """Tell whether a visit can be made from the road: a car is left there, people walk on.

    A trunk road is a street with houses in one country and a motorway in all but name in another:
    signs for motor traffic only, or against walking, tell which.
    """
    if tags["highway"] in _NEVER_STOPPED_ON or tags.get("motorroad") == "yes":
        return False
    if tags["highway"] == "trunk" and tags.get("foot") == "no":
        return False
    return tags.get("tunnel", "no") in _NO_TUNNEL


def stops_cars(tags: Mapping[str, str]) -> bool:
    """Tell whether a node's barrier cannot be driven through: by who may pass, else by its kind."""
    kind = tags.get("barrier")
    if kind not in BARRIERS:
        return False
    if any(key in tags for key in ACCESS_KEYS):
        return not is_open(tags, ACCESS_KEYS, CLOSED_TO_US)
    return kind in _STOPPING_BARRIERS
