"""The roads of the graph that is active now, kept open by a process."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from routing.domain.roads import Roads
from routing.store.bundle_blobs import BundleBlobs
from routing.store.graphs import active_graph
from routing.store.roads import open_roads


@dataclass(frozen=True, slots=True)
class CurrentRoads:
    """The roads that serve now, and the graph they come from; no graph means crow-fly."""

    roads: Roads
    graph_id: UUID | None
    bundle: Path | None
    attribution: str
    bbox: tuple[float, float, float, float] | None


NO_GRAPH = CurrentRoads(open_roads(None), None, None, "", None)


class ActiveRoads:
    """The roads of the active graph, opened once per process and again when another is active."""

    def __init__(self, bundles: BundleBlobs) -> None:
        self._bundles = bundles
        self._opening = asyncio.Lock()
        self._current = NO_GRAPH

    def bundle_path(self, name: str) -> Path:
        """Give the directory of any stored graph, active or not; unpacks it on first use."""
        return self._bundles.path(name)

    async def current(self, session: AsyncSession) -> CurrentRoads:
        """Give the roads of the graph that is active in this transaction."""
        row = await active_graph(session)
        if row is None:
            return NO_GRAPH
        async with self._opening:
            if self._current.graph_id != row.id:
                bundle = await asyncio.to_thread(self._bundles.path, row.bundle)
                roads = await asyncio.to_thread(open_roads, bundle)
                self._current = CurrentRoads(
                    roads,
                    row.id,
                    bundle,
                    row.attribution,
                    (row.west, row.south, row.east, row.north),
                )
            return self._current
