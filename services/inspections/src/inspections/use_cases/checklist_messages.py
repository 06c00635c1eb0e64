"""Write checklists as the messages others read."""

from inspections.domain.checklist import Changes, Item
from inspections.store.checklists import Summary, items_of
from inspections.store.tables import ChecklistDraftRow, ChecklistRow
from shared.contracts.inspections.checklists import (
    ChecklistChanged,
    ChecklistChanges,
    ChecklistState,
    ChecklistSummary,
    ChecklistVersion,
    ItemChange,
    ItemInput,
    ItemLabel,
    Scope,
)
from shared.contracts.message import Label
from shared.feed import NewEvent

ACTIONS = {
    ChecklistState.draft: ["edit", "publish", "delete"],
    ChecklistState.published: ["retire"],
    ChecklistState.retired: [],
}


def checklist_version(row: ChecklistRow | ChecklistDraftRow) -> ChecklistVersion:
    """Write a version of a checklist."""
    state = state_of(row)
    published = row if isinstance(row, ChecklistRow) else None
    return ChecklistVersion(
        id=row.id,
        code=row.code,
        version=row.version,
        state=state,
        title=_title(row),
        created_at=row.created_at,
        published_at=None if published is None else published.published_at,
        retired_at=None if published is None else published.retired_at,
        retired_because=None if published is None else published.retired_because,
        allowed_actions=ACTIONS[state],
        items=[_item(it) for it in items_of(row)],
    )


def state_of(row: ChecklistRow | ChecklistDraftRow) -> ChecklistState:
    """Tell what may be done with a version."""
    if isinstance(row, ChecklistDraftRow):
        return ChecklistState.draft
    return ChecklistState.published if row.retired_at is None else ChecklistState.retired


def summary(of: Summary) -> ChecklistSummary:
    """Write a version of a checklist without its items."""
    return ChecklistSummary(
        id=of.id,
        code=of.code,
        version=of.version,
        state=ChecklistState(of.state),
        title=_title(of),
        item_count=of.item_count,
        published_at=of.published_at,
        retired_at=of.retired_at,
    )


def checklist_changes(since: int, changes: Changes) -> ChecklistChanges:
    """Write what a version changes of an earlier one."""
    return ChecklistChanges(
        since=since,
        added=list(changes.added),
        removed=list(changes.removed),
        changed=[
            ItemChange(code=code, fields=list(fields)) for code, fields in changes.changed.items()
        ],
    )


def checklist_changed(row: ChecklistRow) -> NewEvent:
    """Tell that a version was published or retired."""
    state = state_of(row)
    data = ChecklistChanged(code=row.code, version=row.version, state=state)
    return NewEvent(f"checklist.{state}", row.id, row.retired_at or row.published_at, data)


def _title(of: ChecklistRow | ChecklistDraftRow | Summary) -> Label:
    return Label(fr=of.title_fr or of.code, en=of.title_en or of.code)


def _item(item: Item) -> ItemInput:
    # Stored as it was checked, or as an earlier release had it.
    return ItemInput.model_construct(
        code=item.code,
        category=item.category,
        scope=Scope(item.scope),
        label=ItemLabel.model_construct(fr=item.label_fr, en=item.label_en),
        weight=item.weight,
        danger_at=item.danger_at,
        photo_from=item.photo_from,
        references=item.references,
    )
