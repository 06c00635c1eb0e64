from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.domain.features import features, prepare, schema_hash
from scoring.domain.history import (
    MS_PER_DAY,
    RONDE,
    History,
    HistoryError,
    Vocabulary,
    facts_of,
    milliseconds,
)


def moment(days):
    return int(milliseconds(datetime(2022, 1, 3, tzinfo=UTC)) + days * MS_PER_DAY)


def table_of(history, as_of_ms):
    source = prepare(facts_of(history))
    places = np.arange(source.facts.places.ids.size)
    return features(source, places, np.full(places.size, as_of_ms, dtype=np.int64))


def corrupted(history, as_of_ms):
    """Change all that was known at or after a moment, and add visits then."""
    late = pl.col("known_at").dt.epoch("ms") >= as_of_ms
    last = history.visits.filter(late)
    ids = last["inspection_id"].implode()
    changed = history.visits.with_columns(
        pl.when(late)
        .then(pl.lit("place-000"))
        .otherwise("accommodation_id")
        .alias("accommodation_id"),
        pl.when(late).then(pl.lit("done")).otherwise("outcome").alias("outcome"),
        (late | pl.col("observed")).alias("observed"),
        pl.when(late).then(pl.lit("routine")).otherwise("kind").alias("kind"),
        pl.when(late).then(pl.lit(["nobody"])).otherwise("inspector_ids").alias("inspector_ids"),
        pl.when(late)
        .then(pl.lit(datetime(2031, 1, 1, tzinfo=UTC)))
        .otherwise("known_at")
        .alias("known_at"),
    )
    more = changed.filter(late).with_columns(
        pl.format("more-{}", "inspection_id").alias("inspection_id")
    )
    findings = history.findings.with_columns(
        pl.when(pl.col("inspection_id").is_in(ids)).then(4).otherwise("severity").alias("severity"),
        (pl.col("inspection_id").is_in(ids) | pl.col("critical")).alias("critical"),
    )
    return History(history.accommodations, pl.concat([changed, more]), findings)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 10_000), days=st.integers(0, 1500))
def test_what_is_known_at_or_after_the_moment_changes_no_bit_of_a_feature(invented, seed, days):
    history = invented(12, 120, seed=seed)
    as_of = moment(days)
    before = table_of(history, as_of)
    after = table_of(corrupted(history, as_of), as_of)
    assert before.values.tobytes() == after.values.tobytes()


def test_a_fact_known_one_millisecond_before_the_moment_counts_and_at_the_moment_does_not(invented):
    history = invented(3, 1)
    known = history.visits["known_at"].dt.epoch("ms")[0]
    done = History(
        history.accommodations,
        history.visits.with_columns(outcome=pl.lit("done")),
        history.findings,
    )
    assert table_of(done, known).column("visits").sum() == 0
    assert table_of(done, known + 1).column("visits").sum() == 1


def test_training_and_scoring_read_the_same_values(source):
    visits = source.facts.visits
    rows = np.arange(0, visits.place.size, 37)
    together = features(source, visits.place[rows], visits.known_ms[rows])
    for at, row in enumerate(rows.tolist()):
        alone = features(source, visits.place[[row]], visits.known_ms[[row]])
        np.testing.assert_array_equal(together.values[at], alone.values[0])


def naive(source, place, as_of):
    """Compute some features the slow and obvious way."""
    facts = source.facts
    visits = facts.visits
    known = [i for i in range(visits.place.size) if visits.known_ms[i] < as_of]
    done = [i for i in known if visits.done[i]]
    own = [i for i in done if visits.place[i] == place]

    def halved(i, days):
        return 0.5 ** ((as_of / MS_PER_DAY - visits.day[i]) / days)

    def mean_rate(half, rows):
        weight = sum(halved(i, half) for i in rows) + 20
        return (sum(halved(i, half) * visits.critical[i] for i in rows) + 20 * 0.15) / weight

    operator = facts.places.operator[place]
    others = [
        i
        for i in done
        if operator >= 0
        and facts.places.operator[visits.place[i]] == operator
        and visits.place[i] != place
    ]
    average = mean_rate(365, [i for i in done if visits.routine[i]])
    observed = sum(halved(i, 730) * visits.critical[i] for i in others)
    expected = sum(halved(i, 730) * source.expected.rate[i] for i in others)
    weight = sum(halved(i, 730) for i in others)
    at_all = [i for i in known if visits.place[i] == place]
    return {
        "visits": len(own),
        "points_180d": sum(halved(i, 180) * visits.points[i] for i in own),
        "critical_730d": sum(halved(i, 730) * visits.critical[i] for i in own),
        "smoothed_rate_ever": (sum(visits.critical[i] for i in own) + 3 * average) / (len(own) + 3),
        "last_points": visits.points[own[-1]] if own else np.nan,
        "before_last_points": visits.points[own[-2]] if len(own) > 1 else np.nan,
        "days_since_visit": as_of / MS_PER_DAY - max((visits.day[i] for i in own), default=np.nan),
        "days_since_critical": as_of / MS_PER_DAY
        - max((visits.day[i] for i in own if visits.critical[i]), default=np.nan),
        "complaints_180d": sum(halved(i, 180) for i in at_all if visits.complaint[i]),
        "no_access_730d": sum(halved(i, 730) for i in at_all if visits.no_access[i]),
        "category_pests": sum(halved(i, 730) * visits.categories[i, 6] for i in own),
        "operator_visits": weight,
        "operator_rate": (observed + 20 * average) / (weight + 20),
        "operator_observed_over_expected": (observed + 3) / (expected + 3),
        "average_rate": average,
    }


def test_features_equal_a_slow_and_obvious_reference(source):
    random = np.random.default_rng(5)
    places = random.integers(0, source.facts.places.ids.size, 200)
    as_of = np.array([moment(days) for days in random.uniform(0, 1500, 200)])
    table = features(source, places, as_of)
    for row in range(200):
        for name, value in naive(source, int(places[row]), int(as_of[row])).items():
            assert table.column(name)[row] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True)


def test_expected_findings_of_a_visit_are_the_mean_of_what_its_team_had_found_before(source):
    visits = source.facts.visits
    average, _ = source.averages.read(visits.known_ms)
    for row in range(0, visits.place.size, 23):
        team = visits.team_inspector[visits.team_visit == row]
        rates = []
        for member in team.tolist():
            earlier = [
                i
                for i in visits.team_visit[visits.team_inspector == member].tolist()
                if visits.known_ms[i] < visits.known_ms[row] and visits.done[i]
            ]
            age = [visits.known_ms[row] / MS_PER_DAY - visits.day[i] for i in earlier]
            weight = [0.5 ** (days / 365) for days in age]
            positive = sum(w * visits.critical[i] for w, i in zip(weight, earlier, strict=True))
            rates.append((positive + 20 * average[row]) / (sum(weight) + 20))
        expected = np.mean(rates) if rates else average[row]
        assert source.expected.rate[row] == pytest.approx(expected, rel=1e-9)


def test_other_names_for_the_inspectors_change_nothing(invented):
    history = invented(12, 150)
    renamed = history.visits.with_columns(
        inspector_ids=pl.col("inspector_ids").list.eval(
            pl.element().str.replace_many(
                [f"inspector-{i}" for i in range(8)],
                [f"person-{(i * 3 + 5) % 8}" for i in range(8)],
            )
        )
    )
    other = History(history.accommodations, renamed, history.findings)
    at = moment(1200)
    np.testing.assert_allclose(
        table_of(history, at).values, table_of(other, at).values, rtol=1e-12, equal_nan=True
    )


def test_who_makes_a_visit_is_no_input_to_the_features_of_that_visit(source, invented):
    history = invented()
    visits = source.facts.visits
    last = int(np.flatnonzero(visits.labelled)[-1])
    others = history.visits.with_columns(
        inspector_ids=pl.when(pl.col("inspection_id") == visits.ids[last])
        .then(pl.lit(["somebody-else"]))
        .otherwise("inspector_ids")
    )
    other = prepare(facts_of(History(history.accommodations, others, history.findings)))
    query = (visits.place[[last]], visits.known_ms[[last]])
    assert features(source, *query).values.tobytes() == features(other, *query).values.tobytes()


def test_a_place_is_not_its_own_neighbour(invented):
    history = invented(1, 40)
    table = table_of(history, moment(1400))
    assert table.column("visits")[0] > 0
    for name in ("kind", "operator", "cell_1km", "cell_3km"):
        assert table.column(f"{name}_visits")[0] == pytest.approx(0)
        assert table.column(f"{name}_observed_over_expected")[0] == pytest.approx(1)


def test_visits_without_access_are_history_but_no_visit_of_the_place(invented):
    history = invented(3, 30)
    closed = history.visits.with_columns(outcome=pl.lit("nobody_there"))
    table = table_of(History(history.accommodations, closed, history.findings), moment(1500))
    assert table.column("visits").sum() == 0
    assert table.column("no_access_730d").sum() > 0


def test_a_completed_visit_that_saw_nothing_counts_as_one_without_access(invented):
    history = invented(3, 30)
    done = history.visits.with_columns(outcome=pl.lit("done"), kind=pl.lit("routine"))
    blind = History(
        history.accommodations,
        done.with_columns(observed=pl.lit(value=False)),
        history.findings.head(0),
    )
    visits = facts_of(blind).visits
    assert not visits.labelled.any()
    assert visits.no_access.all()
    table = table_of(blind, moment(1500))
    assert table.column("visits").sum() == 0
    assert table.column("no_access_730d").sum() > 0


def test_the_schema_is_named_by_all_that_makes_it():
    assert schema_hash(RONDE) == schema_hash(replace(RONDE))
    assert schema_hash(RONDE) != schema_hash(Vocabulary(RONDE.categories[1:], RONDE.kinds))
    assert schema_hash(RONDE) != schema_hash(Vocabulary(RONDE.categories, ("castle",)))


def test_a_frame_with_a_wrong_column_is_refused_by_name(invented):
    history = invented(2, 2)
    with pytest.raises(HistoryError, match=r"accommodations\.rooms must be Float64"):
        History(
            history.accommodations.with_columns(rooms=pl.lit("many")),
            history.visits,
            history.findings,
        )


def test_a_visit_to_an_unknown_place_is_refused(invented):
    history = invented(3, 9)
    with pytest.raises(HistoryError, match="is not a place"):
        facts_of(History(history.accommodations.head(0), history.visits, history.findings))


def test_places_are_found_by_id_and_a_missing_one_is_named(source):
    rows = source.facts.places_of(["place-003", "place-001"])
    assert rows.tolist() == [3, 1]
    with pytest.raises(HistoryError, match="place-999"):
        source.facts.places_of(["place-999"])


def test_an_empty_history_gives_features_of_places_never_visited(invented):
    history = invented(4, 1)
    empty = History(history.accommodations, history.visits.head(0), history.findings.head(0))
    table = table_of(empty, moment(10))
    assert table.column("visits").tolist() == [0, 0, 0, 0]
    assert np.isnan(table.column("days_since_visit")).all()
    assert table.column("average_rate") == pytest.approx([0.15] * 4)
