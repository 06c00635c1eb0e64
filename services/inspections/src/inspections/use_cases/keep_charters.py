"""Keep charters and who accepted them: what an operator promised, in the words he promised it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import charters, operators
from inspections.store.tables import CharterAcceptanceRow, CharterRow
from inspections.use_cases.move_anomalies import Mover
from shared.contracts.inspections.notices import AcceptanceInput, CharterInput
from shared.problems import conflict, invalid, not_found


async def keep_charter(
    session: AsyncSession, organisation: UUID, charter: CharterInput
) -> tuple[CharterRow, bool]:
    """Keep a version of a charter; return it, and whether it is new.

    Raises
    ------
    Problem : 409 when the version is known with another text
    """
    values = charter.model_dump(mode="json") | {"in_force_from": charter.in_force_from}
    row, created = await charters.insert_new(session, organisation, values)
    if any(getattr(row, name) != value for name, value in values.items()):
        raise conflict(
            f"version {charter.version} of {charter.code!r} is known with another text; what was "
            "accepted is never edited: send a new version"
        )
    return row, created


async def accept_charter(
    session: AsyncSession, mover: Mover, id: UUID, acceptance: AcceptanceInput
) -> CharterAcceptanceRow:
    """Keep that an operator accepted a version of a charter; one not known yet is entered.

    Raises
    ------
    Problem : 404 no such charter; 422 accepted in no year of ours; 409 known with another day
    """
    if await charters.by_id(session, id) is None:
        raise not_found("charter")
    if not 2000 <= acceptance.accepted_on.year <= 2100:  # noqa: PLR2004 - the years of the record
        raise invalid("/accepted_on", "must lie in the years 2000 to 2100")
    name = acceptance.operator
    operator_id = (await operators.named(session, mover.organisation, [name]))[name]
    values = {
        "charter_id": id,
        "operator": name,
        "operator_id": operator_id,
        "accepted_on": acceptance.accepted_on,
        "recorded_by": mover.subject,
    }
    row = await charters.accept(session, mover.organisation, values)
    if row.operator_id not in {None, operator_id}:
        raise conflict(
            f"/operator: who was called {name!r} before accepted it under that name; give the "
            "operator of today a name that tells the two apart"
        )
    if row.accepted_on != acceptance.accepted_on:
        raise conflict(f"{name} accepted it on {row.accepted_on}; that day stands")
    return row
