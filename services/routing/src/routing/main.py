"""Wires the service: the only place that knows all its parts."""

import asyncio
from functools import partial

from fastapi import FastAPI

from routing.api import (
    basemap,
    forecasts,
    graphs,
    inspectors,
    matrices,
    plan_acceptances,
    plan_files,
    plan_progress,
    plan_revisions,
    plans,
    routing_jobs,
    timetables,
    visit_signs,
)
from routing.jobs.import_graph import import_graph
from routing.jobs.import_timetable import import_timetable
from routing.jobs.revise_plan import READY, revise_plan
from routing.jobs.services import WorkerServices
from routing.jobs.solve_plan import solve_plan
from routing.jobs.try_changes import try_changes
from routing.jobs.watch_signs import watch_forever
from routing.settings import Settings
from routing.store.active_roads import ActiveRoads
from routing.store.active_timetable import ActiveTimetable
from routing.store.bundle_blobs import BundleBlobs
from routing.use_cases.tell_versions import tell_versions
from shared import metrics
from shared.api import create_api
from shared.db import Database
from shared.jobs import Handler, Jobs
from shared.service import Service
from shared.tracing import tracer_of

ROUTERS = (
    graphs.router,
    matrices.router,
    matrices.routes,
    basemap.router,
    plans.router,
    plan_progress.router,
    plan_acceptances.router,
    plan_revisions.router,
    plan_files.router,
    inspectors.router,
    forecasts.router,
    visit_signs.router,
    timetables.router,
    timetables.journeys,
    routing_jobs.router,
)
HANDLERS: dict[str, Handler] = {
    "import_graph": import_graph,
    "import_timetable": import_timetable,
    "solve_plan": solve_plan,
    "revise_plan": revise_plan,
    "try_changes": try_changes,
}


def create_app(settings: Settings) -> FastAPI:
    """Build the HTTP side."""
    app = create_api(
        "routing",
        settings,
        ROUTERS,
        summary="Road graphs, travel times and plans of visits.",
        handlers=HANDLERS,
    )
    bundles = BundleBlobs.at(settings.blobs_url, settings.cache_dir)
    app.state.roads = ActiveRoads(bundles, settings.engine, threads=settings.matrix_threads)
    app.state.timetable = ActiveTimetable(bundles)
    app.state.about = partial(tell_versions, app.state.database)
    return app


async def run_worker(settings: Settings) -> None:
    """Build graphs and solve plans in the background until cancelled."""
    database = Database(settings.database_url, settings.system_url)
    services = WorkerServices(
        BundleBlobs.at(settings.blobs_url, settings.cache_dir),
        settings.import_dir,
        settings.engine,
        settings.search_processes,
    )
    jobs = Jobs(database, HANDLERS, services=services, ready=READY, tracer=tracer_of("routing"))
    try:
        await jobs.open()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(jobs.work())
            tasks.create_task(
                metrics.tell_of_worker(settings, database, service="routing", kinds=HANDLERS)
            )
            tasks.create_task(watch_forever(database, settings.silence_min))
    finally:
        await jobs.close()
        await database.dispose()


service = Service(name="routing", settings=Settings, create_app=create_app, run_worker=run_worker)
