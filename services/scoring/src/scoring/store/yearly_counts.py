"""Read a register of buildings with yearly counts: each count is an event on 31 December."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

ID: Final = "bbl"
_FILES: Final = ("buildings*.csv", "buildings*.csv.gz")
_YEARLY: Final = re.compile(r"(?P<name>[a-z_]+)_(?P<year>\d{4})")
# What a visit of the year found, by severity, and what else was heard of the building.
_FINDINGS: Final = {"viol_bbl_ser": "critical", "viol_bbl_oth": "serious"}
_CONTACTS: Final = {"comp_bbl": "complaint", "lit": "litigation"}
_CATEGORY: Final = "building_class1"
_TERRITORY: Final = "cd"
_ROOMS: Final = "res_units"
_OPENED: Final = "last_reno"


@dataclass(frozen=True, slots=True)
class Wide:
    """A table with one row per building, and the columns that are counts, by name and year."""

    frame: pl.DataFrame
    yearly: dict[str, dict[int, str]]

    def years(self, name: str) -> dict[int, str]:
        """Give the columns of a count by year."""
        return self.yearly.get(name, {})


def find_register(folder: Path) -> Path | None:
    """Find a table of buildings in a folder; None where there is none."""
    found = [path for pattern in _FILES for path in sorted(folder.glob(pattern))]
    return found[0] if found else None


def read_register(path: Path) -> dict[str, pl.DataFrame]:
    """Turn it into `establishments`, `visits`, `findings`, `contacts` and `signals`.

    Every building is visited once a year; numbers that are no counts of its own are series.
    """
    frame = pl.read_csv(path, infer_schema=False)
    wide = Wide(frame, _yearly(frame.columns))
    years = sorted({year for name in _FINDINGS for year in wide.years(name)})
    return {
        "establishments": _establishments(wide),
        "visits": pl.concat([_visits(wide, year) for year in years]),
        "findings": pl.concat(
            [_findings(wide, name, year) for name in _FINDINGS for year in wide.years(name)]
        ),
        "contacts": pl.concat(
            [_contacts(wide, name, year) for name in _CONTACTS for year in wide.years(name)]
        ),
        "signals": _signals(wide),
    }


def _yearly(columns: list[str]) -> dict[str, dict[int, str]]:
    yearly: dict[str, dict[int, str]] = {}
    for column in columns:
        match = _YEARLY.fullmatch(column)
        if match is not None:
            yearly.setdefault(match["name"], {})[int(match["year"])] = column
    return yearly


def _establishments(wide: Wide) -> pl.DataFrame:
    opened = pl.col(_OPENED).cast(pl.Float64).cast(pl.Int64)
    return wide.frame.select(
        establishment_id=ID,
        category=_CATEGORY,
        territory=_TERRITORY,
        rooms=_ROOMS,
        opened_on=pl.when(opened.is_not_null()).then(pl.format("{}-01-01", opened)),
    )


def _end_of(year: int) -> pl.Expr:
    return pl.lit(date(year, 12, 31).isoformat())


def _visit_id(year: int) -> pl.Expr:
    return pl.format(f"{{}}-{year}", ID)


def _visits(wide: Wide, year: int) -> pl.DataFrame:
    return wide.frame.select(visit_id=_visit_id(year), establishment_id=ID, date=_end_of(year))


def _repeated(frame: pl.DataFrame, count: str) -> pl.DataFrame:
    """Repeat each row as often as its count says; a part of one is one."""
    number = pl.col(count).cast(pl.Float64).fill_null(0.0).ceil().cast(pl.UInt32)
    rows = frame.with_row_index("row").select(pl.col("row").repeat_by(number).explode())
    return frame[rows["row"].drop_nulls()]


def _findings(wide: Wide, name: str, year: int) -> pl.DataFrame:
    code = str(list(_FINDINGS).index(name) * 5 + 1)
    return _repeated(wide.frame, wide.years(name)[year]).select(
        visit_id=_visit_id(year), code=pl.lit(code), severity=pl.lit(_FINDINGS[name])
    )


def _contacts(wide: Wide, name: str, year: int) -> pl.DataFrame:
    return _repeated(wide.frame, wide.years(name)[year]).select(
        establishment_id=ID, date=_end_of(year), kind=pl.lit(_CONTACTS[name])
    )


def _signals(wide: Wide) -> pl.DataFrame:
    """Tell yearly rates of what lies around as of the year's end, and lasting numbers once."""
    events = {*_FINDINGS, *_CONTACTS}
    columns = [c for name, years in wide.yearly.items() for c in years.values()]
    lasting = [
        c
        for c in wide.frame.columns
        if c not in {*columns, ID, _CATEGORY, _OPENED} and _is_number(wide.frame[c])
    ]
    began = pl.lit(date(1970, 1, 2).isoformat())
    told = [_series(wide, column, column, began) for column in lasting]
    for name, years in wide.yearly.items():
        if name not in events:
            told += [_series(wide, name, column, _end_of(year)) for year, column in years.items()]
    return pl.concat(told)


def _is_number(column: pl.Series) -> bool:
    return column.drop_nulls().cast(pl.Float64, strict=False).null_count() == 0


def _series(wide: Wide, name: str, column: str, day: pl.Expr) -> pl.DataFrame:
    return wide.frame.select(
        series=pl.lit(name), subject=ID, date=day, value=pl.col(column)
    ).drop_nulls("value")
