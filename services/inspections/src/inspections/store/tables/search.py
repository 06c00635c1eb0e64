"""The tables by which the record is searched: words, near words, and where words are told."""

from uuid import UUID

from sqlalchemy import REAL, Index
from sqlmodel import Field

from inspections.store.tables.columns import Table


class SearchWordRow(Table, table=True):
    """A word of the record, without accents, as its stem."""

    __tablename__ = "search_word"

    organisation: UUID = Field(primary_key=True)
    word: str = Field(primary_key=True)


class SearchVariantRow(Table, table=True):
    """A word with a letter left out, or whole: words that have one in common are nearly alike."""

    __tablename__ = "search_variant"

    organisation: UUID = Field(primary_key=True)
    variant: str = Field(primary_key=True)
    word: str = Field(primary_key=True)


class SearchPostingRow(Table, table=True):
    """Where a word is told; `located` when it tells where a place is."""

    __tablename__ = "search_posting"
    __table_args__ = (Index("search_posting_by_subject", "organisation", "subject_id", "kind"),)

    organisation: UUID = Field(primary_key=True)
    word: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    located: bool = Field(primary_key=True)
    accommodation_id: UUID | None
    weight: float = Field(sa_type=REAL)


class SearchQueueRow(Table, table=True):
    """What changed and is to be indexed again."""

    __tablename__ = "search_queue"

    organisation: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
