"""Tables of the record as files, over HTTP."""

from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import StreamingResponse

from inspections.api.clock import Now
from inspections.api.history import FIRST_DAY, AsOf
from inspections.api.reach import sees_surprises
from inspections.domain.calendar import day_begins_at, last_moment, local_day
from inspections.domain.export_labels import headers
from inspections.store.export_columns import COLUMNS
from inspections.store.exports import Selection
from inspections.use_cases.export_parquet import as_parquet
from inspections.use_cases.export_tables import as_csv, as_geojson, as_xlsx, batches
from shared.auth import Reader
from shared.contracts.message import Territory
from shared.db import Database
from shared.problems import Problem, not_found, responses

router = APIRouter(prefix="/v1/exports", tags=["exports"])


class Table(StrEnum):
    """What may be exported."""

    accommodations = "accommodations"
    visits = "visits"
    inspections = "inspections"
    findings = "findings"
    complaints = "complaints"
    occupancy = "occupancy"


class Format(StrEnum):
    """As what."""

    csv = "csv"
    xlsx = "xlsx"
    geojson = "geojson"
    parquet = "parquet"


WRITERS = MappingProxyType(
    {
        Format.csv: as_csv,
        Format.xlsx: as_xlsx,
        Format.geojson: as_geojson,
        Format.parquet: as_parquet,
    }
)
MEDIA = MappingProxyType(
    {
        Format.csv: "text/csv; charset=utf-8",
        Format.xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format.geojson: "application/geo+json",
        Format.parquet: "application/vnd.apache.parquet",
    }
)
# Who reads complaints: those who see places, and those who triage.
COMPLAINTS = frozenset({"inspector", "planner", "manager", "admin", "service"})
MOST_PLACES = 200
FILES: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The file.",
        "content": {media: {"schema": {"type": "string"}} for media in MEDIA.values()},
    }
}


def selected(
    caller: Reader,
    as_of: AsOf,
    now: Now,
    since: Annotated[date, Query(ge=FIRST_DAY, description="Local day.")] = FIRST_DAY,
    *,
    territory: Annotated[list[Territory], Query(max_length=110, description="All, if none.")] = [],  # noqa: B006 - FastAPI copies it
    accommodation_id: Annotated[
        list[UUID], Query(max_length=MOST_PLACES, description="All, if none.")
    ] = [],  # noqa: B006 - likewise
) -> Selection:
    """Read what is to be exported."""
    mine = [it for it in territory if not caller.territories or it in caller.territories]
    if territory and not mine:
        raise not_found("territory")
    return Selection(
        territories=mine or caller.territories,
        since=day_begins_at(since),
        at=last_moment(as_of, now),
        keeper=caller.keeps_addresses,
        surprises=sees_surprises(caller),
        places=accommodation_id,
    )


@router.get(
    "/{table}.{format}",
    operation_id="exportTable",
    response_class=StreamingResponse,
    responses=FILES | responses(403, 404, 422),
)
async def export_table(
    request: Request,
    caller: Reader,
    *,
    table: Table,
    file_format: Annotated[Format, Path(alias="format")],
    selection: Annotated[Selection, Depends(selected)],
    labels: Annotated[
        Literal["fr", "en"] | None,
        Query(description="Titles for people, of CSV and XLSX; stable names if left out."),
    ] = None,
) -> StreamingResponse:
    """Export a table of the record as a file, as it was known on a day, oldest first.

    The names of columns stay the same from release to release; items have their labels beside.
    Of places where a stay must not be known, keepers alone are told where they are.
    """
    if table == Table.complaints and not caller.roles & COMPLAINTS:
        raise Problem(403, "forbidden", "Complaints are for who visits or triages them.")
    database: Database = request.app.state.database
    read = batches(database, caller.organisation, table, selection)
    name = f"{table}-{local_day(selection.at)}.{file_format}"
    return StreamingResponse(
        WRITERS[file_format](table, read, headers(COLUMNS[table], labels)),
        media_type=MEDIA[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
