"""Wires the service: the only place that knows all its parts."""

from fastapi import FastAPI

from inspections.api import accommodations, candidates, checklists, inspections, visits
from inspections.settings import Settings
from shared.api import create_api
from shared.db import Database
from shared.jobs import Handler, Jobs
from shared.service import Service

ROUTERS = (
    accommodations.router,
    accommodations.imports,
    checklists.router,
    visits.router,
    inspections.router,
    inspections.findings,
    candidates.router,
)
# Nothing here takes longer than a request yet; the worker is there so that all services are
# deployed alike.
HANDLERS: dict[str, Handler] = {}


def create_app(settings: Settings) -> FastAPI:
    """Build the HTTP side."""
    return create_api(
        "inspections",
        settings,
        ROUTERS,
        summary="The record: accommodations, visits, inspections and findings.",
        handlers=HANDLERS,
    )


async def run_worker(settings: Settings) -> None:
    """Work in the background until cancelled."""
    database = Database(settings.database_url, settings.system_url)
    jobs = Jobs(database, HANDLERS)
    try:
        await jobs.open()
        await jobs.work()
    finally:
        await jobs.close()
        await database.dispose()


service = Service(
    name="inspections", settings=Settings, create_app=create_app, run_worker=run_worker
)
