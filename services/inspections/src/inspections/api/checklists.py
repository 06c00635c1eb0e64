"""Checklists over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from inspections.api.lists import ListQuery, number_cursor, number_key, page_of
from inspections.domain.checklist import changes_between
from inspections.domain.checklist_file import write_items
from inspections.domain.vocabulary import Titled, vocabulary
from inspections.store import checklists
from inspections.store.checklists import ChecklistFilter, checklist_of
from inspections.store.tables import ChecklistDraftRow, ChecklistRow
from inspections.use_cases import checklist_messages, edit_checklists
from inspections.use_cases.edit_checklists import Named, words_of
from inspections.use_cases.import_checklists import import_checklist
from shared.api_document import sent_before
from shared.auth import Manager, Reader
from shared.contracts.inspections.checklists import (
    ChecklistChanges,
    ChecklistImport,
    ChecklistInput,
    ChecklistState,
    ChecklistSummary,
    ChecklistVersion,
    ItemLabel,
    Retirement,
)
from shared.db import Session
from shared.paging import Page
from shared.preconditions import Revision, etag, required_revision
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/checklists", tags=["checklists"])
imports = APIRouter(prefix="/v1/checklist-imports", tags=["checklists"])

CODE = r"^[a-z][a-z0-9_]{0,59}$"
Code = Annotated[str, Path(max_length=60, examples=["default"])]
NewCode = Annotated[str, Path(pattern=CODE, examples=["fire_safety"])]
Number = Annotated[int, Path(ge=1, le=1_000_000, examples=[1])]
GRID = {
    "title": {"fr": "Sécurité incendie", "en": "Fire safety"},
    "items": [
        {
            "code": "exit_blocked",
            "category": "fire_safety",
            "scope": "common_parts",
            "label": {"fr": "Issue de secours encombrée", "en": "Escape route blocked"},
            "weight": 6,
            "danger_at": 2,
            "photo_from": 1,
            "references": "CCH R143-1",
        }
    ],
}
SHEET = (
    "code;category;scope;label_fr;label_en;weight;danger_at;photo_from;refs\n"
    "exit_blocked;fire_safety;common_parts;Issue encombrée;Escape route blocked;6;2;1;\n"
)
SHEET_BODY = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string"}, "example": SHEET}},
    }
}
SHEET_ANSWER: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The items, one a row.",
        "content": {"text/csv": {"schema": {"type": "string"}, "example": SHEET}},
    }
}
LINKED_DATA = "application/ld+json"
VOCABULARY_ANSWER: dict[int | str, dict[str, object]] = {
    200: {
        "description": "A SKOS vocabulary; its names are relative to this address.",
        "content": {LINKED_DATA: {"schema": {"type": "object"}}},
    }
}
Grid = Annotated[ChecklistInput, Body(examples=[GRID])]


def _named(caller: Reader, code: Code, version: Number) -> Named:
    return Named(caller.organisation, code, version)


class ChecklistQuery(ListQuery):
    """Which versions of checklists to list."""

    code: Annotated[str | None, Query(max_length=60)] = None
    state: ChecklistState | None = None


@router.get("", operation_id="listChecklists", responses=responses(403, 422))
async def list_checklists(
    session: Session, caller: Reader, query: Annotated[ChecklistQuery, Query()]
) -> Page[ChecklistSummary]:
    """List the versions of all checklists, by code and number, without their items."""
    await checklists.copy_default(session, caller.organisation)
    rows = await checklists.page(
        session,
        ChecklistFilter(query.code, query.state),
        after=number_key(query.cursor),
        limit=query.limit + 1,
    )
    found = [checklist_messages.summary(row) for row in rows]
    return page_of(found, query.limit, lambda it: number_cursor(it.code, it.version))


@router.post(
    "/{code}/versions",
    operation_id="draftChecklist",
    status_code=201,
    responses=responses(403, 409, 422) | sent_before(ChecklistVersion),
)
async def draft_checklist(
    session: Session, caller: Manager, *, code: NewCode, grid: Grid, response: Response
) -> ChecklistVersion:
    """Draft the next version of a checklist; a checklist has one draft at the most.

    The same again answers 200, other words than those of the draft there is 409.
    """
    done = await edit_checklists.draft_checklist(session, caller.organisation, code, words_of(grid))
    response.status_code = 201 if done.created else 200
    response.headers["Location"] = f"{router.prefix}/{code}/versions/{done.row.version}"
    return _answer(response, done.row)


@router.get(
    "/{code}/versions/{version}",
    operation_id="getChecklistVersion",
    responses=responses(403, 404, 422),
)
async def get_checklist_version(
    session: Session, it: Annotated[Named, Depends(_named)], response: Response
) -> ChecklistVersion:
    """Get a version of a checklist; a published one never changes, a draft has an `ETag`."""
    return _answer(response, await edit_checklists.find(session, it))


@router.put(
    "/{code}/versions/{version}",
    operation_id="rewriteChecklistDraft",
    responses=responses(403, 404, 409, 412, 422, 428),
)
async def rewrite_draft(
    session: Session,
    _caller: Manager,
    *,
    it: Annotated[Named, Depends(_named)],
    grid: Grid,
    revision: Revision,
    response: Response,
) -> ChecklistVersion:
    """Replace a draft, unless it changed since it was read; a published version answers 409."""
    row = await edit_checklists.rewrite_draft(session, it, words_of(grid), revision=revision)
    return _answer(response, row)


@router.delete(
    "/{code}/versions/{version}",
    operation_id="deleteChecklistDraft",
    status_code=204,
    responses=responses(403, 404, 409, 412, 422, 428),
)
async def delete_draft(
    session: Session, _caller: Manager, it: Annotated[Named, Depends(_named)], revision: Revision
) -> None:
    """Delete a draft, unless it changed since it was read; a published version answers 409."""
    await edit_checklists.delete_draft(session, it, revision=revision)


@router.post(
    "/{code}/versions/{version}/publication",
    operation_id="publishChecklist",
    responses=responses(403, 404, 412, 422, 428),
)
async def publish(
    session: Session, _caller: Manager, it: Annotated[Named, Depends(_named)], revision: Revision
) -> ChecklistVersion:
    """Publish a draft for good, unless it changed since it was read; again changes nothing."""
    row = await edit_checklists.publish_draft(session, it, revision=revision)
    return checklist_messages.checklist_version(row)


@router.post(
    "/{code}/versions/{version}/retirement",
    operation_id="retireChecklist",
    responses=responses(403, 404, 409, 422),
)
async def retire(
    session: Session,
    _caller: Manager,
    it: Annotated[Named, Depends(_named)],
    retirement: Annotated[
        Retirement, Body(examples=[{"reason": "Replaced by version 2, with the decree of 2026"}])
    ],
) -> ChecklistVersion:
    """Retire a published version: what is filled in from now on with it is refused."""
    row = await edit_checklists.retire_version(session, it, retirement.reason)
    return checklist_messages.checklist_version(row)


@router.get(
    "/{code}/versions/{version}/changes",
    operation_id="listChecklistChanges",
    responses=responses(403, 404, 422),
)
async def list_changes(
    session: Session,
    it: Annotated[Named, Depends(_named)],
    since: Annotated[int, Query(ge=1, le=1_000_000, description="The version to compare with.")],
) -> ChecklistChanges:
    """Tell what a version changes of another one: items added, removed, and said otherwise."""
    after = await edit_checklists.find(session, it)
    before = await checklists.find(session, it.organisation, it.code, since)
    if before is None:
        raise not_found(edit_checklists.CHECKLIST_VERSION)
    changes = changes_between(checklist_of(before), checklist_of(after))
    return checklist_messages.checklist_changes(since, changes)


@router.get(
    "/{code}/versions/{version}/items.csv",
    operation_id="exportChecklist",
    response_class=Response,
    responses=responses(403, 404, 422) | SHEET_ANSWER,
)
async def export_items(session: Session, it: Annotated[Named, Depends(_named)]) -> Response:
    """Export the items of a version as CSV; what was exported can be imported again."""
    row = await edit_checklists.find(session, it)
    name = f"{row.code}-{row.version}.csv"
    return Response(
        write_items(checklists.items_of(row)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get(
    "/{code}/versions/{version}/vocabulary.jsonld",
    operation_id="getChecklistVocabulary",
    response_class=Response,
    responses=responses(403, 404, 422) | VOCABULARY_ANSWER,
)
async def get_vocabulary(session: Session, it: Annotated[Named, Depends(_named)]) -> JSONResponse:
    """Get the items of a version as linked data: SKOS concepts below those of their categories.

    They are linked to the hazards, articles of law and codes of Signal Logement they refer to.
    """
    row = await edit_checklists.find(session, it)
    titled = Titled(row.code, row.version, row.title_fr, row.title_en, checklists.items_of(row))
    return JSONResponse(vocabulary(titled), media_type=LINKED_DATA)


class ImportQuery(ItemLabel):
    """Into which checklist a sheet goes; `fr` and `en` are its title."""

    code: Annotated[str, Query(pattern=CODE)]
    dry_run: Annotated[bool, Query(description="Check without taking anything.")] = False


@imports.post(
    "",
    operation_id="importChecklist",
    responses=responses(403, 409, 412, 422),
    openapi_extra=SHEET_BODY,
)
async def import_items(
    session: Session,
    caller: Manager,
    request: Request,
    query: Annotated[ImportQuery, Query()],
) -> ChecklistImport:
    """Import a checklist as CSV into its draft, whole or not at all; every wrong cell is named.

    A draft that there is already is replaced if `If-Match` names it.
    """
    if_match = request.headers.get("If-Match")
    return await import_checklist(
        session,
        Named(caller.organisation, query.code, 0),
        await request.body(),
        title=ItemLabel(fr=query.fr, en=query.en),
        revision=None if if_match is None else required_revision(if_match) or 0,
        dry_run=query.dry_run,
    )


def _answer(response: Response, row: ChecklistRow | ChecklistDraftRow) -> ChecklistVersion:
    if isinstance(row, ChecklistDraftRow):
        response.headers["ETag"] = etag(row.revision)
    return checklist_messages.checklist_version(row)
