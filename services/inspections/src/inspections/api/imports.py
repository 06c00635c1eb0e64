"""Imports of people's own tables over HTTP: the file, a mapping, the run, its report."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from inspections.api.lists import ListQuery, number_cursor, number_key, page_of
from inspections.domain.export_cells import cell
from inspections.domain.import_mapping import MappingError
from inspections.domain.sheet import SheetError
from inspections.settings import Settings
from inspections.store import imports
from inspections.store.imports import NewRun
from inspections.store.tables import ImportFileRow, ImportRunRow
from inspections.use_cases.import_mappings import (
    describe,
    import_problem,
    import_run,
    kept_mapping,
    labels_of,
    mapping_of,
)
from shared.auth import Caller, Manager
from shared.blobs import Blobs
from shared.contracts.inspections.imports import (
    ImportFile,
    ImportInput,
    ImportMapping,
    ImportProblem,
    ImportRun,
    NamedMapping,
)
from shared.db import Database, Session
from shared.jobs import Jobs
from shared.paging import Page, moment_cursor, moment_key
from shared.problems import invalid, not_found, responses

files = APIRouter(prefix="/v1/import-files", tags=["imports"])
mappings = APIRouter(prefix="/v1/import-mappings", tags=["imports"])
router = APIRouter(prefix="/v1/imports", tags=["imports"])

KIND = "import_table"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            WORKBOOK: {"schema": {"type": "string", "format": "binary"}},
            "application/zip": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}
MAPPING = {
    "kind": "findings",
    "columns": {
        "place": ["Code hôtel"],
        "occurred_at": ["Date de visite"],
        "item": ["Critère"],
        "severity": ["Gravité"],
        "room": ["Chambre"],
        "note": ["Remarque"],
    },
    "values": {"item": {"Punaises de lit": "pest_bedbugs"}, "severity": {"A": "1", "B": "2"}},
}
IMPORT = {
    "file_id": "0f0a9b57-6a5f-4d5e-8d3e-1f1f6f1a2b3c",
    "mapping_name": "vieux tableau",
    "source": "excel-2019",
    "dry_run": True,
}
PROBLEMS_FILE: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The lines."}
}
PROBLEM_PAGE = 1000
# Large tables at once would fill the memory.
READING = asyncio.Semaphore(2)
TOLD = ("line", "column", "value", "code", "reason")
Name = Annotated[str, Path(min_length=1, max_length=100)]


@files.post(
    "",
    operation_id="sendImportFile",
    status_code=201,
    responses=responses(403, 413, 422),
    openapi_extra=BODY,
)
async def send_file(
    request: Request,
    caller: Manager,
    response: Response,
    *,
    name: Annotated[str, Query(min_length=1, max_length=200)] = "table",
) -> ImportFile:
    """Send a table, CSV or Excel, and be told what it seems to be; nothing is imported yet.

    Submissions are taken as ODK Central (zip of CSV, JSON of OData) and KoboToolbox (CSV, XLSX,
    JSON) give them; what a form repeats is a sheet whose rows say what their submission does.
    """
    content = await request.body()
    if not content:
        raise invalid("/", "send the table, as CSV or .xlsx, or an export of submissions")
    database: Database = request.app.state.database
    async with database.session(caller.organisation) as session:
        _, labels = await labels_of(session, caller.organisation, "default")
    blob = await asyncio.to_thread(_blobs(request).put, content)
    row = ImportFileRow(
        organisation=caller.organisation,
        id=uuid4(),
        name=name,
        size_bytes=len(content),
        blob=blob,
        sent_by=caller.subject,
        created_at=datetime.now(UTC),
    )
    # What is no table is refused here, and not kept. No transaction waits for a slow upload, or for
    # a large table to be read.
    described = await _described(row, content, None, labels)
    async with database.session(caller.organisation) as session:
        await imports.add_file(session, row)
    response.headers["Location"] = f"{files.prefix}/{row.id}"
    return described


@files.get("/{id}", operation_id="getImportFile", responses=responses(403, 404, 422))
async def get_file(
    request: Request,
    session: Session,
    caller: Manager,
    id: UUID,
    *,
    sheet: Annotated[str | None, Query(max_length=100)] = None,
    checklist: Annotated[str, Query(max_length=60)] = "default",
) -> ImportFile:
    """Tell what a table seems to be, or one of its sheets; items are those of a checklist."""
    row = await imports.file_by_id(session, id)
    if row is None:
        raise not_found("file")
    content = await asyncio.to_thread(_blobs(request).get, str(row.blob))
    _, labels = await labels_of(session, caller.organisation, checklist)
    return await _described(row, content, sheet, labels)


@mappings.get("", operation_id="listImportMappings", responses=responses(403))
async def list_mappings(session: Session, _caller: Manager) -> list[NamedMapping]:
    """List the mappings that are kept, by name."""
    return [kept_mapping(it) for it in await imports.mappings(session)]


@mappings.put("/{name}", operation_id="keepImportMapping", responses=responses(403, 422))
async def keep_mapping(
    session: Session,
    caller: Manager,
    name: Name,
    mapping: Annotated[ImportMapping, Body(examples=[MAPPING])],
) -> NamedMapping:
    """Keep a mapping under a name, to be used again, in place of the one before."""
    _check(mapping)
    row = await imports.keep_mapping(
        session,
        caller.organisation,
        name,
        mapping=mapping.model_dump(mode="json"),
        by=caller.subject,
    )
    return kept_mapping(row)


@router.post("", operation_id="importTable", status_code=202, responses=responses(403, 404, 422))
async def import_table(
    request: Request,
    session: Session,
    caller: Manager,
    response: Response,
    *,
    asked: Annotated[ImportInput, Body(examples=[IMPORT])],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> ImportRun:
    """Import a table by a mapping, in the background; a dry run tells what would be.

    Rows known by an import of the same source before are left as they are.
    """
    mapping = await _mapping(session, asked)
    if await imports.file_by_id(session, asked.file_id) is None:
        raise not_found("file")
    its_jobs: Jobs = request.app.state.jobs
    settings: Settings = request.app.state.settings
    new = _new(asked, mapping, caller)
    job = await its_jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind=KIND,
        key=idempotency_key,
        arguments=asdict(new) | {"entry_delay_s": settings.entry_delay.total_seconds()},
    )
    row = await imports.run_by_id(session, job.id)
    if row is None:
        row = await imports.begin(session, caller.organisation, job.id, new)
    response.headers["Location"] = f"{router.prefix}/{row.id}"
    return import_run(row, job)


@router.get("", operation_id="listImports", responses=responses(403, 422))
async def list_imports(
    session: Session, _caller: Manager, query: Annotated[ListQuery, Query()]
) -> Page[ImportRun]:
    """List imports, newest first."""
    rows = await imports.runs(session, after=moment_key(query.cursor), limit=query.limit + 1)
    return page_of(
        [import_run(it) for it in rows],
        query.limit,
        lambda it: moment_cursor(it.created_at, it.id),
    )


@router.get("/{id}", operation_id="getImport", responses=responses(403, 404))
async def get_import(request: Request, session: Session, _caller: Manager, id: UUID) -> ImportRun:
    """Tell how far an import is, and what became of the rows."""
    row = await _run(session, id)
    its_jobs: Jobs = request.app.state.jobs
    return import_run(row, await its_jobs.state(session, id))


@router.get("/{id}/problems", operation_id="listImportProblems", responses=responses(403, 404, 422))
async def list_problems(
    session: Session, _caller: Manager, id: UUID, query: Annotated[ListQuery, Query()]
) -> Page[ImportProblem]:
    """List the lines that were not taken, with what to do about each."""
    await _run(session, id)
    key = number_key(query.cursor)
    after = None if key is None else (int(key[0]), key[1])
    rows = await imports.problems(session, id, after=after, limit=query.limit + 1)
    given = rows[: query.limit]
    following = (
        number_cursor(str(given[-1].line), given[-1].number) if len(rows) > len(given) else None
    )
    return Page(items=[import_problem(it) for it in given], next_cursor=following)


@router.get(
    "/{id}/problems.csv",
    operation_id="exportImportProblems",
    response_class=StreamingResponse,
    responses=responses(403, 404) | PROBLEMS_FILE,
)
async def export_problems(
    request: Request, session: Session, caller: Manager, id: UUID
) -> StreamingResponse:
    """Give the lines that were not taken as a table, to be put right and sent again."""
    await _run(session, id)
    database: Database = request.app.state.database
    return StreamingResponse(
        _problem_lines(database, caller.organisation, id),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="problems.csv"'},
    )


async def _problem_lines(database: Database, organisation: UUID, id: UUID) -> AsyncIterator[bytes]:
    yield b"\xef\xbb\xbf" + _csv([list(TOLD)])
    after = None
    async with database.session(organisation) as session:
        while rows := await imports.problems(session, id, after=after, limit=PROBLEM_PAGE):
            yield _csv([[cell(getattr(it, name)) for name in TOLD] for it in rows])
            after = (rows[-1].line, rows[-1].number)


def _csv(rows: list[list[object]]) -> bytes:
    page = io.StringIO()
    csv.writer(page).writerows(rows)
    return page.getvalue().encode()


async def _run(session: Session, id: UUID) -> ImportRunRow:
    row = await imports.run_by_id(session, id)
    if row is None:
        raise not_found("import")
    return row


async def _mapping(session: Session, asked: ImportInput) -> ImportMapping:
    if (asked.mapping is None) == (asked.mapping_name is None):
        raise invalid("/mapping", "give mapping or mapping_name, one of them")
    mapping = asked.mapping
    if mapping is None:
        kept = await imports.mapping_named(session, str(asked.mapping_name))
        if kept is None:
            raise not_found("mapping")
        mapping = ImportMapping.model_validate(kept.mapping)
    _check(mapping)
    return mapping


def _check(mapping: ImportMapping) -> None:
    try:
        mapping_of(mapping).check()
    except MappingError as error:
        raise invalid("/mapping", str(error)) from error


def _new(asked: ImportInput, mapping: ImportMapping, caller: Caller) -> NewRun:
    return NewRun(
        file_id=asked.file_id,
        source=asked.source,
        mapping=mapping.model_dump(mode="json"),
        dry_run=asked.dry_run,
        started_by=caller.subject,
        territories=tuple(caller.territories),
        keeper=caller.keeps_addresses,
    )


async def _described(
    row: ImportFileRow, content: bytes, sheet: str | None, labels: dict[str, tuple[str, ...]]
) -> ImportFile:
    try:
        async with READING:
            return await asyncio.to_thread(describe, row, content, sheet, labels)
    except SheetError as error:
        raise invalid("/", str(error)) from error


def _blobs(request: Request) -> Blobs:
    settings: Settings = request.app.state.settings
    return Blobs(settings.blobs_url)
