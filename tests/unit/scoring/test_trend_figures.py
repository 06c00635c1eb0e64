"""How well months are foretold, beside the same month last year, on invented and real histories."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from made_up_counts import by_month, made_up

from scoring.domain.rates import counts_of
from scoring.domain.trends import judge

pytestmark = pytest.mark.slow
HISTORIES = 40
LODGINGS = "shared/data/inspections/nyc_lodging_inspections_2013_2015.csv"
CHICAGO = "shared/data/scoring/chicago"
SEVERITIES = ("critical", "serious", "minor")
CATEGORIES = ("buildings", "fire", "police", "health")


def totals(judged):
    """Mean errors over all months and series, ours and last year's, and the intervals' coverage."""
    forecasts = sum(it.forecasts for it in judged)
    held = sum(it.held * it.forecasts for it in judged) / forecasts
    ours = np.nanmean([it.error for it in judged])
    return forecasts, ours, np.nanmean([it.error_last_year for it in judged]), held


def told(name, judged):
    forecasts, ours, last_year, held = totals(judged)
    print(
        f"\n{name}: {forecasts:,} forecasts a month ahead, mean error {ours:.2f} visits, "
        f"by the same month last year {last_year:.2f} ({ours / last_year:.2f} of it); "
        f"90 % intervals held {held:.1%}"
    )
    return ours / last_year, held


def test_invented_months_are_foretold_better_than_by_last_year():
    judged = [judge(by_month(made_up(seed)[0])) for seed in range(HISTORIES)]
    ratio, held = told("invented", judged)
    assert ratio < 0.85
    assert 0.88 < held < 0.98


def lodgings(path):
    """Read visits by borough and month, and how many ended in a violation or summons of whom."""
    visits, found = Counter(), Counter()
    with path.open() as file:
        for row in csv.DictReader(file):
            if not row["bbl"]:
                continue
            number, _, year = (int(it) for it in row["date"].split("/"))
            month = date(2000 + year, number, 1)
            borough = row["bbl"][:2]
            visits[borough, month] += 1
            for category in CATEGORIES:
                cited = [row[it] for it in row if it.startswith(category)]
                found[borough, category, month] += any(it not in {"", "0"} for it in cited)
    starts = sorted({month for _, month in visits})
    return counts_of(
        starts,
        [(*key, number) for key, number in visits.items()],
        [(*key, number) for key, number in found.items()],
    )


def found_here(path):
    """Find real data beside the checkout; without them the test is skipped."""
    found = [it / path for it in Path(__file__).parents if (it / path).exists()]
    if not found:
        pytest.skip(f"{path} is not on this machine")
    return found[0]


def test_new_york_s_lodgings_are_foretold_better_than_by_last_year():
    counts = lodgings(found_here(LODGINGS))
    assert len(counts.starts) == 19
    ratio, held = told("New York's lodgings", [judge(counts)])
    assert ratio < 0.9
    assert held > 0.88


def quarters(folder):
    """Read Chicago's routine visits by quarter of the town and month, by severity found."""
    places = pl.read_csv(folder / "establishments.csv.gz", infer_schema=False)
    visits = pl.read_csv(folder / "visits.csv.gz", infer_schema=False)
    where = [pl.col(it).cast(pl.Float64) for it in ("latitude", "longitude")]
    north, east = (it > it.median() for it in where)
    visits = (
        visits.join(places, on="establishment_id")
        .filter(pl.col("kind") == "routine", pl.col("latitude").is_not_null())
        .with_columns(
            territory=pl.format("{} {}", north, east),
            month=pl.col("date").str.to_date().dt.truncate("1mo"),
        )
    )
    by = ("territory", "month")
    wide = visits.group_by(by).agg(
        pl.len(), *((pl.col(it).cast(pl.Int64) > 0).sum() for it in SEVERITIES)
    )
    rows = wide.rows(named=True)
    return counts_of(
        sorted(set(wide["month"])),
        [(row["territory"], row["month"], row["len"]) for row in rows],
        [(row["territory"], it, row["month"], row[it]) for row in rows for it in SEVERITIES],
    )


def test_chicago_s_visits_are_foretold_better_than_by_last_year():
    counts = quarters(found_here(CHICAGO))
    assert counts.visits.shape == (4, 36)
    ratio, held = told("Chicago's establishments", [judge(counts)])
    assert ratio < 0.9
    assert held > 0.88
