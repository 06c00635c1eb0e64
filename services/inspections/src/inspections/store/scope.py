"""Which places a caller may see: the one place where territories are filtered."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Mapped
from sqlmodel import col

from inspections.store.tables import AccommodationRow


def in_territories(territories: Sequence[str]) -> ColumnElement[bool]:
    """Keep the accommodations of these territories; none given means all."""
    return col(AccommodationRow.territory).in_(territories) if territories else true()


def at_places_in(accommodation_id: Mapped[UUID], territories: Sequence[str]) -> ColumnElement[bool]:
    """Keep what took place at accommodations of these territories; none given means all."""
    if not territories:
        return true()
    return accommodation_id.in_(select(col(AccommodationRow.id)).where(in_territories(territories)))
