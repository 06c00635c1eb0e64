"""Which places a caller may see, and locate: the one place where both are filtered."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import Mapped
from sqlmodel import col

from inspections.store.tables import AccommodationRow, ComplaintRow

# The same for statements written out; `:territories` is a list, empty for all.
PLACES_SEEN = (
    "(cardinality(cast(:territories as varchar[])) = 0 "
    "or accommodation.territory = any(cast(:territories as varchar[])))"
)
# And those that were asked for: `:places` is a list, empty for all.
PLACES_CHOSEN = (
    "(cardinality(cast(:places as uuid[])) = 0 or accommodation.id = any(cast(:places as uuid[])))"
)


def in_territories(territories: Sequence[str]) -> ColumnElement[bool]:
    """Keep the accommodations of these territories; none given means all."""
    return col(AccommodationRow.territory).in_(territories) if territories else true()


def at_places_in(accommodation_id: Mapped[UUID], territories: Sequence[str]) -> ColumnElement[bool]:
    """Keep what took place at accommodations of these territories; none given means all."""
    if not territories:
        return true()
    return accommodation_id.in_(select(col(AccommodationRow.id)).where(in_territories(territories)))


def may_be_located(*, keeper: bool) -> ColumnElement[bool]:
    """Keep the accommodations whose address the caller may know: all, if they are a keeper."""
    return true() if keeper else ~col(AccommodationRow.confidential_address)


def at_located_places(accommodation_id: Mapped[UUID], *, keeper: bool) -> ColumnElement[bool]:
    """Keep what is of no place whose address is hidden from the caller."""
    if keeper:
        return true()
    return ~exists().where(
        col(AccommodationRow.id) == accommodation_id, col(AccommodationRow.confidential_address)
    )


def told_in(territories: Sequence[str]) -> ColumnElement[bool]:
    """Keep the complaints about places of these territories; none given means all.

    One whose place is not known yet is kept by the territory it names; one that names none is for
    those who see all.
    """
    if not territories:
        return true()
    placed = at_places_in(col(ComplaintRow.accommodation_id), territories)  # type: ignore[arg-type] # null is in no list
    unplaced = col(ComplaintRow.accommodation_id).is_(None)
    return or_(placed, and_(unplaced, col(ComplaintRow.territory).in_(territories)))
