"""Read inspection histories of other places from CSV files, to test the scores against them."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from scoring.domain.history import (
    ACCOMMODATION_SCHEMA,
    FINDING_SCHEMA,
    SIGNAL_SCHEMA,
    VISIT_SCHEMA,
    History,
    Vocabulary,
)
from scoring.store.yearly_counts import find_register, read_register

_SEVERITY: Final = {"minor": 1, "serious": 3, "critical": 4}
_KINDS: Final = {"complaint": "complaint", "illness": "complaint", "reinspection": "reinspection"}
# Neither a completed visit nor a closed door: something happened, nobody wrote what was found.
_CONTACT: Final = "contact"
_LARGEST_KINDS: Final = 12
_ENDINGS: Final = (".csv", ".csv.gz")
_NEEDED: Final = {
    "establishments": ("establishment_id",),
    "visits": ("visit_id", "establishment_id", "date"),
    "findings": ("visit_id", "code", "severity"),
}
_OPTIONAL: Final = {
    "contacts": ("establishment_id", "date", "kind"),
    "signals": ("series", "subject", "date", "value"),
}
Tables = Mapping[str, pl.DataFrame]


class BacktestFileError(ValueError):
    """A file is missing or lacks a column; the message names it."""


def read_history(folder: Path, before: date | None = None) -> tuple[History, Vocabulary]:
    """Read `establishments`, `visits`, `findings`, `contacts` and `signals`, `.csv` or `.csv.gz`.

    `contacts`, `signals`, coordinates, `risk_class` and `inspector_group` may be missing. A table
    of buildings with yearly counts is read in their place. With `before`, rows of that day or later
    are dropped, and so are establishments first seen then.

    Raises
    ------
    BacktestFileError : when a needed file or column is missing.
    """
    register = find_register(folder)
    tables = _tables(folder) if register is None else read_register(register)
    limit = pl.lit(before or date.max)
    places = tables["establishments"]
    places = places.filter(_day(places, "first_seen").fill_null(date.min) < limit)
    known = places["establishment_id"].implode()
    visits = tables["visits"].filter(
        (pl.col("date").str.to_date() < limit) & pl.col("establishment_id").is_in(known)
    )
    contacts = tables["contacts"].filter(
        (pl.col("date").str.to_date() < limit) & pl.col("establishment_id").is_in(known)
    )
    signals = tables["signals"].filter(pl.col("date").str.to_date() < limit)
    findings = tables["findings"].join(visits.select("visit_id"), on="visit_id", how="semi")
    history = History(
        _accommodations(places),
        pl.concat([_visits(visits), _contact_visits(contacts)]),
        _findings(findings),
        signals=_signals(signals),
    )
    return history, _vocabulary(history)


def _vocabulary(history: History) -> Vocabulary:
    kinds = history.accommodations["kind"].value_counts(sort=True)["kind"].head(_LARGEST_KINDS)
    return Vocabulary(
        tuple(history.findings["category"].unique().sort().to_list()),
        tuple(kinds.sort().to_list()),
        tuple(history.signals["series"].unique().sort().to_list()),
    )


def _tables(folder: Path) -> Tables:
    tables = {name: _read(folder, name, columns) for name, columns in _NEEDED.items()}
    for name, columns in _OPTIONAL.items():
        if any((folder / f"{name}{ending}").exists() for ending in _ENDINGS):
            tables[name] = _read(folder, name, columns).select(columns)
        else:
            tables[name] = pl.DataFrame(schema=dict.fromkeys(columns, pl.String()))
    return tables


def _read(folder: Path, name: str, columns: tuple[str, ...]) -> pl.DataFrame:
    for ending in _ENDINGS:
        path = folder / f"{name}{ending}"
        if path.exists():
            frame = pl.read_csv(path, infer_schema=False)
            missing = [column for column in columns if column not in frame.columns]
            if missing:
                raise BacktestFileError(f"{path} has no column {missing[0]}: add it")
            return frame
    raise BacktestFileError(f"{folder} has no {name}.csv or {name}.csv.gz: put it there")


def _optional(frame: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in frame.columns else pl.lit(None, dtype=pl.String)


def _day(frame: pl.DataFrame, name: str) -> pl.Expr:
    return _optional(frame, name).str.to_date(strict=False)


def _moment(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _accommodations(frame: pl.DataFrame) -> pl.DataFrame:
    kind = pl.concat_str(
        _optional(frame, "category").fill_null("unknown"),
        _optional(frame, "risk_class").fill_null("-"),
        separator="/",
    )
    return frame.select(
        accommodation_id=pl.col("establishment_id"),
        kind=kind,
        operator=_optional(frame, "operator").fill_null(""),
        territory=_optional(frame, "territory").fill_null(""),
        lon=_optional(frame, "longitude").cast(pl.Float64, strict=False),
        lat=_optional(frame, "latitude").cast(pl.Float64, strict=False),
        rooms=_optional(frame, "rooms").cast(pl.Float64, strict=False),
        capacity=pl.lit(None, dtype=pl.Float64),
        opened_at=_moment(_day(frame, "opened_on")),
    ).cast(ACCOMMODATION_SCHEMA)


def _visits(frame: pl.DataFrame) -> pl.DataFrame:
    inspector = _optional(frame, "inspector_group")
    moment = _moment(_day(frame, "date"))
    return frame.select(
        inspection_id=pl.col("visit_id"),
        accommodation_id=pl.col("establishment_id"),
        kind=_optional(frame, "kind").fill_null("routine"),
        outcome=pl.lit("done"),
        observed=pl.lit(value=True),
        in_cohort=_optional(frame, "retail").fill_null("1") == "1",
        occurred_at=moment,
        known_at=moment,
        inspector_ids=pl.when(inspector.is_not_null()).then(pl.concat_list(inspector)),
    ).cast(VISIT_SCHEMA)


def _contact_visits(frame: pl.DataFrame) -> pl.DataFrame:
    moment = _moment(pl.col("date").str.to_date())
    kind = pl.when(pl.col("kind").str.ends_with("reinspection")).then(pl.lit("reinspection"))
    return (
        frame.with_row_index("row")
        .select(
            inspection_id=pl.format("contact-{}", "row"),
            accommodation_id=pl.col("establishment_id"),
            kind=kind.otherwise(pl.col("kind").replace_strict(_KINDS, default="other")),
            outcome=pl.lit(_CONTACT),
            observed=pl.lit(value=False),
            in_cohort=pl.lit(value=True),
            occurred_at=moment,
            known_at=moment,
            inspector_ids=pl.lit(None, dtype=pl.List(pl.String())),
        )
        .cast(VISIT_SCHEMA)
    )


def _findings(frame: pl.DataFrame) -> pl.DataFrame:
    severity = pl.col("severity").replace_strict(_SEVERITY, default=0, return_dtype=pl.Int64)
    return frame.select(
        inspection_id=pl.col("visit_id"),
        item=pl.col("code"),
        category=pl.format("codes_{}", (pl.col("code").cast(pl.Int64) - 1) // 5),
        severity=severity,
        critical=pl.col("severity") == "critical",
    ).cast(FINDING_SCHEMA)


def _signals(frame: pl.DataFrame) -> pl.DataFrame:
    moment = _moment(pl.col("date").str.to_date())
    return frame.select(
        series=pl.col("series"),
        subject=pl.col("subject").fill_null(""),
        occurred_at=moment,
        known_at=moment,
        value=pl.col("value").cast(pl.Float64),
    ).cast(SIGNAL_SCHEMA)
