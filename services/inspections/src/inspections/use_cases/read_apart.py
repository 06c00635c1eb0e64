"""Read a packed table in a process of its own: a small file may unpack to more than we have."""

import resource
import signal
from typing import cast

from inspections.domain.sheet import SheetError
from inspections.domain.table_file import OLD_EXCEL, ZIP, TableFile, read_table
from shared.child import Child, ChildDied, Report

TARGET = "inspections.use_cases.read_apart:read_within_limits"
# A table of ten million cells is read in less of both.
MOST_MEMORY, MOST_CPU_S, MOST_S = 2 * 1024**3, 30, 90


def read_safely(content: bytes, sheet: str | None) -> TableFile:
    """Read a table as `read_table` does; one that is packed harms nothing but its own process.

    Raises
    ------
    SheetError : when it is no table, or takes too much to read
    """
    if not content.startswith((ZIP, OLD_EXCEL)):
        return read_table(content, sheet)
    try:
        read = Child(TARGET).run(content, sheet, on_progress=lambda _: None)
    except (ChildDied, MemoryError) as error:
        raise SheetError(
            "it unpacks to more than can be read at once; send it as CSV, or in parts"
        ) from error
    return cast("TableFile", read)


def read_within_limits(_report: Report, content: bytes, sheet: str | None) -> TableFile:
    """Be the process: give up what takes too much memory or time."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    # Native code that finds no memory may wait for itself for ever: the alarm ends it.
    signal.alarm(MOST_S)
    return read_table(content, sheet)
