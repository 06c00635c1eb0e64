"""Make a record of the register again what it was, as a new revision."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import accommodations, operators, restored, revisions
from inspections.store.revisions import Subject
from inspections.use_cases.messages import KEEPERS_ONLY, accommodation_changed
from shared import feed
from shared.problems import Problem, conflict, not_found

REMOVED = "removed"
ADDRESS = ("address", "postcode", "city", "lon", "lat")


@dataclass(frozen=True, slots=True)
class Restorer:
    """Who restores and why, and whether confidential addresses are theirs to know."""

    organisation: UUID
    keeper: bool
    reason: str


async def restore(
    session: AsyncSession, restorer: Restorer, subject: Subject, number: int
) -> list[str]:
    """Give a record the values it had, but for those forgotten since; return their fields.

    Left to those whose it is to decide: the contract, mergers, ids of other systems.

    Raises
    ------
    Problem : 404 unknown, 409 no record of the register, merged, or a name that is taken since,
        403 a confidential address and not a keeper
    """
    revision = await revisions.one(session, subject, number, keeper=restorer.keeper)
    if revision is None:
        raise not_found("revision")
    if subject.kind not in restored.FIELDS:
        raise conflict(
            f"a {subject.kind} tells what happened, and is not restored; only the register is: "
            f"{', '.join(sorted(restored.FIELDS))}"
        )
    if revision["action"] == REMOVED:
        raise conflict("it was removed with this revision; restore the one before")
    await revisions.because(session, restorer.reason)
    values = await revisions.values_of(session, subject, number)
    held = revisions.content_of(revision)
    content = {**held, **values}
    kept = [name for name in revisions.apart(held) if name not in values]
    told = {name: content[name] for name in restored.FIELDS[subject.kind] if name in content}
    told = {name: it for name, it in told.items() if name not in kept}
    try:
        async with session.begin_nested():
            await _write(session, restorer, subject, told)
    except IntegrityError as error:
        raise conflict("its name or code is another's since; change that one first") from error
    return kept


async def _write(
    session: AsyncSession, restorer: Restorer, subject: Subject, told: Mapping[str, object]
) -> None:
    id = UUID(subject.id)
    if subject.kind == "accommodation":
        await _restore_place(session, restorer, id, told)
    elif subject.kind == "operator":
        await _restore_operator(session, restorer, id, told)
    elif not await restored.write(session, subject, told):
        if subject.kind != "zone":
            raise not_found(subject.kind)
        await restored.create(session, restorer.organisation, subject, told)


async def _restore_place(
    session: AsyncSession, restorer: Restorer, id: UUID, told: Mapping[str, object]
) -> None:
    row = await accommodations.by_id(session, id, (), lock=True)
    if row is None:
        raise not_found("accommodation")
    if row.merged_into is not None:
        raise conflict(f"the accommodation was merged into {row.merged_into}; restore that one")
    if (row.confidential_address or told["confidential_address"]) and not restorer.keeper:
        raise Problem(403, "forbidden", f"This place {KEEPERS_ONLY}.")
    operator_id = told["operator_id"]
    if operator_id is not None:
        known = await operators.by_id(session, UUID(str(operator_id)))
        # An operator is called at its places what it is called now.
        told = {**told, "operator": known.name if known is not None else told["operator"]}
    await restored.write(session, Subject("accommodation", str(id)), told)
    await session.refresh(row)
    await feed.append(session, restorer.organisation, [accommodation_changed(row)])


async def _restore_operator(
    session: AsyncSession, restorer: Restorer, id: UUID, told: Mapping[str, object]
) -> None:
    row = await operators.by_id(session, id, lock=True)
    if row is None:
        raise not_found("operator")
    renamed = row.name != told["name"]
    await restored.write(session, Subject("operator", str(id)), told)
    if renamed:
        places = await operators.rename_at_places(session, id, str(told["name"]))
        events = [accommodation_changed(place) for place in places]
        await feed.append(session, restorer.organisation, events)
