"""Which ways of the map are walked. One-way signs are for vehicles: walkers go both ways."""

from collections.abc import Mapping

from routing.domain.access import GATES, WayRule, access, directions, is_open
from routing.domain.ferries import ferry_rule
from routing.domain.profiles import CLASS_NUMBER
from routing.domain.road_ways import IMPASSABLE

WALK_KM_H = 5.0
STEPS_KM_H = 2.5
"""Up and down together; stairs are walked at about half the pace of the street."""

ACCESS_KEYS = ("foot", "access")
CLOSED_TO_US = frozenset({"no", "private", "customers", "military", "emergency", "use_sidepath"})
_ASKS_FOR_LEAVE = frozenset(
    {"motorway", "motorway_link", "trunk", "trunk_link", "cycleway", "bridleway", "busway"}
)
"""Walked only where the map says so, or beside a pavement."""

_LEAVE = frozenset({"yes", "designated", "permissive", "official", "destination"})
_PAVEMENTS = frozenset({"both", "left", "right", "yes"})
_STOPPING_BARRIERS = frozenset(
    {"fence", "wall", "hedge", "ditch", "guard_rail", "tank_trap", "jersey_barrier"}
)


def walk_rule(tags: Mapping[str, str], _country: str) -> WayRule | None:
    """Tell how a way is walked; None when it is not for walkers."""
    if tags.get("route") == "ferry":
        return ferry_rule(tags, ACCESS_KEYS, CLOSED_TO_US, asked_for=False)
    highway = tags.get("highway", "")
    if highway not in CLASS_NUMBER or not is_open(tags, ACCESS_KEYS, CLOSED_TO_US):
        return None
    if highway in _ASKS_FOR_LEAVE and not _has_leave(tags):
        return None
    km_h = STEPS_KM_H if highway == "steps" else WALK_KM_H
    forward, backward = directions(tags.get("oneway:foot", "no"))
    return WayRule(
        forward_km_h=km_h if forward else IMPASSABLE,
        backward_km_h=km_h if backward else IMPASSABLE,
        may_stop=not highway.startswith(("motorway", "trunk_")),
    )


def stops_walkers(tags: Mapping[str, str]) -> bool:
    """Tell whether a node's barrier cannot be walked through: by who may pass, else by its kind."""
    kind = tags.get("barrier")
    if kind not in _STOPPING_BARRIERS and kind not in GATES:
        return False
    if access(tags, ACCESS_KEYS):
        return not is_open(tags, ACCESS_KEYS, CLOSED_TO_US)
    return kind in _STOPPING_BARRIERS


def _has_leave(tags: Mapping[str, str]) -> bool:
    if access(tags, ("foot",)) & _LEAVE:
        return True
    return tags.get("sidewalk") in _PAVEMENTS
