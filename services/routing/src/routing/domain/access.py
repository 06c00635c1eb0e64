"""Who may use a way or pass a barrier, and in which directions, read from tags alike for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.domain.road_ways import IMPASSABLE

_FORWARD_ONLY = frozenset({"yes", "true", "1"})
_BACKWARD_ONLY = frozenset({"-1", "reverse"})

GATES = frozenset({"gate", "lift_gate", "swing_gate", "sliding_gate", "sliding_beam", "yes"})
"""They open unless their access says otherwise."""


@dataclass(frozen=True, slots=True)
class WayRule:
    """How a way is travelled, as it is drawn and against it, and if one may stop.

    A speed is `IMPASSABLE` in a direction that may not be taken. A ferry that says how long it
    takes has `duration_s` in place of a speed of its own.
    """

    forward_km_h: float
    backward_km_h: float
    may_stop: bool
    duration_s: float | None = None

    @property
    def forward(self) -> bool:
        """Tell whether the way may be taken as it is drawn."""
        return self.forward_km_h > IMPASSABLE

    @property
    def backward(self) -> bool:
        """Tell whether the way may be taken against its drawing."""
        return self.backward_km_h > IMPASSABLE


def access(tags: Mapping[str, str], keys: Sequence[str]) -> frozenset[str]:
    """Give the words of the most specific access tag there is; none if there is none."""
    for key in keys:
        if key in tags:
            return frozenset(tags[key].split(";"))
    return frozenset()


def is_open(tags: Mapping[str, str], keys: Sequence[str], closing: frozenset[str]) -> bool:
    """Tell whether a way may be used: not all the words of its access close it."""
    words = access(tags, keys)
    return not words or not words <= closing


def directions(oneway: str) -> tuple[bool, bool]:
    """Read `oneway`: whether the way may be taken as drawn, and against."""
    return oneway not in _BACKWARD_ONLY, oneway not in _FORWARD_ONLY


def oneway_by_kind(tags: Mapping[str, str]) -> str:
    """Give the direction motorways and roundabouts have without saying it."""
    is_round = tags.get("junction") in {"roundabout", "circular"}
    return "yes" if is_round or tags.get("highway") == "motorway" else "no"
