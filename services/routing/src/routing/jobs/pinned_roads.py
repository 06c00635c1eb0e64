"""The roads and the timetable of a plan, unpacked for the process that solves it."""

import asyncio

from routing.jobs.services import WorkerServices
from routing.store.pinned import PinnedBundles
from routing.store.roads import RoadSource


async def road_source(services: WorkerServices, bundles: PinnedBundles) -> RoadSource:
    """Unpack what a plan is solved on."""
    graph, timetable = [
        None if name is None else await asyncio.to_thread(services.bundles.path, name)
        for name in (bundles.graph, bundles.timetable)
    ]
    return RoadSource(graph, services.engine, timetable)
