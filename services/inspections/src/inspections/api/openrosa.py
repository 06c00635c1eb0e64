"""OpenRosa 1.0, the protocol of ODK Collect, KoboCollect, Enketo and ODK Web Forms.

Clients take 201 and 202 for success and everything else, 200 included, for failure.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, UploadFile

from inspections.api.clock import Now
from inspections.api.inspections import recorder_of
from inspections.api.whole_form import whole_form
from inspections.domain.field_form import FINDINGS, FORM_PREFIX, VISITS
from inspections.settings import Settings
from inspections.use_cases.attach_field_photos import PhotoKeeper, SentPhoto, attach_photos
from inspections.use_cases.field_forms import (
    FieldForm,
    list_files,
    list_forms,
    md5_of,
    show_form,
)
from inspections.use_cases.receive_field_forms import read_field_form, receive_field_form
from shared.api import MAX_BODY_BYTES
from shared.auth import Caller, Inspector
from shared.db import Database, Session
from shared.links import base_url
from shared.problems import Problem, invalid, not_found, responses

XML = "text/xml; charset=utf-8"
HEADERS = {"X-OpenRosa-Version": "1.0"}
ROOT = "/openrosa"
FORM_LIST = "http://openrosa.org/xforms/xformsList"
MANIFEST = "http://openrosa.org/xforms/xformsManifest"
RESPONSE = "http://openrosa.org/http/response"
FORM_PART = "xml_submission_file"
MOST_FILES = 200
MOST_FORM_BYTES = 4_000_000
FILE: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/xml": {"schema": {"type": "string"}}}, "description": "The file."}
}
LIST: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The list."}
}
TAKEN: dict[int | str, dict[str, object]] = {
    201: {"description": "Recorded.", "content": {"text/xml": {"schema": {"type": "string"}}}},
    202: {
        "description": "Kept, to be decided.",
        "content": {"text/xml": {"schema": {"type": "string"}}},
    },
}
SUBMISSION_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FORM_PART],
                    "properties": {FORM_PART: {"type": "string", "format": "binary"}},
                    "additionalProperties": {"type": "string", "format": "binary"},
                }
            }
        },
    }
}
Handler = Callable[[Request], Coroutine[object, object, Response]]


class OpenRosaRoute(APIRoute):
    """A route whose answers, refusals included, name the protocol's version."""

    def get_route_handler(self) -> Handler:
        """Wrap what answers."""
        answer = super().get_route_handler()

        async def versioned(request: Request) -> Response:
            try:
                response = await answer(request)
            except Problem as problem:
                problem.headers |= HEADERS
                raise
            response.headers.update(HEADERS)
            return response

        return versioned


router = APIRouter(prefix=ROOT, tags=["field apps"], route_class=OpenRosaRoute)


@router.get(
    "/formList",
    operation_id="listFieldForms",
    response_class=Response,
    responses=FILE | responses(403),
)
async def form_list(
    request: Request,
    session: Session,
    caller: Inspector,
    form_id: Annotated[str | None, Query(alias="formID", max_length=100)] = None,
    *,
    verbose: bool = False,
) -> Response:
    """List the forms to fill in, as field apps ask for them; other parameters are let be."""
    root = Element("xforms", xmlns=FORM_LIST)
    for form in await list_forms(session, caller.organisation):
        if form_id is None or form.form_id == form_id:
            _describe(SubElement(root, "xform"), form, _address(request, form), verbose=verbose)
    return _xml(root)


@router.get(
    "/forms/{form_id}/{version}/form.xml",
    operation_id="getFieldForm",
    response_class=Response,
    responses=FILE | responses(403, 404),
)
async def form_xml(session: Session, caller: Inspector, form_id: str, version: str) -> Response:
    """Get a form as XForm."""
    xform = await show_form(session, caller.organisation, _code(form_id), version)
    return Response(xform, media_type=XML)


@router.get(
    "/forms/{form_id}/{version}/manifest.xml",
    operation_id="getFieldFormManifest",
    response_class=Response,
    responses=FILE | responses(403, 404),
)
async def manifest(
    request: Request, session: Session, caller: Inspector, *, form_id: str, version: str, now: Now
) -> Response:
    """List the files that go with a form: the visits of whose key it is, and what is open there."""
    files = await list_files(session, caller, now, code=_code(form_id), version=version)
    folder = f"{base_url(request)}{request.url.path.removesuffix('/manifest.xml')}"
    root = Element("manifest", xmlns=MANIFEST)
    for name, content in files.items():
        _write(
            SubElement(root, "mediaFile"),
            {"filename": name, "hash": md5_of(content), "downloadUrl": f"{folder}/{name}"},
        )
    return _xml(root)


@router.get(
    "/forms/{form_id}/{version}/{name}.csv",
    operation_id="getFieldFormList",
    response_class=Response,
    responses=LIST | responses(403, 404),
)
async def media(
    session: Session, caller: Inspector, *, form_id: str, version: str, name: str, now: Now
) -> Response:
    """Get the visits of whose key it is, or what is open there."""
    if f"{name}.csv" not in {VISITS, FINDINGS}:
        raise not_found("list")
    files = await list_files(session, caller, now, code=_code(form_id), version=version)
    return Response(files[f"{name}.csv"], media_type="text/csv; charset=utf-8")


@router.head(
    "/submission",
    operation_id="askFieldSubmission",
    status_code=204,
    response_class=Response,
    responses=responses(403),
)
async def ask(_caller: Inspector) -> Response:
    """Say how much may be sent at once."""
    return Response(status_code=204, headers=_limits())


@router.post(
    "/submission",
    operation_id="sendFieldSubmission",
    status_code=201,
    response_class=Response,
    responses=TAKEN | responses(403, 409, 413, 422),
    openapi_extra=SUBMISSION_BODY,
)
async def submit(request: Request, caller: Inspector, now: Now) -> Response:
    """Take a filled-in form with its photos; sent again, or in several goes, it is one.

    What cannot be recorded as it is, is kept for somebody to decide, and answered with 202.
    """
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    whole = whole_form(request)
    async with whole.form(max_files=MOST_FILES, max_fields=MOST_FILES) as parts:
        sent = read_field_form(await _form_part(parts))
        recorder = recorder_of(request, caller, now)
        opened = database.session(caller.organisation, author=caller.subject, reason="field app")
        async with opened as session:
            row = await receive_field_form(session, recorder, sent)
        await attach_photos(database, keeper_of(settings, caller), row.id, await _photos(parts))
    if row.inspection_id is None:
        return _taken(202, "Conservé ; une personne va décider. / Kept; somebody will decide.")
    return _taken(201, "Bien reçu. / Received.")


def keeper_of(settings: Settings, caller: Caller) -> PhotoKeeper:
    """Tell where the photos of a caller's forms are kept, and how large they may be."""
    return PhotoKeeper(
        files_url=settings.blobs_url,
        organisation=caller.organisation,
        territories=caller.territories,
        most_bytes=settings.photo_limit_mb * 1_000_000,
        most_pixels=settings.photo_limit_mpx * 1_000_000,
    )


async def _form_part(parts: FormData) -> bytes:
    given = parts.getlist(FORM_PART)
    if len(given) != 1:
        raise invalid(f"/{FORM_PART}", f"send one part of this name, not {len(given)}")
    (part,) = given
    if not isinstance(part, UploadFile):
        return part.encode()
    if (part.size or 0) > MOST_FORM_BYTES:
        raise Problem(413, "body-too-long", "The form itself, without photos, is too long.")
    return await part.read()


async def _photos(parts: FormData) -> list[SentPhoto]:
    return [
        SentPhoto(part.filename or name, await part.read())
        for name, part in parts.multi_items()
        if name != FORM_PART and isinstance(part, UploadFile)
    ]


def _describe(element: Element, form: FieldForm, address: str, *, verbose: bool) -> None:
    told = {"formID": form.form_id, "name": form.title, "version": form.version, "hash": form.md5}
    if verbose:
        told["descriptionText"] = form.title
    told |= {
        "downloadUrl": f"{address}/form.xml",
        "manifestUrl": f"{address}/manifest.xml",
    }
    _write(element, told)


def _address(request: Request, form: FieldForm) -> str:
    return f"{base_url(request)}{ROOT}/forms/{quote(form.form_id)}/{quote(form.version)}"


def _code(form_id: str) -> str:
    if not form_id.startswith(FORM_PREFIX):
        raise not_found("form")
    return form_id.removeprefix(FORM_PREFIX)


def _taken(status: int, message: str) -> Response:
    root = Element("OpenRosaResponse", xmlns=RESPONSE)
    SubElement(root, "message").text = message
    return _xml(root, status, _limits())


def _limits() -> dict[str, str]:
    return {"X-OpenRosa-Accept-Content-Length": str(MAX_BODY_BYTES)}


def _write(element: Element, told: Mapping[str, str]) -> None:
    for name, value in told.items():
        SubElement(element, name).text = value


def _xml(root: Element, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(content, status, headers, media_type=XML)
