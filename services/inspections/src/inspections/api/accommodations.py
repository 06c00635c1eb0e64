"""The register of places over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response
from pydantic import AwareDatetime

from inspections.api.lists import (
    ListQuery,
    ShortListQuery,
    moment_cursor,
    moment_key,
    name_cursor,
    name_key,
    page_of,
    written,
)
from inspections.store import accommodations, visits
from inspections.store.accommodations import AccommodationFilter
from inspections.store.visits import VisitFilter
from inspections.use_cases import declare_accommodations, messages
from inspections.use_cases.import_accommodations import import_accommodations
from inspections.use_cases.show_history import inspections_of, timeline
from shared.auth import Manager, Reader
from shared.contracts.inspections import (
    Accommodation,
    AccommodationInput,
    ContractState,
    ImportReport,
    TimelineEntry,
)
from shared.contracts.message import Territory
from shared.db import Session
from shared.paging import Page
from shared.problems import Problem, invalid, not_found, responses

router = APIRouter(prefix="/v1/accommodations", tags=["accommodations"])
imports = APIRouter(prefix="/v1/accommodation-imports", tags=["accommodations"])

HOTEL = {
    "external_id": "H-0042",
    "name": "Hôtel de l'Étoile",
    "kind": "hotel",
    "address": "12 rue des Lilas",
    "postcode": "93200",
    "city": "Saint-Denis",
    "sector": "Nord",
    "position": {"lon": 2.3574, "lat": 48.9356},
    "rooms": 42,
    "capacity": 110,
    "visit_hours": [{"weekday": 1, "opens": "09:00", "closes": "17:30"}],
}
REGISTER = (
    "identifiant;nom;code_postal;ville;chambres;latitude;longitude\n"
    "H-0042;Hôtel de l'Étoile;93200;Saint-Denis;42;48,9356;2,3574\n"
)
REGISTER_BODY = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string"}, "example": REGISTER}},
    }
}
Declaration = Annotated[AccommodationInput, Body(examples=[HOTEL])]
LON_LIMIT, LAT_LIMIT = 180.0, 90.0


class AccommodationQuery(ListQuery):
    """Which accommodations to list."""

    territory: Territory | None = None
    sector: Annotated[str | None, Query(max_length=60)] = None
    contract_state: ContractState | None = None
    bbox: Annotated[
        str | None,
        Query(
            description="West, south, east, north, in degrees.",
            examples=["2.22,48.81,2.47,48.91"],
            max_length=100,
        ),
    ] = None
    q: Annotated[
        str | None, Query(max_length=100, description="Words of the name, address, city, ….")
    ] = None
    updated_since: AwareDatetime | None = None


@router.get(
    "",
    operation_id="listAccommodations",
    response_model=Page[Accommodation],
    responses=responses(403, 422),
)
async def list_accommodations(
    session: Session, caller: Reader, query: Annotated[AccommodationQuery, Query()]
) -> Response:
    """List accommodations, by name."""
    wanted = AccommodationFilter(
        territories=caller.territories,
        territory=query.territory,
        sector=query.sector,
        contract_state=query.contract_state,
        bbox=_box(query.bbox),
        words=query.q or None,
        updated_since=query.updated_since,
    )
    rows = await accommodations.page(
        session, wanted, after=name_key(query.cursor), limit=query.limit + 1
    )
    return await written(
        lambda: page_of(
            [messages.accommodation(row) for row in rows],
            query.limit,
            lambda it: name_cursor(it.name, it.id),
        )
    )


@router.post(
    "",
    operation_id="createAccommodation",
    status_code=201,
    responses=responses(403, 409, 422),
)
async def create_accommodation(
    session: Session, caller: Manager, declared: Declaration, response: Response
) -> Accommodation:
    """Enter an accommodation; the same again answers 200, other values for its id 409."""
    done = await declare_accommodations.enter(
        session, caller.organisation, caller.territories, declared
    )
    response.status_code = 201 if done.created else 200
    response.headers["Location"] = f"{router.prefix}/{done.row.id}"
    response.headers["ETag"] = _etag(done.row.revision)
    return messages.accommodation(done.row)


@router.get("/{id}", operation_id="getAccommodation", responses=responses(403, 404))
async def get_accommodation(
    session: Session, caller: Reader, id: UUID, response: Response
) -> Accommodation:
    """Get an accommodation; its `ETag` is what a change must name."""
    row = await accommodations.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("accommodation")
    response.headers["ETag"] = _etag(row.revision)
    return messages.accommodation(row)


@router.put(
    "/{id}",
    operation_id="replaceAccommodation",
    responses=responses(403, 404, 409, 412, 422, 428),
)
async def replace_accommodation(
    session: Session,
    caller: Manager,
    *,
    id: UUID,
    declared: Declaration,
    response: Response,
    if_match: Annotated[str | None, Header(description="`ETag` of what you read.")] = None,
) -> Accommodation:
    """Replace what the register says of an accommodation, unless it changed since it was read."""
    if if_match is None:
        raise Problem(
            428, "precondition-required", "Send the ETag you read the accommodation with, If-Match."
        )
    row = await declare_accommodations.change(
        session, id, caller.territories, declared, revision=_revision(if_match)
    )
    response.headers["ETag"] = _etag(row.revision)
    return messages.accommodation(row)


@router.get(
    "/{id}/history",
    operation_id="listHistory",
    response_model=Page[TimelineEntry],
    responses=responses(403, 404, 422),
)
async def list_history(
    session: Session, caller: Reader, id: UUID, query: Annotated[ShortListQuery, Query()]
) -> Response:
    """List the visits of an accommodation with what they found, newest first."""
    if await accommodations.by_id(session, id, caller.territories) is None:
        raise not_found("accommodation")
    rows = await visits.page(
        session,
        VisitFilter(accommodation_id=id),
        after=moment_key(query.cursor),
        limit=query.limit + 1,
    )
    found = await inspections_of(session, rows)
    return await written(
        lambda: page_of(
            timeline(rows, found, hide_score=caller.is_only_inspector),
            query.limit,
            lambda it: moment_cursor(it.visit.scheduled_at, it.visit.id),
        )
    )


@imports.post(
    "",
    operation_id="importAccommodations",
    responses=responses(403, 422),
    openapi_extra=REGISTER_BODY,
)
async def import_register(
    session: Session,
    caller: Manager,
    request: Request,
    dry_run: Annotated[bool, Query(description="Report without taking anything.")] = False,  # noqa: FBT002 - a query parameter
) -> ImportReport:
    """Import a register as CSV: the good rows are taken by external id, the others reported.

    Cells may be separated by `;`, `,` or tabs, headers be French or English, numbers have a comma.
    """
    return await import_accommodations(
        session,
        caller.organisation,
        caller.territories,
        await request.body(),
        dry_run=dry_run,
    )


def _etag(revision: int) -> str:
    return f'"{revision}"'


def _revision(if_match: str) -> int | None:
    """Read our own ETag; one that is not ours matches nothing."""
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - an int of PostgreSQL


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise _bad_box() from error
    if not (-LON_LIMIT <= west <= east <= LON_LIMIT and -LAT_LIMIT <= south <= north <= LAT_LIMIT):
        raise _bad_box()
    return west, south, east, north


def _bad_box() -> Problem:
    return invalid(
        "query: bbox", "Send west,south,east,north in degrees, as 2.22,48.81,2.47,48.91."
    )
