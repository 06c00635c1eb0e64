"""Photos over HTTP."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from inspections.api.lists import ListQuery, page_of
from inspections.settings import Settings
from inspections.store import photo_deletions, photos
from inspections.store.photo_files import PhotoFiles
from inspections.store.photos import PhotoScope
from inspections.store.tables import PhotoRow
from inspections.use_cases.delete_photos import delete_photo
from inspections.use_cases.keep_photos import Subject, clean, exported, keep_photo
from shared.api_document import sent_before
from shared.auth import Caller, Inspector, Manager
from shared.contracts.inspections.photos import (
    Photo,
    PhotoDeletion,
    PhotoDeletionReason,
    RegionList,
)
from shared.contracts.message import Moment
from shared.db import Session
from shared.paging import Page, moment_cursor, moment_key
from shared.preconditions import Revision, etag
from shared.problems import Problem, not_found, responses

router = APIRouter(prefix="/v1/photos", tags=["photos"])
deletions = APIRouter(prefix="/v1/photo-deletions", tags=["photos"])

REGIONS = {"items": [{"kind": "face", "left": 0.1, "top": 0.2, "width": 0.15, "height": 0.2}]}
KINDS = ("image/jpeg", "image/png", "image/heic", "image/webp")
BINARY = {"schema": {"type": "string", "format": "binary"}}
BODY = {"requestBody": {"required": True, "content": dict.fromkeys(KINDS, BINARY)}}
PHOTO: dict[int | str, dict[str, object]] = {
    200: {"description": "The photo as it is kept.", "content": dict.fromkeys(KINDS, BINARY)}
}
PICTURE: dict[int | str, dict[str, object]] = {
    200: {"description": "The picture.", "content": {"image/jpeg": BINARY}}
}
# Shown where it is asked for and nowhere else: neither run, nor guessed to be something else.
SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}


class SubjectQuery(BaseModel):
    """What a photo is of; one of the ids at least."""

    model_config = ConfigDict(extra="forbid")

    accommodation_id: UUID | None = None
    inspection_id: UUID | None = None
    finding_id: UUID | None = None
    complaint_id: UUID | None = None
    item: Annotated[str | None, Query(max_length=60)] = None
    room: Annotated[str | None, Query(max_length=30)] = None
    taken_at: Moment | None = None


class PhotoQuery(ListQuery):
    """Which photos to list."""

    accommodation_id: UUID | None = None
    inspection_id: UUID | None = None
    finding_id: UUID | None = None
    complaint_id: UUID | None = None


@router.post(
    "",
    operation_id="createPhoto",
    status_code=201,
    responses=responses(403, 409, 413, 415, 422) | sent_before(Photo),
    openapi_extra=BODY,
)
async def create_photo(
    request: Request,
    caller: Inspector,
    *,
    query: Annotated[SubjectQuery, Query()],
    response: Response,
) -> Photo:
    """Keep a photo, sent as it is: JPEG, PNG, HEIC or WebP; the same again answers 200.

    It is kept without what the camera wrote in it; its position is not read.
    """
    settings: Settings = request.app.state.settings
    photo = await clean(
        await request.body(),
        most_bytes=settings.photo_limit_mb * 1_000_000,
        most_pixels=settings.photo_limit_mpx * 1_000_000,
    )
    # Opened after the body has come: a slow upload must not hold a transaction open.
    async with request.app.state.database.session(caller.organisation) as session:
        row, created = await keep_photo(
            session,
            caller.organisation,
            caller.territories,
            Subject(**query.model_dump()),
            photo=photo,
            files=_files(request, caller),
        )
    response.status_code = 201 if created else 200
    response.headers["Location"] = f"{router.prefix}/{row.id}"
    return _shown(row, response)


@router.get("", operation_id="listPhotos", responses=responses(403, 422))
async def list_photos(
    session: Session, caller: Inspector, query: Annotated[PhotoQuery, Query()]
) -> Page[Photo]:
    """List photos, newest first."""
    rows = await photos.page(
        session,
        query.model_dump(exclude={"limit", "cursor"}),
        _scope(caller),
        after=moment_key(query.cursor),
        limit=query.limit + 1,
    )
    return page_of(
        [_message(row) for row in rows],
        query.limit,
        lambda it: moment_cursor(it.created_at, it.id),
    )


@router.get("/{id}", operation_id="getPhoto", responses=responses(403, 404))
async def get_photo(session: Session, caller: Inspector, id: UUID, response: Response) -> Photo:
    """Get what is known of a photo; its `ETag` is what a change of its regions must name."""
    return _shown(await _seen(session, caller, id), response)


@router.get(
    "/{id}/content",
    operation_id="getPhotoContent",
    response_class=Response,
    responses=PHOTO | responses(403, 404),
)
async def get_content(session: Session, caller: Inspector, request: Request, id: UUID) -> Response:
    """Get a photo as it is kept, for those who work with it."""
    row = await _seen(session, caller, id)
    return await _file(request, caller, row.sha256, row.media_type)


@router.get(
    "/{id}/thumbnail",
    operation_id="getPhotoThumbnail",
    response_class=Response,
    responses=PICTURE | responses(403, 404),
)
async def get_thumbnail(
    session: Session, caller: Inspector, request: Request, id: UUID
) -> Response:
    """Get a photo small, for lists."""
    row = await _seen(session, caller, id)
    return await _file(request, caller, row.thumbnail_sha256, "image/jpeg")


@router.get(
    "/{id}/export",
    operation_id="exportPhoto",
    response_class=Response,
    responses=PICTURE | responses(403, 404, 409),
)
async def export_photo(session: Session, caller: Inspector, request: Request, id: UUID) -> Response:
    """Get a photo that may leave the organisation: its regions blurred for good, as JPEG.

    Not before somebody looked for faces and papers, and said so in its regions.
    """
    row = await _seen(session, caller, id)
    content = await exported(row, _files(request, caller))
    return Response(content, media_type="image/jpeg", headers=SAFE)


@router.put(
    "/{id}/regions",
    operation_id="replacePhotoRegions",
    responses=responses(403, 404, 412, 422, 428),
)
async def replace_regions(
    session: Session,
    caller: Inspector,
    *,
    id: UUID,
    regions: Annotated[RegionList, Body(examples=[REGIONS])],
    revision: Revision,
    response: Response,
) -> Photo:
    """Say which parts show faces, papers or what else nobody outside may see."""
    row = await photos.by_id(session, id, _scope(caller), lock=True)
    if row is None:
        raise not_found("photo")
    if row.revision != revision:
        raise Problem(
            412,
            "precondition-failed",
            "The photo's regions changed since you read it; read it again, send its new ETag.",
        )
    changed = await photos.mark(session, row, [it.model_dump() for it in regions.items])
    return _shown(changed, response)


@router.delete(
    "/{id}", operation_id="deletePhoto", status_code=204, responses=responses(403, 404, 422)
)
async def remove_photo(
    session: Session,
    caller: Manager,
    id: UUID,
    reason: Annotated[PhotoDeletionReason, Query(examples=["shows_person"])],
) -> None:
    """Delete a photo for good, for a reason that is kept; a repeat changes nothing.

    It is gone from all answers at once, its files within a minute; sent again, it is refused.
    """
    await delete_photo(session, caller, id, reason)


@deletions.get("", operation_id="listPhotoDeletions", responses=responses(403, 422))
async def list_deletions(
    session: Session, caller: Manager, query: Annotated[ListQuery, Query()]
) -> Page[PhotoDeletion]:
    """List the photos that were deleted: by whom, when and why; newest first."""
    rows = await photo_deletions.page(
        session,
        tuple(PhotoDeletion.model_fields),
        caller.territories,
        after=moment_key(query.cursor),
        limit=query.limit + 1,
    )
    return page_of(
        [PhotoDeletion.model_validate(row) for row in rows],
        query.limit,
        lambda it: moment_cursor(it.deleted_at, it.id),
    )


def _scope(caller: Caller) -> PhotoScope:
    return PhotoScope(caller.territories, caller.keeps_addresses)


async def _seen(session: Session, caller: Caller, id: UUID) -> PhotoRow:
    row = await photos.by_id(session, id, _scope(caller))
    if row is None:
        raise not_found("photo")
    return row


async def _file(request: Request, caller: Caller, sha256: str, media_type: str) -> Response:
    content = await asyncio.to_thread(_files(request, caller).get, sha256)
    return Response(content, media_type=media_type, headers=SAFE)


def _files(request: Request, caller: Caller) -> PhotoFiles:
    settings: Settings = request.app.state.settings
    return PhotoFiles(settings.blobs_url, caller.organisation)


def _shown(row: PhotoRow, response: Response) -> Photo:
    response.headers["ETag"] = etag(row.revision)
    return _message(row)


def _message(row: PhotoRow) -> Photo:
    return Photo.model_validate(row, from_attributes=True)
