"""Read and write mappings, and tell what a file that came seems to be."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.import_fields import TITLES, Kind
from inspections.domain.import_mapping import (
    ColumnSample,
    ImportMapping,
    Suggested,
    samples_of,
    suggest,
    suggest_items,
)
from inspections.domain.table_file import TableFile, titles_line
from inspections.store import checklists
from inspections.store.tables import ImportFileRow, ImportMappingRow, ImportProblemRow, ImportRunRow
from inspections.use_cases.read_apart import read_safely
from shared.contracts.inspections import imports as contract
from shared.contracts.message import JobState

SHOWN_EXAMPLES, SHOWN_KINDS = 5, 3
Labels = Mapping[str, tuple[str, ...]]


def mapping_of(sent: contract.ImportMapping) -> ImportMapping:
    """Read a mapping as the domain knows it."""
    told = sent.model_dump()
    return ImportMapping(
        **told
        | {
            "kind": Kind(sent.kind),
            "columns": {name: tuple(it) for name, it in sent.columns.items()},
        }
    )


async def labels_of(
    session: AsyncSession, organisation: UUID, code: str
) -> tuple[int, dict[str, tuple[str, ...]]]:
    """Give the newest version of a checklist with the labels of its items; 0 if there is none."""
    row = await checklists.latest(session, organisation, code)
    if row is None:
        return 0, {}
    items = checklists.checklist_of(row).items
    return row.version, {code: (it.label_fr, it.label_en) for code, it in items.items()}


def describe(
    row: ImportFileRow, content: bytes, sheet: str | None, labels: Labels
) -> contract.ImportFile:
    """Tell what a file seems to be.

    Raises
    ------
    SheetError : when it is no table
    """
    table = read_safely(content, sheet)
    at = titles_line(table, TITLES)
    header = next(it for it in table.rows if it.line == at)
    below = [it.cells for it in table.rows if it.line > at]
    columns = samples_of(header.cells, below)
    return contract.ImportFile(
        id=row.id,
        name=row.name,
        size_bytes=row.size_bytes,
        form=table.form,
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheets=list(table.sheets),
        sheet=table.sheet,
        header_line=at,
        rows=len(below),
        columns=[_column(it) for it in columns],
        suggestions=[
            _suggestion(it, columns, table, labels) for it in suggest(columns)[:SHOWN_KINDS]
        ],
    )


def _column(it: ColumnSample) -> contract.FileColumn:
    seen = list(dict.fromkeys(it.cells))
    # What may be of people is not shown either.
    examples = [] if it.is_about_people else seen[:SHOWN_EXAMPLES]
    return contract.FileColumn(
        title=it.title,
        examples=[example[:200] for example in examples],
        about_people=it.is_about_people,
    )


def _suggestion(
    it: Suggested, columns: list[ColumnSample], table: TableFile, labels: Labels
) -> contract.KindSuggestion:
    titles = {one.field: one.title for one in it.columns}
    values = {}
    if it.kind == Kind.findings and "item" in titles:
        cells = next(one.cells for one in columns if one.title == titles["item"])
        values = {"item": suggest_items(cells, labels)}
    mapping = contract.ImportMapping(
        kind=contract.ImportKind(it.kind),
        columns={field: [title] for field, title in titles.items()},
        values={name: its for name, its in values.items() if its},
        month_first=bool(it.month_first),
        sheet=table.sheet,
    )
    return contract.KindSuggestion(
        kind=mapping.kind,
        likeness=it.likeness,
        columns=[
            contract.ColumnSuggestion.model_validate(one, from_attributes=True)
            for one in it.columns
        ],
        missing=list(it.missing),
        mapping=mapping,
    )


def kept_mapping(row: ImportMappingRow) -> contract.NamedMapping:
    """Tell of a mapping that is kept."""
    return contract.NamedMapping(
        name=row.name,
        mapping=contract.ImportMapping.model_validate(row.mapping),
        revision=row.revision,
        updated_by=row.updated_by,
        updated_at=row.updated_at,
    )


def import_run(row: ImportRunRow, job: JobState | None = None) -> contract.ImportRun:
    """Tell of an import."""
    names = contract.ImportRun.model_fields.keys() - {"job"}
    return contract.ImportRun.model_validate({it: getattr(row, it) for it in names} | {"job": job})


def import_problem(row: ImportProblemRow) -> contract.ImportProblem:
    """Tell of a line that was not taken."""
    return contract.ImportProblem.model_validate(row, from_attributes=True)
