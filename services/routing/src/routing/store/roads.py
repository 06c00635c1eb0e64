"""The way from a road graph to travel times, in any process."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from routing.domain.road_travel import NetworkRoads
from routing.domain.roads import CrowFlyRoads, Roads
from routing.domain.travel_times import Engine
from routing.store.bundle import read_network
from routing.store.bundle_blobs import BundleBlobs
from routing.store.graphs import active_graph

NO_ATTRIBUTION = ""


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


@dataclass(frozen=True, slots=True)
class CurrentRoads:
    """The roads that serve now, and the graph they come from; no graph means crow-fly."""

    roads: Roads
    graph_id: UUID | None
    bundle: Path | None
    attribution: str


class ActiveRoads:
    """The roads of the active graph, opened once per process and again when another is active."""

    def __init__(self, bundles: BundleBlobs) -> None:
        self._bundles = bundles
        self._opening = asyncio.Lock()
        self._current = CurrentRoads(open_roads(None), None, None, NO_ATTRIBUTION)

    async def current(self, session: AsyncSession) -> CurrentRoads:
        """Give the roads of the graph that is active in this transaction."""
        row = await active_graph(session)
        if row is None:
            return CurrentRoads(open_roads(None), None, None, NO_ATTRIBUTION)
        async with self._opening:
            if self._current.graph_id != row.id:
                bundle = await asyncio.to_thread(self._bundles.path, row.bundle)
                roads = await asyncio.to_thread(open_roads, bundle)
                self._current = CurrentRoads(roads, row.id, bundle, row.attribution)
            return self._current
