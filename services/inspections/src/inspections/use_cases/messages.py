"""Write the rows of the record as the messages others read."""

from collections.abc import Sequence

from inspections.store.tables import (
    AccommodationRow,
    ChecklistRow,
    FindingRow,
    InspectionRow,
    VisitRow,
)
from shared.contracts.inspections import (
    Accommodation,
    AccommodationChanged,
    ChecklistVersion,
    Finding,
    Inspection,
    ItemInput,
    Visit,
)
from shared.contracts.message import Label, Position
from shared.feed import NewEvent

# States in which a visit may still be inspected, or never was.
NOT_INSPECTED = {"planned", "cancelled"}
# Says neither where the other place lies nor what it is: that is not the caller's to know.
NOT_YOURS = "cannot be used within your territories; send another one, or ask who sees all of them"


def position_of(row: AccommodationRow) -> Position | None:
    """Give the position of a place; None when it was never placed."""
    if row.lon is None or row.lat is None:
        return None
    return Position.model_construct(lon=row.lon, lat=row.lat)


def accommodation(row: AccommodationRow) -> Accommodation:
    """Write an accommodation."""
    return Accommodation.model_validate({**row.model_dump(), "position": position_of(row)})


def accommodation_changed(row: AccommodationRow) -> NewEvent:
    """Tell that an accommodation was created or changed."""
    data = AccommodationChanged.model_validate({**row.model_dump(), "position": position_of(row)})
    return NewEvent("accommodation.changed", row.id, row.updated_at, data)


def checklist_version(row: ChecklistRow) -> ChecklistVersion:
    """Write a published checklist."""
    items = [
        ItemInput.model_validate(
            {name: value for name, value in item.items() if not name.startswith("label_")}
            | {"label": Label(fr=str(item["label_fr"]), en=str(item["label_en"]))}
        )
        for item in row.items
    ]
    return ChecklistVersion.model_validate({**row.model_dump(exclude={"items"}), "items": items})


def visit(row: VisitRow, *, hide_score: bool) -> Visit:
    """Write a visit; with `hide_score`, without what could sway its inspector beforehand."""
    values = row.model_dump()
    if hide_score and row.state in NOT_INSPECTED:
        values |= {"origin": None, "score_snapshot": None}
    return Visit.model_validate(values)


def finding(row: FindingRow) -> Finding:
    """Write a finding."""
    return Finding.model_validate(row, from_attributes=True)


def inspection(row: InspectionRow, findings: Sequence[FindingRow]) -> Inspection:
    """Write an inspection with its findings."""
    values = {name: getattr(row, name) for name in Inspection.model_fields if name != "findings"}
    return Inspection.model_validate({**values, "findings": [finding(it) for it in findings]})
