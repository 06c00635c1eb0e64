"""The way from a road graph's directory to travel times, in any process."""

from dataclasses import dataclass
from pathlib import Path

from routing.domain.basemap import Basemap
from routing.domain.profiles import Profile
from routing.domain.road_travel import NetworkRoads
from routing.domain.roads import CrowFlyRoads, Roads
from routing.domain.travel_engine import EngineName
from routing.store.bundle import read_meta, read_network, read_texts


@dataclass(frozen=True, slots=True)
class RoadSource:
    """The roads another process is to open: a graph's directory, and the engine if one is forced.

    Without a directory the crow flies. With that of a timetable, one goes by public transport too.
    """

    bundle: Path | None
    engine: EngineName | None = None
    timetable: Path | None = None


def open_roads(
    bundle: Path | None,
    engine: EngineName | None = None,
    *,
    profile: Profile = "drive",
    threads: int = 1,
) -> Roads:
    """Open a road graph for matrices and routes; without one, guess as the crow flies.

    It is guessed too where the graph has no roads for this way of travelling. Takes a fifth of a
    second for 50,000 junctions, so keep what it returns. `roads.method` says which of the two it
    is.

    Raises
    ------
    BundleError : when the directory holds no road graph this version reads.
    """
    if bundle is None or profile not in read_meta(bundle).profiles:
        return CrowFlyRoads(profile)
    network, texts = read_network(bundle, profile), read_texts(bundle)
    return NetworkRoads(network, engine, texts=texts, profile=profile, threads=threads)


def open_basemap(bundle: Path) -> Basemap:
    """Open a road graph to draw tiles from.

    Raises
    ------
    BundleError : when the directory holds no road graph this version reads.
    """
    return Basemap({name: read_network(bundle, name) for name in read_meta(bundle).profiles})
