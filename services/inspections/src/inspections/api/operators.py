"""Operators over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response

from inspections.api.copies import CopyQuery, Stands, as_it_is, goes_on
from inspections.api.lists import name_cursor, name_key, page_of
from inspections.store import changes, operators
from inspections.store.tables import OperatorRow
from inspections.use_cases.keep_operators import change_operator, enter_operator
from shared.api_document import sent_before
from shared.auth import Manager, Reader
from shared.contracts.inspections.places import Operator, OperatorInput
from shared.db import Session
from shared.preconditions import Revision, etag
from shared.problems import not_found, responses
from shared.sync import UNCHANGED, CopiedPage

router = APIRouter(prefix="/v1/operators", tags=["operators"])

OPERATOR = {
    "name": "Société des Lilas",
    "siret": "73282932000074",
    "email": "accueil@lilas.example",
    "phone": "01 40 00 00 00",
}
Declaration = Annotated[OperatorInput, Body(examples=[OPERATOR])]


@router.get(
    "",
    operation_id="listOperators",
    response_model=CopiedPage[Operator],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_operators(
    session: Session, _caller: Reader, *, query: Annotated[CopyQuery, Query()], stands: Stands
) -> Response:
    """List operators, by name; their places are listed by `operator_id`."""
    limit, after = query.limit + 1, goes_on(query)
    if after is not None:
        source = (OperatorRow, tuple(Operator.model_fields))
        found = await changes.page(session, source, (), after=after, limit=limit)
        return stands.changes(found, query, as_it_is)
    rows = await operators.page(session, after=name_key(query.cursor), limit=limit)
    items = [_message(row) for row in rows]
    page = page_of(items, query.limit, lambda it: name_cursor(it.name, it.id))
    return stands.answer(Response(page.model_dump_json(), media_type="application/json"))


@router.post(
    "",
    operation_id="createOperator",
    status_code=201,
    responses=responses(403, 409, 422) | sent_before(Operator),
)
async def create_operator(
    session: Session, caller: Manager, declared: Declaration, response: Response
) -> Operator:
    """Enter an operator; the same again answers 200, other values for its name 409."""
    row, created = await enter_operator(session, caller.organisation, declared)
    response.status_code = 201 if created else 200
    response.headers["Location"] = f"{router.prefix}/{row.id}"
    return _shown(row, response)


@router.get("/{id}", operation_id="getOperator", responses=responses(403, 404))
async def get_operator(session: Session, _caller: Reader, id: UUID, response: Response) -> Operator:
    """Get an operator; its `ETag` is what a change must name."""
    row = await operators.by_id(session, id)
    if row is None:
        raise not_found("operator")
    return _shown(row, response)


@router.put(
    "/{id}", operation_id="replaceOperator", responses=responses(403, 404, 409, 412, 422, 428)
)
async def replace_operator(
    session: Session,
    _caller: Manager,
    *,
    id: UUID,
    declared: Declaration,
    revision: Revision,
    response: Response,
) -> Operator:
    """Replace what is known of an operator; a new name is written at all its places."""
    return _shown(await change_operator(session, id, declared, revision=revision), response)


def _shown(row: OperatorRow, response: Response) -> Operator:
    response.headers["ETag"] = etag(row.revision)
    return _message(row)


def _message(row: OperatorRow) -> Operator:
    return Operator.model_validate(row, from_attributes=True)
