"""The roads of the graph that is active now, kept open by a process."""

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from routing.domain.basemap import Basemap
from routing.domain.profiles import Profile
from routing.domain.roads import Roads
from routing.domain.travel_engine import EngineName
from routing.store.bundle import BundleError, read_meta
from routing.store.bundle_blobs import BundleBlobs
from routing.store.graphs import active_graph
from routing.store.roads import open_basemap, open_roads
from routing.store.tables import GraphRow

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CurrentGraph:
    """The graph that serves now; without one, all but the attribution is None."""

    graph_id: UUID | None
    bundle: Path | None
    attribution: str
    bbox: tuple[float, float, float, float] | None


NO_GRAPH = CurrentGraph(None, None, "", None)


@dataclass(frozen=True, slots=True)
class CurrentRoads:
    """The roads that serve now for one way of travelling, and the graph they come from."""

    roads: Roads
    graph: CurrentGraph


@dataclass(slots=True)
class _Opened:
    """The active version, the graph read from it, and what of that has been opened so far."""

    version: UUID | None
    graph: CurrentGraph
    roads: dict[Profile, Roads] = field(default_factory=dict)
    basemap: Basemap | None = None


class ActiveRoads:
    """The roads of the active graph, opened once per process and again when another is active."""

    def __init__(
        self, bundles: BundleBlobs, engine: EngineName | None = None, *, threads: int = 1
    ) -> None:
        self._bundles = bundles
        self._engine: EngineName | None = engine
        self._threads = threads
        self._opening = asyncio.Lock()
        self._opened = _Opened(None, NO_GRAPH)

    def bundle_path(self, name: str) -> Path:
        """Give the directory of any stored graph, active or not; unpacks it on first use."""
        return self._bundles.path(name)

    async def current(self, session: AsyncSession, profile: Profile = "drive") -> CurrentRoads:
        """Give the roads of the graph that is active in this transaction."""
        row = await active_graph(session)
        async with self._opening:
            opened = await self._open(row)
            if profile not in opened.roads:
                opened.roads[profile] = await asyncio.to_thread(
                    open_roads,
                    opened.graph.bundle,
                    self._engine,
                    profile=profile,
                    threads=self._threads,
                )
            return CurrentRoads(opened.roads[profile], opened.graph)

    async def basemap(self, session: AsyncSession) -> tuple[Basemap | None, CurrentGraph]:
        """Give what draws tiles of the active graph, if one is there."""
        row = await active_graph(session)
        async with self._opening:
            opened = await self._open(row)
            if opened.basemap is None and opened.graph.bundle is not None:
                opened.basemap = await asyncio.to_thread(open_basemap, opened.graph.bundle)
            return opened.basemap, opened.graph

    async def _open(self, row: GraphRow | None) -> _Opened:
        if row is None:
            return _Opened(None, NO_GRAPH)
        if self._opened.version != row.id:
            self._opened = _Opened(row.id, await asyncio.to_thread(self._graph, row))
        return self._opened

    def _graph(self, row: GraphRow) -> CurrentGraph:
        bundle = self._bundles.path(row.bundle)
        try:
            read_meta(bundle)
        except BundleError:
            # An earlier version of the program wrote it: answers say that the crow flies.
            logger.warning("active graph unreadable", extra={"graph_id": str(row.id)})
            return NO_GRAPH
        bbox = row.west, row.south, row.east, row.north
        return CurrentGraph(row.id, bundle, row.attribution, bbox)
