"""Wires the service: the only place that knows all its parts."""

import asyncio

from fastapi import FastAPI

from inspections.api import (
    accommodations,
    addresses,
    alerts,
    anomalies,
    bulk_accommodations,
    candidates,
    checklists,
    complaints,
    duplicates,
    exports,
    field_submissions,
    form_conflicts,
    grants,
    history,
    identifiers,
    imports,
    inspections,
    notices,
    occupancy,
    ogc,
    openrosa,
    operators,
    photos,
    pictures,
    place_grades,
    plan_visits,
    retention,
    reviews,
    revisions,
    room_draws,
    rooms,
    sanctions,
    search,
    visit_briefs,
    visit_times,
    visits,
    zones,
)
from inspections.domain.escalation import Patience
from inspections.jobs.import_addresses import import_addresses
from inspections.jobs.import_table import import_table
from inspections.jobs.tend_record import Tending, tend_forever
from inspections.settings import Settings
from shared import metrics
from shared.api import create_api
from shared.blobs import Blobs
from shared.db import Database
from shared.jobs import Handler, Jobs
from shared.mail import mail_server
from shared.service import Service
from shared.tracing import tracer_of

ROUTERS = (
    accommodations.router,
    bulk_accommodations.router,
    place_grades.router,
    history.places,
    pictures.router,
    history.router,
    exports.router,
    search.router,
    accommodations.imports,
    imports.files,
    imports.mappings,
    imports.router,
    addresses.router,
    addresses.geocoding,
    addresses.jobs,
    duplicates.router,
    duplicates.merges,
    operators.router,
    rooms.router,
    rooms.every,
    occupancy.router,
    identifiers.router,
    zones.router,
    checklists.router,
    checklists.imports,
    visits.router,
    visit_times.router,
    visit_briefs.router,
    visits.announced,
    plan_visits.router,
    room_draws.router,
    inspections.router,
    inspections.findings,
    reviews.router,
    reviews.drafts,
    form_conflicts.router,
    openrosa.router,
    field_submissions.router,
    anomalies.router,
    anomalies.policies,
    alerts.router,
    alerts.shifts,
    alerts.contacts,
    alerts.mails,
    notices.router,
    notices.charter_routes,
    sanctions.router,
    sanctions.again,
    complaints.router,
    retention.rules,
    retention.runs,
    retention.people,
    retention.purges,
    retention.texts,
    photos.router,
    photos.deletions,
    candidates.router,
    grants.router,
    grants.places,
    revisions.router,
    revisions.chain,
    ogc.router,
)
HANDLERS: dict[str, Handler] = {
    "import_addresses": import_addresses,
    "import_table": import_table,
}


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
    """Tend the record, and work in the background, until cancelled."""
    database = Database(settings.database_url, settings.system_url)
    jobs = Jobs(
        database, HANDLERS, services=Blobs(settings.blobs_url), tracer=tracer_of("inspections")
    )
    try:
        await jobs.open()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(jobs.work())
            tasks.create_task(
                metrics.tell_of_worker(settings, database, service="inspections", kinds=HANDLERS)
            )
            tasks.create_task(tend_forever(database, _tending(settings)))
    finally:
        await jobs.close()
        await database.dispose()


def _tending(settings: Settings) -> Tending:
    return Tending(
        files_url=settings.blobs_url,
        patience=Patience(settings.alert_answer, settings.alert_again),
        server=mail_server(settings.smtp_url.get_secret_value(), settings.mail_from),
    )


service = Service(
    name="inspections", settings=Settings, create_app=create_app, run_worker=run_worker
)
