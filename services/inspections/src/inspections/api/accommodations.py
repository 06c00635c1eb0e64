"""The register of places over HTTP."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import RedirectResponse

from inspections.api.copies import CopyQuery, Stands, goes_on
from inspections.api.lists import (
    ShortListQuery,
    moment_cursor_of,
    name_cursor,
    name_key,
    written_values,
)
from inspections.api.reach import moved, sees_surprises
from inspections.store import accommodations, changes, visits, zones
from inspections.store.accommodations import AccommodationFilter
from inspections.store.tables import AccommodationRow, ZoneRow
from inspections.store.visits import VisitFilter
from inspections.use_cases import declare_accommodations, messages
from inspections.use_cases.import_accommodations import import_accommodations
from inspections.use_cases.show_history import inspections_of
from shared.api_document import sent_before
from shared.auth import Caller, Manager, Reader
from shared.contracts.inspections.inspection import TimelineEntry
from shared.contracts.inspections.register import (
    Accommodation,
    AccommodationInput,
    ContractState,
    ImportReport,
    PositionSource,
)
from shared.contracts.message import Territory
from shared.db import Session
from shared.paging import Page, moment_key
from shared.preconditions import Revision, etag
from shared.problems import Problem, invalid, not_found, responses
from shared.sync import MOVED, UNCHANGED, CopiedPage

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
    "operator": "Société des Lilas",
    "siret": "73282932000074",
    "insee_commune": "93066",
    "erp_category": 5,
    "safety_opinion": "favourable",
    "safety_opinion_on": "2025-06-12",
    "reception_phone": "01 40 00 00 00",
    "languages": ["fr", "ar"],
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


class AccommodationQuery(CopyQuery):
    """Which accommodations to list."""

    territory: Territory | None = None
    sector: Annotated[str | None, Query(max_length=60)] = None
    contract_state: ContractState | None = None
    operator_id: UUID | None = None
    position_source: PositionSource | None = None
    zone: Annotated[str | None, Query(max_length=40, description="Code of a zone.")] = None
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


@router.get(
    "",
    operation_id="listAccommodations",
    response_model=CopiedPage[Accommodation],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_accommodations(
    session: Session,
    caller: Reader,
    *,
    query: Annotated[AccommodationQuery, Query()],
    stands: Stands,
) -> Response:
    """List accommodations, by name.

    With `updated_since` those merged away are told too: `merged_into` is set.
    """
    wanted = await _wanted(session, caller, query)
    keeper = caller.keeps_addresses
    show = partial(messages.accommodation_values, keeper=keeper)
    limit, after = query.limit + 1, goes_on(query)
    if after is not None:
        rows = await changes.page(
            session,
            (AccommodationRow, messages.ACCOMMODATION),
            wanted.conditions(),
            after=after,
            limit=limit,
            gone=changes.left(caller.territories),
        )
        return stands.changes(rows, query, show)
    rows = await accommodations.page(
        session, wanted, messages.ACCOMMODATION, after=name_key(query.cursor), limit=limit
    )
    return stands.answer(
        written_values(
            rows,
            query.limit,
            show=show,
            cursor=lambda it: name_cursor(str(it["name"]), it["id"]),
        )
    )


@router.post(
    "",
    operation_id="createAccommodation",
    status_code=201,
    responses=responses(403, 409, 422) | sent_before(Accommodation),
)
async def create_accommodation(
    session: Session, caller: Manager, declared: Declaration, response: Response
) -> Accommodation:
    """Enter an accommodation; the same again answers 200, other values for its id 409."""
    done = await declare_accommodations.enter(
        session,
        caller.organisation,
        caller.territories,
        declared,
        keeper=caller.keeps_addresses,
    )
    response.status_code = 201 if done.created else 200
    response.headers["Location"] = f"{router.prefix}/{done.row.id}"
    response.headers["ETag"] = etag(done.row.revision)
    return messages.accommodation(done.row, keeper=caller.keeps_addresses)


@router.get(
    "/{id}",
    operation_id="getAccommodation",
    response_model=Accommodation,
    responses=MOVED | responses(403, 404),
)
async def get_accommodation(
    session: Session, caller: Reader, id: UUID, response: Response
) -> Accommodation | RedirectResponse:
    """Get an accommodation; its `ETag` is what a change must name."""
    row = await accommodations.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("accommodation")
    if row.merged_into is not None:
        return RedirectResponse(f"{router.prefix}/{row.merged_into}", status_code=308)
    response.headers["ETag"] = etag(row.revision)
    return messages.accommodation(row, keeper=caller.keeps_addresses)


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
    revision: Revision,
) -> Accommodation:
    """Replace what the register says of an accommodation, unless it changed since it was read."""
    row = await declare_accommodations.change(
        session, id, caller.territories, declared, keeper=caller.keeps_addresses, revision=revision
    )
    response.headers["ETag"] = etag(row.revision)
    return messages.accommodation(row, keeper=caller.keeps_addresses)


@router.get(
    "/{id}/history",
    operation_id="listHistory",
    response_model=Page[TimelineEntry],
    responses=MOVED | responses(403, 404, 422),
)
async def list_history(
    session: Session,
    caller: Reader,
    *,
    id: UUID,
    query: Annotated[ShortListQuery, Query()],
    request: Request,
) -> Response:
    """List the visits of an accommodation with what they found, newest first."""
    elsewhere = await moved(session, caller, request, id)
    if elsewhere is not None:
        return elsewhere
    rows = await visits.page(
        session,
        VisitFilter(accommodation_id=id, surprises=sees_surprises(caller)),
        messages.VISIT,
        after=moment_key(query.cursor),
        limit=query.limit + 1,
    )
    found = await inspections_of(session, rows)
    hide_score = caller.is_only_inspector
    return written_values(
        rows,
        query.limit,
        show=lambda it: {
            "visit": messages.visit_values(it, hide_score=hide_score),
            "inspection": found.get(it["id"]),
        },
        cursor=lambda it: moment_cursor_of(it, "scheduled_at"),
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
        keeper=caller.keeps_addresses,
    )


async def _wanted(
    session: Session, caller: Caller, query: AccommodationQuery
) -> AccommodationFilter:
    return AccommodationFilter(
        territories=caller.territories,
        keeper=caller.keeps_addresses,
        territory=query.territory,
        sector=query.sector,
        contract_state=query.contract_state,
        operator_id=query.operator_id,
        position_source=query.position_source,
        zone=await _zone(session, query.zone),
        bbox=_box(query.bbox),
        words=query.q or None,
        merged=query.updated_since is not None,
    )


async def _zone(session: Session, code: str | None) -> ZoneRow | None:
    if code is None:
        return None
    row = await zones.by_code(session, code)
    if row is None:
        raise invalid("query: zone", "there is no such zone; see GET /v1/zones")
    return row


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
