"""Write the rows of the record as the messages others read."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from inspections.domain.visit_course import AHEAD, CANCELLED, allowed_actions
from inspections.store.tables import (
    AccommodationRow,
    FindingRow,
    FormConflictRow,
    InspectionRow,
    VisitRow,
)
from shared.contracts.inspections.form_conflicts import ConflictDecision, FormConflict
from shared.contracts.inspections.inspection import Finding, Inspection
from shared.contracts.inspections.register import Accommodation, AccommodationChanged
from shared.contracts.inspections.visits import Visit, VisitAnnounced, VisitInput
from shared.contracts.message import Position
from shared.feed import NewEvent

Values = Mapping[str, object]

# States in which a visit may still be inspected, or never was.
NOT_INSPECTED = {*AHEAD, CANCELLED}
# Says neither where the other place lies nor what it is: that is not the caller's to know.
NOT_YOURS = "cannot be used within your territories; send another one, or ask who sees all of them"
# What would tell where a place is; its territory and sector are as much as others may know.
HIDDEN_ADDRESS: dict[str, object] = {
    "address": "",
    "postcode": "",
    "city": "",
    "position": None,
    "position_confidence": None,
    "position_guess": None,
    "insee_commune": None,
    "siret": None,
    "reception_phone": "",
    "access_notes": "",
}
KEEPERS_ONLY = "has a confidential address: only who has the role keeper may change it"
# What each message of a list is written from, by column.
FINDING = tuple(Finding.model_fields)
INSPECTION = tuple(name for name in Inspection.model_fields if name != "findings")
VISIT = tuple(name for name in Visit.model_fields if name != "allowed_actions")
OCCUPANCY = ("occupied_on", "rooms_booked", "people", "children_under_three")
ACCOMMODATION = (
    *(it for it in Accommodation.model_fields if it not in {"position", "occupancy"}),
    *("lon", "lat"),
    *OCCUPANCY,
)


def visit_values(row: Values, *, hide_score: bool) -> Values:
    """Write a visit from its columns, as `visit` does."""
    state = str(row["state"])
    hidden = {"origin": None, "score_snapshot": None}
    return {
        **row,
        **(hidden if hide_score and state in NOT_INSPECTED else {}),
        "allowed_actions": allowed_actions(state),
    }


def inspection_values(row: Values, findings: Sequence[Values]) -> Values:
    """Write an inspection from its columns and those of its findings."""
    return {**row, "findings": findings}


def accommodation_values(row: Values, *, keeper: bool) -> Values:
    """Write an accommodation from its columns, as `accommodation` does."""
    values = dict(row)
    lon, lat = values.pop("lon"), values.pop("lat")
    day, *counts = (values.pop(name) for name in OCCUPANCY)
    placed = lon is not None and lat is not None
    values["position"] = {"lon": lon, "lat": lat} if placed else None
    counted = dict(zip(OCCUPANCY[1:], counts, strict=True))
    values["occupancy"] = None if day is None else {"day": day, **counted}
    return values | HIDDEN_ADDRESS if row["confidential_address"] and not keeper else values


def position_of(row: AccommodationRow) -> Position | None:
    """Give the position of a place; None when it was never placed."""
    if row.lon is None or row.lat is None:
        return None
    return Position.model_construct(lon=row.lon, lat=row.lat)


def accommodation(row: AccommodationRow, *, keeper: bool) -> Accommodation:
    """Write an accommodation; where it is stays hidden from all but keepers if it must."""
    values = {**row.model_dump(), "position": position_of(row), "occupancy": _occupancy(row)}
    if row.confidential_address and not keeper:
        values |= HIDDEN_ADDRESS
    return Accommodation.model_validate(values)


def _occupancy(row: AccommodationRow) -> dict[str, object] | None:
    if row.occupied_on is None:
        return None
    return {
        "day": row.occupied_on,
        "rooms_booked": row.rooms_booked,
        "people": row.people,
        "children_under_three": row.children_under_three,
    }


def accommodation_changed(row: AccommodationRow) -> NewEvent:
    """Tell that an accommodation was created or changed; never where a confidential one is."""
    position = None if row.confidential_address else position_of(row)
    data = AccommodationChanged.model_validate({**row.model_dump(), "position": position})
    return NewEvent("accommodation.changed", row.id, row.updated_at, data)


def visit(row: VisitRow, *, hide_score: bool) -> Visit:
    """Write a visit; with `hide_score`, without what could sway its inspector beforehand."""
    values = row.model_dump()
    if hide_score and row.state in NOT_INSPECTED:
        values |= {"origin": None, "score_snapshot": None}
    return Visit.model_validate(values | {"allowed_actions": allowed_actions(row.state)})


def visit_told(what: str, id: UUID, it: VisitRow | VisitInput) -> NewEvent:
    """Tell of a visit that was announced; `what` is announced, moved or cancelled."""
    data = VisitAnnounced.model_validate(it, from_attributes=True)
    return NewEvent(f"visit.{what}", id, it.scheduled_at, data)


def finding(row: FindingRow) -> Finding:
    """Write a finding."""
    return Finding.model_validate(row, from_attributes=True)


def inspection(row: InspectionRow, findings: Sequence[Values]) -> Inspection:
    """Write an inspection with its findings."""
    values = {name: getattr(row, name) for name in INSPECTION}
    return Inspection.model_validate({**values, "findings": findings})


def form_conflict(row: FormConflictRow) -> FormConflict:
    """Write a conflict."""
    is_open = row.decision is None
    return FormConflict.model_validate(
        row.model_dump(exclude={"form", "organisation", "digest"})
        | {
            "state": "open" if is_open else "resolved",
            "allowed_actions": list(ConflictDecision) if is_open else [],
        }
    )
