"""Enter operators, and change what is known of them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.identifiers import check_siret
from inspections.store import operators
from inspections.store.tables import OperatorRow
from inspections.use_cases.messages import accommodation_changed
from shared import feed
from shared.contracts.inspections.places import OperatorInput
from shared.problems import Problem, conflict, invalid, not_found


async def enter_operator(
    session: AsyncSession, organisation: UUID, declared: OperatorInput
) -> tuple[OperatorRow, bool]:
    """Enter an operator and tell whether it is new; the same again is harmless.

    Raises
    ------
    Problem : 422 a wrong SIRET, 409 the name is known with other values
    """
    values = _values(declared)
    row = await operators.create(session, organisation, values)
    if row is not None:
        return row, True
    known = await operators.by_name(session, declared.name)
    if known is None or not _says(known, values):
        raise _taken(declared.name)
    return known, False


async def change_operator(
    session: AsyncSession, id: UUID, declared: OperatorInput, *, revision: int | None
) -> OperatorRow:
    """Replace what is known of an operator; a new name is written at all its places.

    Raises
    ------
    Problem : 404 unknown, 412 changed meanwhile, 409 the name is another's, 422 a wrong SIRET
    """
    values = _values(declared)
    row = await operators.by_id(session, id, lock=True)
    if row is None:
        raise not_found("operator")
    if row.revision != revision:
        raise Problem(
            412,
            "precondition-failed",
            "The operator changed since you read it; read it again and send its new ETag.",
        )
    if _says(row, values):
        return row
    renamed = row.name != declared.name
    if renamed and await operators.by_name(session, declared.name) is not None:
        raise _taken(declared.name)
    changed = await operators.replace(session, row, values)
    if renamed:
        places = await operators.rename_at_places(session, id, declared.name)
        await feed.append(
            session, row.organisation, [accommodation_changed(place) for place in places]
        )
    return changed


def _values(declared: OperatorInput) -> dict[str, object]:
    try:
        if declared.siret is not None:
            check_siret(declared.siret)
    except ValueError as error:
        raise invalid("/siret", str(error)) from error
    return declared.model_dump()


def _says(row: OperatorRow, values: dict[str, object]) -> bool:
    return all(getattr(row, name) == value for name, value in values.items())


def _taken(name: str) -> Problem:
    return conflict(f"name {name!r} is an operator already; change that one, or tell them apart")
