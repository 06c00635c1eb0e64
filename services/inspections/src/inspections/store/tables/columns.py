"""Where the tables of this service are known, and the columns they share."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, func
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

PLACE = ("accommodation.organisation", "accommodation.id")


class Table(SQLModel, registry=registry()):
    """Where the tables of this service, and of no other, are known."""


def moment(*, primary_key: bool = False) -> "Column[datetime]":
    """Keep a time of the field, always told."""
    return Column(TIMESTAMP(timezone=True), nullable=False, primary_key=primary_key)


def maybe_moment() -> "Column[datetime]":
    """Keep a time that may not be known."""
    return Column(TIMESTAMP(timezone=True))


def clock() -> "Column[datetime]":
    """Keep the time of our clock when the row was written."""
    return Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())


def uuids() -> "Column[list[UUID]]":
    """Keep a list of ids."""
    return Column(ARRAY(UUID_TYPE(as_uuid=True)), nullable=False)


def words() -> "Column[list[str]]":
    """Keep a list of words."""
    return Column(ARRAY(VARCHAR), nullable=False)
