"""Wires the service: the only place that knows all its parts."""

from fastapi import FastAPI

from routing.api import graphs, matrices, plan_progress, plans, routing_jobs
from routing.jobs.import_graph import import_graph
from routing.jobs.services import WorkerServices
from routing.jobs.solve_plan import solve_plan
from routing.settings import Settings
from routing.store.active_roads import ActiveRoads
from routing.store.bundle_blobs import BundleBlobs
from shared.api import create_api
from shared.db import Database
from shared.jobs import Handler, Jobs
from shared.service import Service

ROUTERS = (
    graphs.router,
    matrices.router,
    matrices.routes,
    plans.router,
    plan_progress.router,
    routing_jobs.router,
)
HANDLERS: dict[str, Handler] = {"import_graph": import_graph, "solve_plan": solve_plan}


def create_app(settings: Settings) -> FastAPI:
    """Build the HTTP side."""
    app = create_api(
        "routing",
        settings,
        ROUTERS,
        summary="Road graphs, travel times and plans of visits.",
        handlers=HANDLERS,
    )
    app.state.roads = ActiveRoads(BundleBlobs.at(settings.blobs_url, settings.cache_dir))
    return app


async def run_worker(settings: Settings) -> None:
    """Build graphs and solve plans in the background until cancelled."""
    database = Database(settings.database_url, settings.system_url)
    services = WorkerServices(
        BundleBlobs.at(settings.blobs_url, settings.cache_dir), settings.import_dir
    )
    jobs = Jobs(database, HANDLERS, services=services)
    try:
        await jobs.open()
        await jobs.work()
    finally:
        await jobs.close()
        await database.dispose()


service = Service(name="routing", settings=Settings, create_app=create_app, run_worker=run_worker)
