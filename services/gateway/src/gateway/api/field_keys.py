"""Keys of field apps over HTTP: each opens the rounds of one inspector, and sends their forms."""

from typing import Annotated
from uuid import UUID

import segno
from fastapi import APIRouter, Body, Request, Response
from pydantic import Field

from gateway.api.access_keys import page_of_keys, revoke
from gateway.api.access_messages import Key
from gateway.api.on_behalf import AWAY, OnBehalf
from gateway.clients import routing
from gateway.clients.services import Services
from gateway.domain.collect_settings import collect_settings
from gateway.use_cases.make_key import Wanted, make_key
from shared.auth import Planner
from shared.contracts.message import Input, Moment, Territory, Text
from shared.db import Session
from shared.paging import Cursor, Limit, Page
from shared.problems import responses

router = APIRouter(prefix="/v1/field-keys", tags=["keys"])

ROOT = "/openrosa"
KEY = {
    "name": "Téléphone de l'équipe Nord",
    "inspector_id": "9a0c2c1e-7a54-4f7a-8a39-40f5b6e3f0aa",
    "expires_at": "2027-01-31T00:00:00Z",
}


class NewFieldKey(Input):
    """Ask for the key of a field app: of one inspector, until a date."""

    name: Text
    inspector_id: UUID
    territories: list[Territory] = Field(default=[], max_length=200)
    expires_at: Moment


class FieldKey(Key):
    """A key of a field app."""

    inspector_id: UUID


class CreatedFieldKey(FieldKey):
    """A key with the address that carries its secret, which is kept nowhere: hand it over now."""

    server_url: str = Field(description="What a field app asks for as its server.")
    settings: str = Field(description="The same as ODK Collect and KoboCollect import it.")
    qr_svg: str = Field(description="Those settings as a QR code to be scanned by the app.")


@router.post(
    "", operation_id="createFieldKey", status_code=201, responses=responses(403, 404, 422, *AWAY)
)
async def create_field_key(
    request: Request,
    response: Response,
    caller: Planner,
    *,
    auth: OnBehalf,
    session: Session,
    wanted: Annotated[NewFieldKey, Body(examples=[KEY])],
) -> CreatedFieldKey:
    """Make the key of a field app, for the visits of one inspector. Shown once.

    Whoever has it sees those visits and sends their forms, and nothing else; revoke it when the
    device is lost.
    """
    services: Services = request.app.state.services
    await routing.get_inspector(services.routing, auth, wanted.inspector_id)
    asked = Wanted(
        kind="field",
        roles=["inspector"],
        scopes=["inspections:write"],
        paths=[ROOT],
        **wanted.model_dump(),
    )
    row, written = await make_key(session, caller, asked)
    response.headers["Cache-Control"] = "no-store"
    server_url = f"{request.app.state.post.public_url}/t/{written}{ROOT}"
    settings = collect_settings(server_url, "Ronde")
    return CreatedFieldKey(
        **row.model_dump(),
        server_url=server_url,
        settings=settings,
        qr_svg=segno.make(settings, micro=False).svg_inline(scale=3, border=4),
    )


@router.get("", operation_id="listFieldKeys", responses=responses(403, 422))
async def list_field_keys(
    _caller: Planner, session: Session, limit: Limit = 100, cursor: Cursor = None
) -> Page[FieldKey]:
    """List the organisation's field apps from the oldest key on, without their secrets."""
    return await page_of_keys(session, FieldKey, "field", limit=limit, cursor=cursor)


@router.delete(
    "/{key_id}", operation_id="revokeFieldKey", status_code=204, responses=responses(403, 404)
)
async def revoke_field_key(
    request: Request, _caller: Planner, session: Session, key_id: str
) -> None:
    """Revoke the key of a field app: at once here, within ten seconds at other replicas."""
    await revoke(request, session, key_id, "field")
