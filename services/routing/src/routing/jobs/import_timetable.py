"""Take in a timetable in the background and let it serve."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

from routing.domain.transit_feed import FeedError
from routing.jobs.services import WorkerServices
from routing.store.graphs import active_graph
from routing.store.tables import TimetableRow
from routing.store.timetables import activate
from routing.use_cases.build_graph import GraphSource
from routing.use_cases.build_timetable import StoredTimetable
from shared.jobs import Job, JobFailed


async def import_timetable(job: Job) -> None:
    """Take in the feed a job asks for; the timetable before it serves until then.

    Raises
    ------
    JobFailed : the feed cannot be used; the message names file, line and field
    """
    services = cast("WorkerServices", job.services)
    async with job.database.plain_session() as session:
        graph = await active_graph(session)
    blob, path = job.arguments["blob"], Path(str(job.arguments["path"]))
    source = GraphSource(
        path=path if blob else services.import_dir / path,
        blob=str(blob) if blob else None,
        served=None if graph is None else graph.bundle,
    )
    try:
        stored = await job.run_child(
            "routing.use_cases.build_timetable:build_timetable",
            source,
            services.bundles.blobs.url,
            services.bundles.folder,
        )
    except FeedError as error:
        raise JobFailed(str(error)) from error
    async with job.completion({"timetable_id": str(job.id)}) as session:
        await activate(session, _row(job, cast("StoredTimetable", stored)))


def _row(job: Job, stored: StoredTimetable) -> TimetableRow:
    """Describe the new version; it has the id of the job that took it in."""
    meta = stored.meta
    return TimetableRow(
        id=job.id,
        name=str(job.arguments["name"]),
        state="active",
        bundle=stored.bundle,
        source_sha256=meta.source_sha256,
        timezone=meta.timezone,
        first_day=date.fromisoformat(meta.first_day),
        last_day=date.fromisoformat(meta.last_day),
        stops=meta.stops,
        lines=meta.lines,
        trips=meta.trips,
        times=meta.times,
        lone_stops=meta.lone_stops,
        created_at=datetime.now(UTC),
    )
