"""What scoring costs against the bare libraries on the same data; ratios of CPU time in one run."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest

from scoring.domain import ensemble
from scoring.domain.evaluation import TrainingPlan, fit
from scoring.domain.facts import Complaints, Facts, Places, Visits
from scoring.domain.features import features
from scoring.domain.history import RONDE
from scoring.domain.labels import labelled_visits
from scoring.domain.reasons import explain
from scoring.domain.rule import DEFAULT_WEIGHTS
from scoring.domain.scorer import Scorer, score_places, tell
from scoring.domain.source import prepare

pytestmark = pytest.mark.bench

NOW_DAY = 20_600.0
NOW_MS = int(NOW_DAY * 86_400_000)
PLAN = TrainingPlan(seed=1, rounds=150, threads=1)


def town(places, visits_per_place, seed=1):
    """Invent facts, the columns the store hands over, without going through text."""
    random = np.random.default_rng(seed)
    count = places * visits_per_place
    day = np.sort(random.uniform(NOW_DAY - 1500, NOW_DAY - 1, count))
    positive = random.random(count) < 0.15
    serious = random.poisson(0.4, count).astype(float)
    minor = random.poisson(1.5, count).astype(float)
    yes, no = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    visits = Visits(
        ids=np.arange(count).astype(object),
        place=random.integers(0, places, count),
        known_ms=(day * 86_400_000).astype(np.int64),
        day=day,
        done=yes,
        labelled=yes,
        positive=positive,
        in_cohort=yes,
        routine=yes,
        reinspection=no,
        complaint=no,
        no_access=no,
        points=5.0 * positive + 3 * serious + minor,
        criticals=positive.astype(float),
        serious=serious,
        minor=minor,
        categories=random.poisson(0.2, (count, len(RONDE.categories))).astype(float),
        team_visit=np.arange(count),
        team_inspector=random.integers(0, 40, count),
    )
    held = Places(
        ids=np.arange(places).astype(object),
        kind=random.integers(0, 5, places),
        operator=random.integers(0, places // 20 + 1, places),
        territory=np.full(places, "75", dtype=object),
        lon=2.3 + random.normal(size=places) * 0.3,
        lat=48.8 + random.normal(size=places) * 0.2,
        rooms=random.integers(5, 80, places).astype(float),
        capacity=random.integers(10, 200, places).astype(float),
        opened_day=np.full(places, 10_000.0),
    )
    none = np.zeros(0)
    whole = none.astype(np.int64)
    flag = none.astype(bool)
    complaints = Complaints(whole, whole, none, flag, flag, none)
    return Facts(RONDE, held, visits, complaints, ())


def cpu(work):
    """Run something; give the CPU seconds it took and what it gave."""
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def least(ours, raw, tries=3):
    """Run both in turn; give the least CPU seconds of each, as others only ever add."""
    pairs = [(cpu(ours)[0], cpu(raw)[0]) for _ in range(tries)]
    return tuple(min(column) for column in zip(*pairs, strict=True))


@pytest.fixture(scope="module")
def model():
    facts = town(2_000, 10)
    return fit(prepare(facts), labelled_visits(facts, NOW_MS), PLAN)


def raw_features(facts):
    """Compute a third as many features with one group_by, as a script would."""
    visits = facts.visits
    frame = pl.DataFrame(
        {
            "place": visits.place,
            "age": NOW_DAY - visits.day,
            "points": visits.points,
            "critical": visits.critical,
            "serious": visits.serious,
            **{f"c{i}": visits.categories[:, i] for i in range(visits.categories.shape[1])},
        }
    )
    half = pl.lit(0.5)
    return frame.group_by("place").agg(
        pl.len(),
        *(
            (pl.col(name) * half.pow(pl.col("age") / days)).sum().alias(f"{name}_{days}")
            for name in ("points", "critical", "serious")
            for days in (180, 365, 730, 1500)
        ),
        *((pl.col(f"c{i}") * half.pow(pl.col("age") / 730)).sum() for i in range(10)),
        pl.col("age").min().alias("since"),
        pl.col("points").last().alias("last"),
    )


def test_scoring_a_hundred_thousand_places_costs_little_more_than_the_bare_libraries(
    model, tmp_path
):
    facts = town(100_000, 10)
    scorer = Scorer("model", DEFAULT_WEIGHTS, model)
    places = np.arange(100_000)

    def ours():
        source = prepare(facts, only_ms=NOW_MS)
        told = tell(source, places, NOW_MS, scorer)
        pl.DataFrame({"place": places, "score": told.probability}).write_csv(tmp_path / "s.csv")

    values = np.random.default_rng(1).random((100_000, len(model.names)))

    def raw():
        raw_features(facts)
        for booster in model.boosters:
            booster.predict(values, num_threads=1)

    spent, raw_spent = least(ours, raw)
    ratio = spent / raw_spent
    print(
        f"\n100,000 places: ours {spent:.2f} s, raw polars and predict {raw_spent:.2f} s, "
        f"ratio {ratio:.2f} (bar 3)"
    )
    assert ratio <= 3


def test_reasons_cost_little_more_than_contributions(model):
    facts = town(1_000, 10)
    source = prepare(facts, only_ms=NOW_MS)
    places = np.arange(1_000)
    scorer = Scorer("model", DEFAULT_WEIGHTS, model)
    values = features(source, places, np.full(1_000, NOW_MS)).values

    def ours():
        explain(facts, score_places(source, places, NOW_MS, scorer))

    def raw():
        for booster in model.boosters:
            booster.predict(values, pred_contrib=True, num_threads=1)

    spent, raw_spent = least(ours, raw, tries=5)
    ratio = spent / raw_spent
    print(
        f"\nreasons of 1,000: ours {spent:.2f} s, raw pred_contrib {raw_spent:.2f} s, "
        f"ratio {ratio:.2f} (bar 1.5)"
    )
    assert ratio <= 1.5


def test_training_on_a_hundred_thousand_rows_costs_little_more_than_lightgbm():
    facts = town(10_000, 10)
    source = prepare(facts)
    labelled = labelled_visits(facts, NOW_MS)
    table = features(source, labelled.place, labelled.as_of_ms)
    parameters = ensemble.tree_parameters(labelled.positive, 1)

    def ours():
        fit(source, labelled, PLAN)

    def raw():
        label = labelled.positive.astype(float)
        for seed in range(ensemble.SEEDS):
            data = lgb.Dataset(table.values, label=label)
            lgb.train({**parameters, "seed": seed}, data, num_boost_round=PLAN.rounds)

    spent, raw_spent = least(ours, raw, tries=2)
    ratio = spent / raw_spent
    print(
        f"\ntraining on {labelled.place.size:,} rows: ours {spent:.2f} s, raw {raw_spent:.2f} s, "
        f"ratio {ratio:.2f} (bar 1.3), {ensemble.SEEDS} boosters each"
    )
    assert ratio <= 1.3


def score_a_million(text):
    """Score a million places in a process of its own; give CPU seconds and its peak in GB."""
    facts = town(1_000_000, 10)
    scorer = Scorer("model", DEFAULT_WEIGHTS, ensemble.ensemble_of(text))
    places = np.arange(1_000_000)
    spent, told = cpu(lambda: tell(prepare(facts, only_ms=NOW_MS), places, NOW_MS, scorer))
    assert told.probability.size == 1_000_000
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def test_a_million_places_are_scored_within_four_gigabytes(model, tmp_path):
    text = tmp_path / "model.txt"
    text.write_text(model.text)
    done = subprocess.run(
        [sys.executable, __file__, text], capture_output=True, text=True, check=True
    )
    spent, peak_gb = (float(it) for it in done.stdout.split())
    print(f"\n1,000,000 places, 10,000,000 visits: {spent:.0f} s, peak {peak_gb:.2f} GB (bar 4)")
    assert peak_gb <= 4


if __name__ == "__main__":
    print(*score_a_million(Path(sys.argv[1]).read_text()))
