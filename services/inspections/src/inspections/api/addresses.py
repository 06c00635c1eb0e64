"""The national address base, as an operator imports it, and where addresses lie by it."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from inspections.domain.addresses import wanted_address
from inspections.settings import Settings
from inspections.use_cases.geocode_places import geocode
from shared.auth import Manager, Reader
from shared.blobs import Blobs
from shared.contracts.inspections.addresses import Geocoding
from shared.contracts.message import JobState
from shared.db import Session
from shared.jobs import Jobs
from shared.problems import invalid, not_found, responses

router = APIRouter(prefix="/v1/address-imports", tags=["addresses"])
geocoding = APIRouter(prefix="/v1/geocoding", tags=["addresses"])
jobs = APIRouter(prefix="/v1/inspections/jobs", tags=["jobs"])

KIND = "import_addresses"
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/gzip": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(
    "",
    operation_id="importAddresses",
    status_code=202,
    responses=responses(403, 413, 422),
    openapi_extra=BODY,
)
async def import_addresses(
    request: Request,
    caller: Manager,
    response: Response,
    *,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> JobState:
    """Import a CSV of the BAN, as published for a département, plain or gzip.

    Addresses known already are replaced. Then the places that nobody located are located by
    them; positions that somebody told stay.
    """
    content = await request.body()
    if not content:
        raise invalid("/", "send the file, as adresses-93.csv.gz")
    settings: Settings = request.app.state.settings
    blob = await asyncio.to_thread(Blobs(settings.blobs_url).put, content)
    its_jobs: Jobs = request.app.state.jobs
    # Opened after the body has come: a slow upload must not hold a transaction open.
    async with request.app.state.database.session(caller.organisation) as session:
        job = await its_jobs.enqueue(
            session,
            organisation=caller.organisation,
            subject=caller.subject,
            kind=KIND,
            key=idempotency_key,
            arguments={"blob": blob},
        )
    response.headers["Location"] = f"{jobs.prefix}/{job.id}"
    return job


@geocoding.get("", operation_id="geocode", responses=responses(403, 404, 422))
async def geocode_address(
    session: Session,
    _caller: Reader,
    *,
    address: Annotated[str, Query(min_length=1, max_length=300)],
    postcode: Annotated[str, Query(pattern=r"^\d{5}$")],
    city: Annotated[str, Query(max_length=200)] = "",
) -> Geocoding:
    """Find where an address lies by the addresses imported; nobody else is asked."""
    found = await geocode(session, wanted_address(address, postcode, city))
    if found is None:
        raise not_found("address among those imported")
    return Geocoding.model_validate(
        {
            "position": {"lon": found.lon, "lat": found.lat},
            "confidence": found.confidence,
            "label": found.label,
            "to_check": not found.is_sure,
        }
    )


@jobs.get("/{id}", operation_id="getInspectionsJob", responses=responses(403, 404))
async def get_job(request: Request, session: Session, _caller: Reader, id: UUID) -> JobState:
    """Tell where a job stands, and why it failed if it did."""
    its_jobs: Jobs = request.app.state.jobs
    state = await its_jobs.state(session, id)
    if state is None:
        raise not_found("job")
    return state
