"""Which ways of the map a car may use, and in which directions."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.domain.speeds import CLASS_KM_H, driven_km_h

DRIVEN_CLASSES = tuple(CLASS_KM_H)

_ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""From the most to the least specific: the first that is there decides."""

_ONEWAY_KEYS = ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway")
"""Likewise."""

_CLOSED_TO_US = frozenset(
    {"no", "private", "agricultural", "forestry", "emergency", "psv", "bus", "delivery", "military"}
)
_NOT_THROUGH_ROADS = frozenset(
    {"parking_aisle", "driveway", "drive-through", "emergency_access", "private"}
)
_NEVER_STOPPED_ON = frozenset({"motorway", "motorway_link", "trunk_link"})
_NO_TUNNEL = frozenset({"no", "building_passage"})
_FORWARD_ONLY = frozenset({"yes", "true", "1"})
_BACKWARD_ONLY = frozenset({"-1", "reverse"})

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
_GATES = frozenset({"gate", "lift_gate", "swing_gate", "sliding_gate", "sliding_beam", "yes"})
"""They open for cars unless their access says otherwise."""

BARRIERS = tuple(sorted(_STOPPING_BARRIERS | _GATES))
"""Kinds whose nodes must be looked at; any other lets cars through."""


@dataclass(frozen=True, slots=True)
class DriveRule:
    """How a way is driven, in the direction it is drawn and against it, and if one may stop."""

    forward_km_h: float
    backward_km_h: float
    forward: bool
    backward: bool
    may_stop: bool


def drive_rule(tags: Mapping[str, str]) -> DriveRule | None:
    """Tell how a way is driven; None when it is not for our cars."""
    if tags.get("highway") not in CLASS_KM_H or tags.get("area") == "yes":
        return None
    if tags.get("service") in _NOT_THROUGH_ROADS or not _is_open(tags):
        return None
    oneway = next((tags[key] for key in _ONEWAY_KEYS if key in tags), _oneway_by_kind(tags))
    if oneway == "reversible":
        return None
    return DriveRule(
        forward_km_h=driven_km_h(tags, "forward"),
        backward_km_h=driven_km_h(tags, "backward"),
        forward=oneway not in _BACKWARD_ONLY,
        backward=oneway not in _FORWARD_ONLY,
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
    if any(key in tags for key in _ACCESS_KEYS):
        return not _is_open(tags)
    return kind in _STOPPING_BARRIERS


def _is_open(tags: Mapping[str, str]) -> bool:
    for key in _ACCESS_KEYS:
        if key in tags:
            return not _CLOSED_TO_US.issuperset(tags[key].split(";"))
    return True


def _oneway_by_kind(tags: Mapping[str, str]) -> str:
    """Give the direction motorways and roundabouts have without saying it."""
    is_round = tags.get("junction") in {"roundabout", "circular"}
    return "yes" if is_round or tags["highway"] == "motorway" else "no"
