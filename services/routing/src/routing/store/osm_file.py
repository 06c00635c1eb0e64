"""Map files read once: roads for every way of travelling, turn restrictions, lodgings."""

from dataclasses import dataclass
from pathlib import Path

import osmium
from osmium.filter import TagFilter
from osmium.osm import Area, Node, Relation, Way

from routing.domain.drive_rules import BARRIERS
from routing.domain.lodgings import LODGING_KINDS, Lodgings
from routing.domain.profiles import ROAD_CLASSES, Profile
from routing.domain.road_errors import OsmFileEmptyError, OsmFileUnreadableError
from routing.domain.road_texts import RoadTexts
from routing.domain.road_ways import RoadWays
from routing.domain.speeds import HOME
from routing.domain.travel_rules import TRAVEL_RULES
from routing.domain.turn_rules import Member
from routing.store.map_reading import LodgingsRead, RoadsRead, places

_LODGINGS = TagFilter(*(("tourism", kind) for kind in LODGING_KINDS))
_ROADS_AND_LODGINGS = TagFilter(
    *(("highway", value) for value in ROAD_CLASSES),
    ("route", "ferry"),
    *(("tourism", kind) for kind in LODGING_KINDS),
)
_ROADS_AND_LODGINGS.enable_for(osmium.osm.WAY | osmium.osm.AREA)
_DELAYS = {kind for rules in TRAVEL_RULES.values() for kind in rules.node_delay_ms}
# Walls and fences are ways by the ten thousand: barriers are looked for among nodes only.
_DELAYS_BARRIERS_AND_LODGINGS = TagFilter(
    *(("highway", value) for value in sorted(_DELAYS)),
    *(("barrier", kind) for kind in BARRIERS),
    *(("tourism", kind) for kind in LODGING_KINDS),
)
_DELAYS_BARRIERS_AND_LODGINGS.enable_for(osmium.osm.NODE)
_RESTRICTIONS = TagFilter(("type", "restriction"))
_RESTRICTIONS.enable_for(osmium.osm.RELATION)


@dataclass(frozen=True, slots=True)
class OsmExtract:
    """What a map file told."""

    read: RoadsRead
    lodgings: Lodgings
    timestamp: str | None

    def ways(self, profile: Profile) -> RoadWays:
        """Give the roads of a way of travelling; made anew each time, to keep one in memory."""
        return self.read.ways(profile)

    def texts(self) -> RoadTexts:
        """Give the names and numbers of the streets."""
        return self.read.texts()


def read_osm(path: Path, country: str = HOME) -> OsmExtract:
    """Read the roads and lodgings of a map file (.osm.pbf, .osm, .osm.gz, .osm.bz2).

    Names of streets are kept; names, telephone numbers and addresses of lodgings never are.

    Parameters
    ----------
    country : the code of the country whose law limits speeds where no sign does, like `FR`

    Raises
    ------
    OsmFileUnreadableError : when the file is missing, damaged, cut short or of another format
    OsmFileEmptyError : when it holds nothing
    """
    source = osmium.io.File(str(path), _format_of(path))
    roads, lodgings = RoadsRead(country), LodgingsRead()
    try:
        processor = osmium.FileProcessor(source).with_areas(_LODGINGS)
        for wanted in (_ROADS_AND_LODGINGS, _DELAYS_BARRIERS_AND_LODGINGS, _RESTRICTIONS):
            processor = processor.with_filter(wanted)
        for thing in processor:
            _take(thing, roads, lodgings)
        timestamp = processor.header.get("osmosis_replication_timestamp") or None
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        # Cut and spoilt files raise the first, ids that are no numbers the second, coordinates
        # that are none, or off the earth, the third.
        raise OsmFileUnreadableError(
            f"{path.name} cannot be read to its end ({error}): it is damaged or cut short; "
            "download or export it again"
        ) from error
    return OsmExtract(roads, lodgings.lodgings(), timestamp)


def _take(thing: object, roads: RoadsRead, lodgings: LodgingsRead) -> None:
    """Keep what we need of a node, way, area or relation."""
    if isinstance(thing, Node):
        roads.take_node(thing)
        lodgings.take(thing.tags, [(thing.location.x, thing.location.y)])
    elif isinstance(thing, Way):
        if "highway" in thing.tags or "route" in thing.tags:
            roads.take_way(thing)
        else:
            lodgings.take(thing.tags, list(places(thing.nodes)))
    elif isinstance(thing, Relation):
        members = [Member(it.type, it.ref, it.role) for it in thing.members]
        roads.take_restriction(dict(thing.tags), members)
    elif isinstance(thing, Area) and not thing.from_way():
        # Areas of one closed way come as that way too, even where an extract has cut them.
        around = [place for ring in thing.outer_rings() for place in places(ring)]
        lodgings.take(thing.tags, around)


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
