"""Map files read once, into arrays: drivable ways, delays and barriers, lodgings."""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
from osmium.filter import TagFilter
from osmium.osm import Area, Node, Way

from routing.domain.lodgings import LODGING_KINDS, UNKNOWN_ROOMS, Lodgings
from routing.domain.road_errors import OsmFileEmptyError, OsmFileUnreadableError
from routing.domain.road_graph import RoadWays
from routing.domain.road_rules import (
    BARRIERS,
    DRIVEN_CLASSES,
    DriveRule,
    drive_rule,
    stops_cars,
)
from routing.domain.speeds import NODE_DELAY_MS

_ROOMS = re.compile("[0-9]{1,5}")
_LODGINGS = TagFilter(*(("tourism", kind) for kind in LODGING_KINDS))
_ROADS_AND_LODGINGS = TagFilter(
    *(("highway", value) for value in DRIVEN_CLASSES),
    *(("tourism", kind) for kind in LODGING_KINDS),
)
_ROADS_AND_LODGINGS.enable_for(osmium.osm.WAY | osmium.osm.AREA)
# Walls and fences are ways by the ten thousand: barriers are looked for among nodes only.
_DELAYS_BARRIERS_AND_LODGINGS = TagFilter(
    *(("highway", value) for value in NODE_DELAY_MS),
    *(("barrier", kind) for kind in BARRIERS),
    *(("tourism", kind) for kind in LODGING_KINDS),
)
_DELAYS_BARRIERS_AND_LODGINGS.enable_for(osmium.osm.NODE)


@dataclass(frozen=True, slots=True)
class OsmExtract:
    """What a map file told."""

    ways: RoadWays
    lodgings: Lodgings
    timestamp: str | None


def read_osm(path: Path) -> OsmExtract:
    """Read the roads and lodgings of a map file (.osm.pbf, .osm, .osm.gz, .osm.bz2).

    Names, telephone numbers and addresses are never kept.

    Raises
    ------
    OsmFileUnreadableError : when the file is missing, damaged, cut short or of another format
    OsmFileEmptyError : when it holds nothing
    """
    source = osmium.io.File(str(path), _format_of(path))
    reading = _Reading()
    try:
        processor = osmium.FileProcessor(source).with_areas(_LODGINGS)
        wanted = processor.with_filter(_ROADS_AND_LODGINGS)
        for thing in wanted.with_filter(_DELAYS_BARRIERS_AND_LODGINGS):
            reading.take(thing)
        timestamp = processor.header.get("osmosis_replication_timestamp") or None
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        # Cut and spoilt files raise the first, ids that are no numbers the second, coordinates
        # that are none, or off the earth, the third.
        raise OsmFileUnreadableError(
            f"{path.name} cannot be read to its end ({error}): it is damaged or cut short; "
            "download or export it again"
        ) from error
    return OsmExtract(reading.ways(), reading.lodgings(), timestamp)


def _format_of(path: Path) -> str:
    """Tell a file's format from its first bytes: names given by browsers are not to be trusted."""
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise OsmFileUnreadableError(
            f"{path.name} cannot be opened ({error.strerror}): check its path and permissions"
        ) from error
    if not start:
        raise OsmFileEmptyError(f"{path.name} is empty: download or export it again")
    if b"OSMHeader" in start:
        return "pbf"
    if start.startswith(b"\x1f\x8b"):
        return "osm.gz"
    if start.startswith(b"BZh"):
        return "osm.bz2"
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return "osm"
    raise OsmFileUnreadableError(
        f"{path.name} is not an OpenStreetMap file: give an extract named .osm.pbf or .osm"
    )


class _Reading:
    """Growing arrays; plain machine numbers keep a region's import small."""

    def __init__(self) -> None:
        self.ref = array("q")
        self.lon = array("i")
        self.lat = array("i")
        self.offsets = array("i", [0])
        self.forward_km_h = array("d")
        self.backward_km_h = array("d")
        self.forward = array("b")
        self.backward = array("b")
        self.may_stop = array("b")
        self.delayed = array("q")
        self.delay_ms = array("i")
        self.blocked = array("q")
        self.lodging = array("i")
        self.missing_nodes = 0
        self.cut_ways = 0

    def take(self, thing: object) -> None:
        """Keep what we need of a node, way or area."""
        if isinstance(thing, Node):
            self._take_node(thing)
        elif isinstance(thing, Way):
            if "highway" in thing.tags:
                rule = drive_rule(dict(thing.tags))
                if rule:
                    self._take_road(thing, rule)
            else:
                self._take_lodging(thing.tags, list(_places(thing.nodes)))
        elif isinstance(thing, Area) and not thing.from_way():
            # Areas of one closed way come as that way too, even where an extract has cut them.
            places = [place for ring in thing.outer_rings() for place in _places(ring)]
            self._take_lodging(thing.tags, places)

    def _take_node(self, node: Node) -> None:
        delay_ms = NODE_DELAY_MS.get(node.tags.get("highway") or "")
        if delay_ms:
            self.delayed.append(node.id)
            self.delay_ms.append(delay_ms)
        if "barrier" in node.tags and stops_cars(dict(node.tags)):
            self.blocked.append(node.id)
        self._take_lodging(node.tags, [(node.location.x, node.location.y)])

    def _take_road(self, way: Way, rule: DriveRule) -> None:
        missing = 0
        for node in way.nodes:
            location = node.location
            if location.valid():
                self.ref.append(node.ref)
                self.lon.append(location.x)
                self.lat.append(location.y)
            else:
                missing += 1
                self._close_run(rule)
        self._close_run(rule)
        self.missing_nodes += missing
        self.cut_ways += missing > 0

    def _close_run(self, rule: DriveRule) -> None:
        """End a run of known nodes; one alone is no road."""
        begin = self.offsets[-1]
        if len(self.ref) - begin <= 1:
            del self.ref[begin:], self.lon[begin:], self.lat[begin:]
            return
        self.offsets.append(len(self.ref))
        self.forward_km_h.append(rule.forward_km_h)
        self.backward_km_h.append(rule.backward_km_h)
        self.forward.append(rule.forward)
        self.backward.append(rule.backward)
        self.may_stop.append(rule.may_stop)

    def _take_lodging(self, tags: osmium.osm.TagList, places: list[tuple[int, int]]) -> None:
        kind = tags.get("tourism")
        if kind not in LODGING_KINDS or not places:
            return
        lon, lat = zip(*places, strict=True)
        self.lodging.extend(
            (
                (min(lon) + max(lon)) // 2,
                (min(lat) + max(lat)) // 2,
                LODGING_KINDS.index(kind),
                _rooms(tags.get("rooms")),
            )
        )

    def ways(self) -> RoadWays:
        """Give the roads read."""
        return RoadWays(
            point_ref=np.array(self.ref, dtype=np.int64),
            point_lon_e7=np.array(self.lon, dtype=np.int32),
            point_lat_e7=np.array(self.lat, dtype=np.int32),
            way_offsets=np.array(self.offsets, dtype=np.int32),
            way_forward_km_h=np.array(self.forward_km_h, dtype=np.float64),
            way_backward_km_h=np.array(self.backward_km_h, dtype=np.float64),
            way_forward=np.array(self.forward, dtype=bool),
            way_backward=np.array(self.backward, dtype=bool),
            way_may_stop=np.array(self.may_stop, dtype=bool),
            delayed_ref=np.array(self.delayed, dtype=np.int64),
            delay_ms=np.array(self.delay_ms, dtype=np.int32),
            blocked_ref=np.array(self.blocked, dtype=np.int64),
            missing_nodes=self.missing_nodes,
            cut_ways=self.cut_ways,
        )

    def lodgings(self) -> Lodgings:
        """Give the lodgings read."""
        lon, lat, kind, rooms = np.array(self.lodging, dtype=np.int32).reshape(-1, 4).T
        return Lodgings(lon.copy(), lat.copy(), kind.copy(), rooms.copy())


def _places(nodes: osmium.osm.NodeRefList) -> Iterator[tuple[int, int]]:
    for node in nodes:
        location = node.location
        if location.valid():
            yield location.x, location.y


def _rooms(told: str | None) -> int:
    """Read a number of rooms; anything but a plain figure is unknown."""
    return int(told) if told and _ROOMS.fullmatch(told) else UNKNOWN_ROOMS
