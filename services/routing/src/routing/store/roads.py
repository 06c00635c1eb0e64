"""The way from a road graph's directory to travel times, in any process."""

from pathlib import Path

from routing.domain.road_travel import NetworkRoads
from routing.domain.roads import CrowFlyRoads, Roads
from routing.domain.travel_times import Engine
from routing.store.bundle import read_network


def open_roads(bundle: Path | None, engine: Engine | None = None) -> Roads:
    """Open a road graph for matrices and routes; without one, guess as the crow flies.

    Takes a fifth of a second for 50,000 junctions, so keep what it returns. `roads.method` says
    which of the two it is.

    Raises
    ------
    BundleError : when the directory holds no road graph this version reads.
    """
    if bundle is None:
        return CrowFlyRoads()
    return NetworkRoads(read_network(bundle), engine)
