"""How the values of the record are written into cells of a sheet."""

from datetime import date, datetime
from uuid import UUID

from inspections.domain.calendar import LOCAL

# What spreadsheets take for the beginning of a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | bool | None


def cell(value: object) -> Cell:
    """Give a value as a cell: numbers as they are, moments by the local clock, text made safe."""
    match value:
        case None | bool() | int() | float():
            return value
        case datetime():
            return value.astimezone(LOCAL).isoformat(sep=" ", timespec="seconds")
        case date() | UUID():
            return str(value)
        case list():
            return safe(", ".join(str(it) for it in value))
        case _:
            return safe(str(value))


def safe(text: str) -> str:
    """Keep a spreadsheet from reading text as a formula: an apostrophe goes before it."""
    return f"'{text}" if text.startswith(FORMULA) else text
