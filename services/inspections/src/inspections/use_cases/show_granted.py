"""Show granted places: the one place where their fields are chosen."""

from inspections.store.granted import Granted
from shared.contracts.inspections.grants import GrantedAccommodation, GrantField


def granted_message(it: Granted) -> GrantedAccommodation:
    """Write a place in the fields that were granted, and no other."""
    values = {field.value: _value(it, field) for field in GrantField if field in it.fields}
    return GrantedAccommodation(
        id=it.id, organisation=it.organisation, grants=it.grants, until=it.until, values=values
    )


def _value(it: Granted, field: GrantField) -> object:
    row = it.row._mapping  # noqa: SLF001 - the documented name of a row's mapping
    if field is GrantField.position:
        return None if row["lon"] is None else {"lon": row["lon"], "lat": row["lat"]}
    return row[field.value]
