"""Read a file in a child process: its rows become batches of records, in a file of their own.

A batch is a line of JSON. What came of the reading is kept until the import is over, so an import
that was interrupted goes on where it was.
"""

import gc
import json
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from inspections.domain.import_fields import TITLES, Kind
from inspections.domain.import_mapping import ImportMapping
from inspections.domain.import_records import Batch, Gathering, Record, items_by_word
from inspections.domain.import_rows import CellProblem, read_rows
from inspections.domain.sheet import SheetError
from inspections.domain.table_file import read_table, titles_line
from shared.blobs import Blobs

Report = Callable[[float, str], None]
# Records of a batch: what one transaction takes in about a second.
BATCH_ROWS = 1_000
WHOLE = 10_000_000
TELL_EVERY = 5_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a file."""

    batches: str
    batch_count: int
    rows: int


@dataclass(frozen=True, slots=True)
class Order:
    """What to read: a file of the store by a mapping; `labels` are of the checklist's items."""

    run: UUID
    blobs_url: str
    blob: str
    mapping: ImportMapping
    labels: Mapping[str, Sequence[str]]


def read_into_batches(report: Report, order: Order) -> Reading:
    """Read the rows of a file and store them as batches.

    Raises
    ------
    SheetError, MappingError : when the file is no table, or not one of the mapping
    """
    # The process ends with this call, and makes no circles: to look for some takes a fifth of it.
    gc.disable()
    blobs = Blobs(order.blobs_url)
    report(0.0, "reading the file")
    table = read_table(blobs.get(order.blob), order.mapping.sheet)
    at = order.mapping.header_line or titles_line(table, TITLES)
    header = next((it for it in table.rows if it.line == at), None)
    if header is None:
        raise SheetError(f"line {at} is empty; say in header_line where the titles stand")
    below = [it for it in table.rows if it.line > at]
    gathering = Gathering(order.mapping.kind, items_by_word(order.labels))
    for n, row in enumerate(read_rows(header, below, order.mapping)):
        gathering.tell(row)
        if n % TELL_EVERY == 0:
            report(0.1 * n / len(below), "reading the rows")
    size = WHOLE if order.mapping.kind == Kind.checklist else BATCH_ROWS
    with TemporaryDirectory() as folder:
        path = Path(folder) / "batches"
        count = 0
        with path.open("w", encoding="utf-8") as file:
            # The name of a file is what is in it: this one must be nobody else's.
            file.write(f"{order.run}\n")
            for batch in gathering.batches(size):
                file.write(written(batch) + "\n")
                count += 1
        return Reading(blobs.put_file(path), count, len(below))


def written(batch: Batch) -> str:
    """Write a batch as a line."""
    told = {
        "records": [[it.identity, it.lines, it.values] for it in batch.records],
        "counts": [batch.rows, batch.rejected, batch.doubles],
        "problems": [astuple(it) for it in batch.problems],
        "noticed": batch.noticed,
        "examples": [astuple(it) for it in batch.examples],
    }
    return json.dumps(told, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    """Write moments, of whatever kind, as text."""
    return value.isoformat() if isinstance(value, date | time) else str(value)


def batch_of(line: str) -> Batch:
    """Read a batch from its line."""
    told = json.loads(line)
    rows, rejected, doubles = told["counts"]
    return Batch(
        records=[Record(*it) for it in told["records"]],
        rows=rows,
        rejected=rejected,
        doubles=doubles,
        problems=[CellProblem(*it) for it in told["problems"]],
        noticed=Counter(told["noticed"]),
        examples=[CellProblem(*it) for it in told["examples"]],
    )


class BatchFile:
    """The batches of a file, one by one, without those that are done."""

    def __init__(self, blobs: Blobs, name: str, done: Container[int]) -> None:
        self._file = blobs.open(name)
        self._file.readline()
        self._lines = ((n, it) for n, it in enumerate(self._file) if n not in done)

    def next(self) -> tuple[int, Batch] | None:
        """Read the next batch, with its number; None after the last."""
        found = next(self._lines, None)
        return None if found is None else (found[0], batch_of(found[1].decode()))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
