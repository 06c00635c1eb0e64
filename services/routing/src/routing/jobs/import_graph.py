"""Build a road graph in the background and let it serve."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from routing.domain.road_check import (
    Extent,
    GraphRefusedError,
    GraphShrunkError,
    NetworkUnsoundError,
    check_succession,
)
from routing.domain.road_errors import OsmFileError
from routing.domain.speeds import HOME
from routing.jobs.services import WorkerServices
from routing.store.graphs import activate, active_graph, take_turn
from routing.store.tables import GraphRow
from routing.use_cases.build_graph import GraphSource, StoredGraph
from shared.jobs import Job, JobFailed


async def import_graph(job: Job) -> None:
    """Build the graph a job asks for; the graph before it serves until the new one is sound.

    Raises
    ------
    JobFailed : the file cannot be used, or gives a graph too unlike the one it would replace; the
        message says what to do
    """
    services = cast("WorkerServices", job.services)
    source = await _source(job, services)
    try:
        stored = await job.run_child(
            "routing.use_cases.build_graph:build_graph",
            source,
            services.bundles.blobs.url,
            services.bundles.folder,
        )
    except (OsmFileError, NetworkUnsoundError, GraphRefusedError) as error:
        raise JobFailed(str(error)) from error
    row = _row(job, cast("StoredGraph", stored))
    async with job.completion({"graph_id": str(job.id)}) as session:
        await take_turn(session)
        if source.served is not None:
            # Another import may have ended since.
            await _refuse_shrunk(session, row)
        await activate(session, row)


async def _source(job: Job, services: WorkerServices) -> GraphSource:
    """Say what to build from, and which graph in use it must resemble."""
    blob = job.arguments["blob"]
    path = Path(str(job.arguments["path"]))
    served = None
    # Jobs queued by the version before say neither this nor the country.
    if not job.arguments.get("replace", False):
        async with job.database.plain_session() as session:
            served = await active_graph(session)
    return GraphSource(
        path=path if blob else services.import_dir / path,
        blob=str(blob) if blob else None,
        country=str(job.arguments.get("country", HOME)),
        served=None if served is None else served.bundle,
    )


async def _refuse_shrunk(session: AsyncSession, row: GraphRow) -> None:
    served = await active_graph(session)
    if served is None:
        return
    try:
        check_succession(_extent(served), _extent(row))
    except GraphShrunkError as error:
        raise JobFailed(str(error)) from error


def _extent(row: GraphRow) -> Extent:
    return Extent(row.nodes, row.component_share, (row.west, row.south, row.east, row.north))


def _row(job: Job, stored: StoredGraph) -> GraphRow:
    """Describe the new version; it has the id of the job that built it."""
    meta = stored.meta
    west, south, east, north = meta.bbox
    return GraphRow(
        id=job.id,
        name=str(job.arguments["name"]),
        state="active",
        bundle=stored.bundle,
        source_sha256=meta.source_sha256,
        osm_timestamp=meta.osm_timestamp,
        nodes=meta.drive.nodes,
        arcs=meta.drive.arcs,
        length_km=meta.drive.length_km,
        component_share=meta.drive.component_share,
        missing_nodes=meta.missing_nodes,
        cut_ways=meta.cut_ways,
        west=west,
        south=south,
        east=east,
        north=north,
        attribution=meta.attribution,
        country=meta.country,
        profile_sha256=meta.profile_sha256,
        profiles={profile: asdict(known) for profile, known in meta.profiles.items()},
        changed_share=stored.changed_share,
        created_at=datetime.now(UTC),
    )
