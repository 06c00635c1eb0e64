"""How well months are foretold, beside the same month last year, on invented and real histories."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from made_up_counts import by_month, made_up

from scoring.domain.rates import counts_of
from scoring.domain.trends import judge

pytestmark = pytest.mark.slow
HISTORIES = 40
LODGINGS = "shared/data/inspections/nyc_lodging_inspections_2013_2015.csv"
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


def test_new_york_s_lodgings_are_foretold_better_than_by_last_year():
    found = [it / LODGINGS for it in Path(__file__).parents if (it / LODGINGS).exists()]
    if not found:
        pytest.skip("the inspections of New York's lodgings are not on this machine")
    counts = lodgings(found[0])
    assert len(counts.starts) == 19
    ratio, held = told("New York's lodgings", [judge(counts)])
    assert ratio < 0.9
    assert held > 0.88
