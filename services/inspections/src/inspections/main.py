"""Wires the service: the only place that knows all its parts."""

from fastapi import FastAPI

from inspections.api import accommodations, candidates, checklists, inspections, visits
from inspections.settings import Settings
from shared.api import create_api
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


def create_app(settings: Settings) -> FastAPI:
    """Build the HTTP side."""
    return create_api(
        "inspections",
        settings,
        ROUTERS,
        summary="The record: accommodations, visits, inspections and findings.",
    )


service = Service(name="inspections", settings=Settings, create_app=create_app)
