"""Which ways of the map are cycled, how fast, and where against the one-way traffic."""

from collections.abc import Mapping

from routing.domain.access import GATES, WayRule, access, directions, is_open, oneway_by_kind
from routing.domain.ferries import ferry_rule
from routing.domain.road_ways import IMPASSABLE

BIKE_KM_H = 15.0
CLASS_KM_H: Mapping[str, float] = {
    **dict.fromkeys(
        (
            *("primary", "primary_link", "secondary", "secondary_link", "tertiary"),
            *("tertiary_link", "unclassified", "residential", "service", "road", "cycleway"),
            *("trunk", "trunk_link"),
        ),
        BIKE_KM_H,
    ),
    "living_street": 12.0,
    "track": 12.0,
    "path": 12.0,
    "bridleway": 10.0,
    "busway": BIKE_KM_H,
    "footway": 8.0,
    "pedestrian": 8.0,
}
"""Slower where one rides among walkers or on loose ground."""

ACCESS_KEYS = ("bicycle", "vehicle", "access")
CLOSED_TO_US = frozenset(
    {"no", "private", "customers", "military", "emergency", "agricultural", "forestry", "dismount"}
    | {"delivery", "psv", "bus"}
)
_ASKS_FOR_LEAVE = frozenset({"footway", "pedestrian", "bridleway", "busway"})
"""Cycled only where the map says so."""

_LEAVE = frozenset({"yes", "designated", "permissive", "official", "destination"})
_LANES = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
_CONTRAFLOW = frozenset({"opposite", "opposite_lane", "opposite_track", "opposite_share_busway"})
_STOPPING_BARRIERS = frozenset(
    {
        *("fence", "wall", "hedge", "ditch", "guard_rail", "tank_trap", "jersey_barrier"),
        *("stile", "horse_stile", "turnstile", "full-height_turnstile", "kissing_gate"),
    }
)


def bike_rule(tags: Mapping[str, str], _country: str) -> WayRule | None:
    """Tell how a way is cycled; None when it is not for bicycles."""
    if tags.get("route") == "ferry":
        return ferry_rule(tags, ACCESS_KEYS, CLOSED_TO_US, asked_for=False)
    highway = tags.get("highway", "")
    if highway not in CLASS_KM_H or tags.get("area") == "yes" or not _is_ours(tags):
        return None
    forward, backward = directions(_oneway(tags))
    return WayRule(
        forward_km_h=CLASS_KM_H[highway] if forward else IMPASSABLE,
        backward_km_h=CLASS_KM_H[highway] if backward else IMPASSABLE,
        may_stop=highway != "trunk_link",
    )


def stops_bicycles(tags: Mapping[str, str]) -> bool:
    """Tell whether a node's barrier cannot be cycled through: by who may pass, else by its kind."""
    kind = tags.get("barrier")
    if kind not in _STOPPING_BARRIERS and kind not in GATES:
        return False
    if access(tags, ACCESS_KEYS):
        return not is_open(tags, ACCESS_KEYS, CLOSED_TO_US - {"dismount"})
    return kind in _STOPPING_BARRIERS


def _is_ours(tags: Mapping[str, str]) -> bool:
    if not is_open(tags, ACCESS_KEYS, CLOSED_TO_US):
        return False
    has_leave = bool(access(tags, ("bicycle",)) & _LEAVE)
    if tags.get("motorroad") == "yes" and not has_leave:
        return False
    return tags["highway"] not in _ASKS_FOR_LEAVE or has_leave


def _oneway(tags: Mapping[str, str]) -> str:
    """Give the direction bicycles are bound to: by a sign of theirs, a lane of theirs, or all's."""
    if "oneway:bicycle" in tags:
        return tags["oneway:bicycle"]
    if any(tags.get(lane) in _CONTRAFLOW for lane in _LANES):
        return "no"
    if any(tags.get(f"{lane}:oneway") in {"no", "-1"} for lane in _LANES):
        return "no"
    return tags.get("oneway", oneway_by_kind(tags))
