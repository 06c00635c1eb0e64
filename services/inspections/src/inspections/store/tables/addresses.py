"""The table of addresses."""

from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from inspections.store.tables.columns import Table


class AddressRow(Table, table=True):
    """An address of the national base, as it was last imported."""

    __tablename__ = "address"
    __table_args__ = (
        Index("address_by_postcode", "organisation", "postcode"),
        Index("address_by_city", "organisation", "city_key"),
    )

    organisation: UUID = Field(primary_key=True)
    id: str = Field(primary_key=True)
    number: int
    repetition: str
    street: str
    street_key: str
    postcode: str
    commune: str
    city: str
    city_key: str
    lon: float
    lat: float
