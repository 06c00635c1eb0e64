"""Take a checklist from a sheet into its draft, whole or not at all."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.checklist import Checklist, Item, changes_between
from inspections.domain.checklist_file import ChecklistError, parse_items
from inspections.domain.sheet import RowProblem, SheetError
from inspections.store import checklists
from inspections.store.checklists import Words
from inspections.use_cases.checklist_messages import checklist_changes
from inspections.use_cases.edit_checklists import Named, draft_checklist, rewrite_draft
from shared.contracts.inspections.checklists import ChecklistImport, ItemLabel
from shared.field_errors import FieldError
from shared.problems import Problem, invalid

MOST_TOLD = 100


async def import_checklist(
    session: AsyncSession,
    it: Named,
    content: bytes,
    *,
    title: ItemLabel,
    revision: int | None,
    dry_run: bool,
) -> ChecklistImport:
    """Make a sheet the draft of its checklist; `it.version` 0 is the next one.

    A draft that there is already is replaced only if it still says what `revision` said. A dry
    run writes nothing and tells what would change.

    Raises
    ------
    Problem : 422 with all the cells that are wrong, 409 or 412 as for drafts
    """
    items = await asyncio.to_thread(_items, content)
    newest = await checklists.latest(session, it.organisation, it.code)
    version = 1 if newest is None else newest.version + 1
    if not dry_run:
        words = Words(title.fr, title.en, items)
        if revision is None:
            version = (await draft_checklist(session, it.organisation, it.code, words)).row.version
        else:
            named = Named(it.organisation, it.code, version)
            await rewrite_draft(session, named, words, revision=revision)
    changes = None
    if newest is not None:
        after = Checklist(it.code, version, {item.code: item for item in items})
        changes = checklist_changes(
            newest.version, changes_between(checklists.checklist_of(newest), after)
        )
    return ChecklistImport(dry_run=dry_run, item_count=len(items), version=version, changes=changes)


def _items(content: bytes) -> tuple[Item, ...]:
    try:
        return parse_items(content)
    except SheetError as error:
        raise invalid("/", str(error)) from error
    except ChecklistError as error:
        raise Problem(
            422,
            "invalid-request",
            f"{len(error.problems)} cells are wrong, so nothing was taken; {error}",
            errors=[_field_error(problem) for problem in error.problems[:MOST_TOLD]],
        ) from error


def _field_error(problem: RowProblem) -> FieldError:
    detail = f"{problem.value!r} {problem.reason}"
    return FieldError(pointer=f"line {problem.line}: {problem.column}", detail=detail)
