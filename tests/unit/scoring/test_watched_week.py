from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from scoring.domain.facts import facts_of
from scoring.domain.history import milliseconds
from scoring.domain.watched_week import Belief, Told, watch_week


@pytest.fixture(scope="module")
def history(invented):
    return invented(places=60, visits=1500, seed=3, signal=1.0)


@pytest.fixture
def as_of(history):
    return history.visits["occurred_at"].max() - timedelta(days=120)


def told(history):
    random = np.random.default_rng(4)
    beliefs = {
        id: Belief(float(random.uniform(0.1, 0.5)), int(random.integers(3)), served=True)
        for id in history.visits["inspection_id"].sort().to_list()
    }
    places = history.accommodations["accommodation_id"].to_list()
    return Told({id: float(random.random()) for id in places}, beliefs, {})


def week(history, as_of, told):
    operators = history.accommodations["operator"].to_numpy().astype(object)
    return watch_week(
        facts_of(history),
        operators,
        milliseconds(as_of),
        told=told,
        random=np.random.default_rng(5),
    )


def seen(week):
    return next(it.seen for it in week.indicators if it.kind == "base_rate")


def test_what_became_known_later_moves_nothing(history, as_of):
    whole = week(history, as_of, told(history))
    known = history.visits.filter(pl.col("known_at") < as_of)
    # No more complaints, and of later visits neither the visit nor what it found.
    cut = replace(
        history,
        visits=known,
        findings=history.findings.join(known, on="inspection_id", how="semi"),
        complaints=history.complaints.filter(pl.col("known_at") < as_of),
    )
    # An inspector who came later would only have another number.
    assert replace(week(cut, as_of, told(history)), inspectors=[]) == replace(whole, inspectors=[])
    assert seen(whole) > 30
    assert whole.places == 60


def test_visits_of_the_last_week_and_those_nothing_was_believed_of_are_left_out(history, as_of):
    visits = history.visits.filter(
        pl.col("kind") == "routine", pl.col("outcome") == "done", pl.col("known_at") < as_of
    )
    days = (pl.lit(as_of) - pl.col("occurred_at")).dt.total_milliseconds() / 86_400_000
    expected = visits.filter((days > 7) & (days <= 98))
    assert visits.filter(days <= 7).height > 0
    assert seen(week(history, as_of, told(history))) == expected.height
    half = told(history)
    kept = dict(list(half.beliefs.items())[::2])
    less = expected.filter(pl.col("inspection_id").is_in(list(kept))).height
    assert seen(week(history, as_of, replace(half, beliefs=kept))) == less
    others = {id: replace(it, served=False) for id, it in half.beliefs.items()}
    found = week(history, as_of, replace(half, beliefs=others))
    # What another model believed says nothing of this one, but of how groups fared.
    assert seen(found) == 0
    assert sum(it.visits for it in found.fairness if it.dimension == "visited") > expected.height
