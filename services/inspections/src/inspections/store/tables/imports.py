"""The tables of imports: files that came, mappings that are kept, runs and what they refused."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from inspections.store.tables.columns import Table, clock, maybe_moment


class ImportFileRow(Table, table=True):
    """A file that came to be imported; `blob` is null once it was forgotten."""

    __tablename__ = "import_file"
    __table_args__ = (Index("import_file_by_time", "organisation", "created_at", "id"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    size_bytes: int
    blob: str | None
    sent_by: str
    created_at: datetime = Field(sa_column=clock())


class ImportMappingRow(Table, table=True):
    """A mapping kept under a name, to be used again."""

    __tablename__ = "import_mapping"
    __table_args__ = (UniqueConstraint("organisation", "name", name="import_mapping_name"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    kind: str
    mapping: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    revision: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    updated_by: str
    updated_at: datetime = Field(sa_column=clock())


class ImportRunRow(Table, table=True):
    """A file imported by a mapping, by the id of its job.

    `batches_done` of its batches are in the record; `batches` names the blob its rows were read
    into. What is counted grows batch by batch, each in the transaction of its batch.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "file_id"], ["import_file.organisation", "import_file.id"]
        ),
        Index("import_run_by_time", "organisation", "created_at", "id"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    file_id: UUID
    source: str
    mapping: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    dry_run: bool
    started_by: str
    territories: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    keeper: bool
    batches: str | None
    batch_count: int | None
    batches_done: int
    rows: int | None
    created: int
    updated: int
    unchanged: int
    rejected: int
    noticed: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    examples: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=clock())
    finished_at: datetime | None = Field(sa_column=maybe_moment())


class ImportBatchRow(Table, table=True):
    """A batch of an import that is in the record."""

    __tablename__ = "import_batch"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "run_id"], ["import_run.organisation", "import_run.id"]
        ),
    )

    organisation: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)


class ImportProblemRow(Table, table=True):
    """Why a line of a file was not taken."""

    __tablename__ = "import_problem"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "run_id"], ["import_run.organisation", "import_run.id"]
        ),
    )

    organisation: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    column: str = Field(sa_column_kwargs={"name": "column_name"})
    value: str
    code: str
    reason: str
