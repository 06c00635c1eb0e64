"""Growing arrays of what a map file tells, node by node and way by way."""

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import osmium
from osmium.osm import Node, Way

from routing.domain.access import WayRule
from routing.domain.lodgings import LODGING_KINDS, UNKNOWN_ROOMS, Lodgings
from routing.domain.profiles import CLASS_NUMBER, PROFILES, Profile
from routing.domain.road_network import distance_m
from routing.domain.road_texts import UNNAMED, RoadTexts
from routing.domain.road_ways import IMPASSABLE, RoadWays
from routing.domain.travel_rules import TRAVEL_RULES
from routing.domain.turn_rules import Member, TurnRule, read_turn_rules

_ROOMS = re.compile("[0-9]{1,5}")
_ROUND = frozenset({"roundabout", "circular"})


class TextsRead:
    """Numbers the texts met, each once."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}

    def number(self, text: str | None) -> int:
        """Give the number of a text; `UNNAMED` for none."""
        return self._number.setdefault(text, len(self._number)) if text else UNNAMED

    def texts(self) -> RoadTexts:
        """Give the texts read."""
        return RoadTexts.of(self._number)


class ProfileRead:
    """What one way of travelling makes of the map: speeds of all ways, nodes that delay or stop."""

    def __init__(self) -> None:
        self.forward_km_h, self.backward_km_h = array("d"), array("d")
        self.may_stop = array("b")
        self.delayed, self.delay_ms = array("q"), array("i")
        self.blocked = array("q")
        self.turn_rules: list[TurnRule] = []
        self.outcomes: Counter[str] = Counter()

    def take_rule(self, rule: WayRule | None) -> None:
        """Keep how the next way is travelled."""
        self.forward_km_h.append(rule.forward_km_h if rule else IMPASSABLE)
        self.backward_km_h.append(rule.backward_km_h if rule else IMPASSABLE)
        self.may_stop.append(rule is not None and rule.may_stop)


class RoadsRead:
    """The ways anybody may use; plain machine numbers keep a region's import small."""

    def __init__(self, country: str) -> None:
        self._country = country
        self._ref, self._lon, self._lat = array("q"), array("i"), array("i")
        self._offsets = array("i", [0])
        self._id = array("q")
        self._name, self._number = array("i"), array("i")
        self._class, self._is_roundabout = array("B"), array("b")
        self._profiles = {profile: ProfileRead() for profile in PROFILES}
        self._texts = TextsRead()
        self.missing_nodes = 0
        self.cut_ways = 0

    def take_node(self, node: Node) -> None:
        """Keep what a node costs, and whom it stops."""
        tags = dict(node.tags)
        for profile, read in self._profiles.items():
            rules = TRAVEL_RULES[profile]
            delay_ms = rules.node_delay_ms.get(tags.get("highway", ""))
            if delay_ms:
                read.delayed.append(node.id)
                read.delay_ms.append(delay_ms)
            if "barrier" in tags and rules.is_stopped_by(tags):
                read.blocked.append(node.id)

    def take_way(self, way: Way) -> None:
        """Keep a way if anybody may use it, cut where the file lacks its nodes."""
        tags = dict(way.tags)
        rules = {p: TRAVEL_RULES[p].way(tags, self._country) for p in PROFILES}
        if not any(rules.values()):
            return
        missing = 0
        for node in way.nodes:
            location = node.location
            if location.valid():
                self._ref.append(node.ref)
                self._lon.append(location.x)
                self._lat.append(location.y)
            else:
                missing += 1
                self._close_run(way.id, tags, rules)
        self._close_run(way.id, tags, rules)
        self.missing_nodes += missing
        self.cut_ways += missing > 0

    def take_restriction(self, tags: Mapping[str, str], members: list[Member]) -> None:
        """Keep the turns a restriction forbids, or count why it says nothing to us."""
        for profile, read in self._profiles.items():
            outcome, rules = read_turn_rules(tags, members, profile)
            read.turn_rules += rules
            read.outcomes[outcome] += 1

    def _close_run(
        self, id: int, tags: Mapping[str, str], rules: Mapping[Profile, WayRule | None]
    ) -> None:
        """End a run of known nodes; one alone is no road."""
        begin = self._offsets[-1]
        if len(self._ref) - begin <= 1:
            del self._ref[begin:], self._lon[begin:], self._lat[begin:]
            return
        self._offsets.append(len(self._ref))
        self._id.append(id)
        self._name.append(self._texts.number(tags.get("name")))
        self._number.append(self._texts.number(tags.get("ref")))
        self._class.append(CLASS_NUMBER[_road_class(tags)])
        self._is_roundabout.append(tags.get("junction") in _ROUND)
        for profile, read in self._profiles.items():
            read.take_rule(self._timed(rules[profile]))

    def _timed(self, rule: WayRule | None) -> WayRule | None:
        """Give a ferry the speed that takes as long as its timetable says."""
        if rule is None or rule.duration_s is None:
            return rule
        run = slice(self._offsets[-2], None)
        lon, lat = np.array([self._lon[run], self._lat[run]]) / 1e7
        length_m = float(distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum())
        km_h = max(length_m / rule.duration_s * 3.6, 0.1)
        return WayRule(km_h, km_h, rule.may_stop)

    def texts(self) -> RoadTexts:
        """Give the names and numbers of the ways."""
        return self._texts.texts()

    def outcomes(self, profile: Profile) -> dict[str, int]:
        """Count what became of the map's turn restrictions for a way of travelling."""
        return dict(self._profiles[profile].outcomes)

    def ways(self, profile: Profile) -> RoadWays:
        """Give the ways of one way of travelling, and nothing of the others."""
        read = self._profiles[profile]
        forward, backward = np.array(read.forward_km_h), np.array(read.backward_km_h)
        kept = np.flatnonzero((forward > IMPASSABLE) | (backward > IMPASSABLE))
        offsets = np.array(self._offsets, dtype=np.int64)
        count = np.diff(offsets)
        on_kept = np.zeros(len(count), dtype=bool)
        on_kept[kept] = True
        point = np.flatnonzero(np.repeat(on_kept, count))
        return RoadWays(
            point_ref=np.array(self._ref, dtype=np.int64)[point],
            point_lon_e7=np.array(self._lon, dtype=np.int32)[point],
            point_lat_e7=np.array(self._lat, dtype=np.int32)[point],
            way_offsets=np.concatenate([[0], np.cumsum(count[kept])]).astype(np.int32),
            way_id=np.array(self._id, dtype=np.int64)[kept],
            way_forward_km_h=forward[kept],
            way_backward_km_h=backward[kept],
            way_name=np.array(self._name, dtype=np.int32)[kept],
            way_number=np.array(self._number, dtype=np.int32)[kept],
            way_class=np.array(self._class, dtype=np.uint8)[kept],
            way_is_roundabout=np.array(self._is_roundabout, dtype=bool)[kept],
            way_may_stop=np.array(read.may_stop, dtype=bool)[kept],
            delayed_ref=np.array(read.delayed, dtype=np.int64),
            delay_ms=np.array(read.delay_ms, dtype=np.int32),
            blocked_ref=np.array(read.blocked, dtype=np.int64),
            turn_rules=read.turn_rules,
            junction_delay_ms=TRAVEL_RULES[profile].junction_delay_ms,
            missing_nodes=self.missing_nodes,
            cut_ways=self.cut_ways,
        )


class LodgingsRead:
    """The lodgings of a map: where, of what kind, how many rooms, and nothing that names them."""

    def __init__(self) -> None:
        self._rows = array("i")

    def take(self, tags: osmium.osm.TagList, places: list[tuple[int, int]]) -> None:
        """Keep a lodging, in the middle of its places; anything else is passed over."""
        kind = tags.get("tourism")
        if kind not in LODGING_KINDS or not places:
            return
        lon, lat = zip(*places, strict=True)
        self._rows.extend(
            (
                (min(lon) + max(lon)) // 2,
                (min(lat) + max(lat)) // 2,
                LODGING_KINDS.index(kind),
                _rooms(tags.get("rooms")),
            )
        )

    def lodgings(self) -> Lodgings:
        """Give the lodgings read."""
        lon, lat, kind, rooms = np.array(self._rows, dtype=np.int32).reshape(-1, 4).T
        return Lodgings(lon.copy(), lat.copy(), kind.copy(), rooms.copy())


def places(nodes: osmium.osm.NodeRefList) -> Iterator[tuple[int, int]]:
    """Give the whole coordinates of the nodes whose place is known."""
    for node in nodes:
        location = node.location
        if location.valid():
            yield location.x, location.y


def _road_class(tags: Mapping[str, str]) -> str:
    """Name the class of a way that somebody may use; a ferry may also be tagged as a road."""
    return "ferry" if tags.get("route") == "ferry" else tags["highway"]


def _rooms(told: str | None) -> int:
    """Read a number of rooms; anything but a plain figure is unknown."""
    return int(told) if told and _ROOMS.fullmatch(told) else UNKNOWN_ROOMS
