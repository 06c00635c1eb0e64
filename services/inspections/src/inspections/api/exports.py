"""Tables of the record as files, over HTTP."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
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
from inspections.domain.hxl_tags import hxl_tags
from inspections.store.export_columns import COLUMNS
from inspections.store.exports import Selection
from inspections.use_cases.export_parquet import as_parquet
from inspections.use_cases.export_tables import Row, as_csv, as_geojson, as_xlsx, batches
from inspections.use_cases.export_territories import territory_batches
from shared.auth import Caller, Reader
from shared.contracts.message import Territory
from shared.db import Database
from shared.problems import Problem, invalid, not_found, responses

router = APIRouter(prefix="/v1/exports", tags=["exports"])


class Table(StrEnum):
    """What may be exported."""

    accommodations = "accommodations"
    visits = "visits"
    inspections = "inspections"
    findings = "findings"
    complaints = "complaints"
    occupancy = "occupancy"
    territories = "territories"


class Format(StrEnum):
    """As what."""

    csv = "csv"
    xlsx = "xlsx"
    geojson = "geojson"
    parquet = "parquet"


class Sheet(StrEnum):
    """As what sheet."""

    csv = "csv"
    xlsx = "xlsx"


Language = Literal["fr", "en"]
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
PACKED = frozenset({Format.xlsx, Format.parquet})
TEXT, BYTES = {"type": "string"}, {"type": "string", "format": "binary"}
# Who reads complaints: those who see places, and those who triage.
COMPLAINTS = frozenset({"inspector", "planner", "manager", "admin", "service"})
MOST_PLACES = 200


def _schema(kind: Format) -> dict[str, str]:
    if kind is Format.geojson:
        return {"type": "object"}
    return BYTES if kind in PACKED else TEXT


def _files(*formats: Format) -> dict[int | str, dict[str, object]]:
    content = {MEDIA[it]: {"schema": _schema(it)} for it in formats}
    return {200: {"description": "The file.", "content": content}}


FILES, SHEETS = _files(*Format), _files(Format.csv, Format.xlsx)


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes out, to whom; small counts are withheld from figures for others."""

    database: Database
    caller: Caller
    table: Table
    selection: Selection
    withhold: bool

    def read(self) -> AsyncIterator[list[Row]]:
        """Read its rows in batches."""
        whose = (self.database, self.caller.organisation)
        if self.table == Table.territories:
            return territory_batches(*whose, self.selection, withhold=self.withhold)
        return batches(*whose, self.table, self.selection)

    def answer(self, file_format: Format, heads: Sequence[Sequence[str]]) -> StreamingResponse:
        """Write it as a file."""
        hxl = "hxl." if len(heads) > 1 else ""
        name = f"{self.table}-{local_day(self.selection.at)}.{hxl}{file_format}"
        return StreamingResponse(
            WRITERS[file_format](self.table, self.read(), heads),
            media_type=MEDIA[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def wanted(
    request: Request,
    caller: Reader,
    *,
    table: Table,
    selection: Annotated[Selection, Depends(selected)],
    shared: Annotated[
        bool, Query(description="Withhold small counts of territories, for others to see.")
    ] = False,
) -> Wanted:
    """Read what is wanted, and see that the caller may have it."""
    if table == Table.complaints and not caller.roles & COMPLAINTS:
        raise Problem(403, "forbidden", "Complaints are for who visits or triages them.")
    return Wanted(request.app.state.database, caller, table, selection, shared)


Labels = Annotated[
    Language | None,
    Query(description="Titles for people, of CSV and XLSX; stable names if left out."),
]


@router.get(
    "/{table}.hxl.{format}",
    operation_id="exportTableAsHXL",
    response_class=StreamingResponse,
    responses=SHEETS | responses(403, 404, 422),
)
async def export_as_hxl(
    export: Annotated[Wanted, Depends(wanted)],
    file_format: Annotated[Sheet, Path(alias="format")],
    labels: Labels = None,
) -> StreamingResponse:
    """Export a table with a second line that tells its columns by hashtags of HXL 1.1.

    Who gathers tables of many organisations reads them by these, whatever their titles.
    """
    names = COLUMNS[export.table]
    heads = [headers(names, labels), hxl_tags(export.table, names)]
    return export.answer(Format(file_format), heads)


@router.get(
    "/{table}.{format}",
    operation_id="exportTable",
    response_class=StreamingResponse,
    responses=FILES | responses(403, 404, 422),
)
async def export_table(
    export: Annotated[Wanted, Depends(wanted)],
    file_format: Annotated[Format, Path(alias="format")],
    labels: Labels = None,
) -> StreamingResponse:
    """Export a table of the record as a file, as it was known on a day, oldest first.

    The names of columns stay the same from release to release; items have their labels beside.
    Of places where a stay must not be known, keepers alone are told where they are. `territories`
    are counts of places, of anomalies that stand and of visits of the year before, by code.
    """
    if export.table == Table.territories and file_format == Format.geojson:
        raise invalid("path: format", "territories have no positions; ask for csv, xlsx or parquet")
    return export.answer(file_format, [headers(COLUMNS[export.table], labels)])
