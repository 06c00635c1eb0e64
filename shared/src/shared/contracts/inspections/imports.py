"""Imports of people's own tables: the file, what it seems to be, the mapping, the report."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field

from shared.contracts.message import KEPT, Input, JobState, Output, Text


class ImportKind(StrEnum):
    """What the rows of a table are."""

    accommodations = "accommodations"
    visits = "visits"
    inspections = "inspections"
    findings = "findings"
    complaints = "complaints"
    occupancy = "occupancy"
    checklist = "checklist"


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Title = Annotated[str, Field(max_length=300, pattern=KEPT)]
Titles = Annotated[list[Title], Field(min_length=1, max_length=5), BeforeValidator(_as_list)]
Name = Annotated[str, Field(max_length=60, pattern=KEPT)]
CellText = Annotated[str, Field(max_length=2000, pattern=KEPT)]


class ImportMapping(Input):
    """Which columns of a table tell which fields of its kind."""

    kind: ImportKind
    columns: dict[Name, Titles] = Field(
        description="Titles by field; of several the first cell that is not empty is taken."
    )
    constants: dict[Name, CellText] = Field(
        default_factory=dict, description="What is told of all rows, where no cell says it."
    )
    values: dict[Name, dict[CellText, CellText]] = Field(
        default_factory=dict,
        description="By field, what a cell means; `*` in a cell stands for any characters.",
    )
    answers: dict[Name, Title] = Field(
        default_factory=dict,
        description="Of inspections: by item of the checklist, the column that answers it.",
    )
    month_first: bool = Field(default=False, description="Days are written 12/31/2024.")
    sheet: str | None = Field(default=None, max_length=100, pattern=KEPT)
    header_line: int | None = Field(
        default=None, ge=1, description="Where the titles stand; found if left out."
    )
    system: str | None = Field(
        default=None,
        max_length=60,
        pattern=KEPT,
        description="Whose names of places they are, if not the register's own.",
    )
    checklist: Name = "default"


class NamedMapping(Output):
    """A mapping kept to be used again."""

    name: str
    mapping: ImportMapping
    revision: int
    updated_by: str
    updated_at: datetime


class ColumnSuggestion(Output):
    """A column that a field may be read from."""

    field: str
    title: str
    sureness: float = Field(description="0 to 1.")
    because: str = Field(description="title, spelling or content.")


class KindSuggestion(Output):
    """What a table seems to be; `missing` are needed fields that no column tells."""

    kind: ImportKind
    likeness: float = Field(description="0 to 1.")
    columns: list[ColumnSuggestion]
    missing: list[str]
    mapping: ImportMapping = Field(description="Ready to be completed, kept and run.")


class FileColumn(Output):
    """A column of a file, with some of its cells."""

    title: str
    examples: list[str]
    about_people: bool = Field(description="It seems to name people: it is never suggested.")


class ImportFile(Output):
    """A file that came, and what it seems to be, the likeliest first."""

    id: UUID
    name: str
    size_bytes: int
    form: str = Field(description="csv, workbook or submissions.")
    encoding: str | None
    delimiter: str | None
    sheets: list[str]
    sheet: str | None
    header_line: int
    rows: int
    columns: list[FileColumn]
    suggestions: list[KindSuggestion]


class ImportInput(Input):
    """Ask to import a file by a mapping: one kept under a name, or one given here.

    `source` names where the rows come from: rows with the same key, or that say the same, are
    the same record in every import of one source.
    """

    file_id: UUID
    mapping: ImportMapping | None = None
    mapping_name: Text | None = None
    source: Text = "import"
    dry_run: bool = False


class Noticed(Output):
    """Something noticed of a row that was taken."""

    line: int
    column: str
    value: str
    code: str
    reason: str


class ImportProblem(Noticed):
    """Why a line was not taken, and what to do."""


class ImportRun(Output):
    """An import with its report: `created`, `updated`, `unchanged`, `rejected` are rows."""

    id: UUID
    file_id: UUID
    source: str
    dry_run: bool
    mapping: ImportMapping
    started_by: str
    rows: int | None = Field(description="Null until the file was read.")
    created: int
    updated: int
    unchanged: int
    rejected: int
    noticed: dict[str, int] = Field(description="What was noticed, by code, counted in full.")
    examples: list[Noticed]
    created_at: datetime
    finished_at: datetime | None
    job: JobState | None = None
