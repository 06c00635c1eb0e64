from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.domain.facts import facts_of
from scoring.domain.features import features, schema_hash, vocabulary_of
from scoring.domain.history import (
    COMPLAINT_SCHEMA,
    MS_PER_DAY,
    RONDE,
    SIGNAL_SCHEMA,
    History,
    HistoryError,
    Vocabulary,
    milliseconds,
)
from scoring.domain.source import prepare


def moment(days):
    return int(milliseconds(datetime(2022, 1, 3, tzinfo=UTC)) + days * MS_PER_DAY)


SERIES = Vocabulary(RONDE.categories, RONDE.kinds, ("humidity", "alerts"))


def table_of(history, as_of_ms, only_ms=None):
    source = prepare(facts_of(history, SERIES), only_ms)
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
    return replace(
        history,
        visits=pl.concat([changed, more]),
        findings=findings,
        complaints=told(history.complaints, as_of_ms),
        signals=told(history.signals, as_of_ms),
    )


def told(frame, as_of_ms):
    """Turn all that was told late into something else, and tell it twice."""
    late = pl.col("known_at").dt.epoch("ms") >= as_of_ms
    changes = {
        "accommodation_id": pl.lit("place-000"),
        "subject": pl.lit(""),
        "severity": pl.lit(4, dtype=pl.Int64),
        "value": pl.lit(99.0),
        "verified": pl.lit(value=True),
        "known_at": pl.lit(datetime(2031, 1, 1, tzinfo=UTC)).cast(pl.Datetime("us", "UTC")),
    }
    changed = frame.with_columns(
        pl.when(late).then(value).otherwise(name).alias(name)
        for name, value in changes.items()
        if name in frame.columns
    )
    return pl.concat([changed, changed.filter(late)])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 10_000), days=st.integers(0, 1500))
def test_what_is_known_at_or_after_the_moment_changes_no_bit_of_a_feature(invented, seed, days):
    history = invented(12, 120, seed=seed)
    as_of = moment(days)
    before = table_of(history, as_of)
    changed = corrupted(history, as_of)
    assert before.values.tobytes() == table_of(changed, as_of).values.tobytes()
    at_once = table_of(history, as_of, only_ms=as_of)
    assert at_once.values.tobytes() == table_of(changed, as_of, only_ms=as_of).values.tobytes()
    np.testing.assert_allclose(at_once.values, before.values, rtol=1e-9, atol=1e-9)


def test_a_fact_known_one_millisecond_before_the_moment_counts_and_at_the_moment_does_not(invented):
    history = invented(3, 1)
    known = history.visits["known_at"].dt.epoch("ms")[0]
    done = replace(history, visits=history.visits.with_columns(outcome=pl.lit("done")))
    assert table_of(done, known).column("visits").sum() == 0
    assert table_of(done, known + 1).column("visits").sum() == 1


def test_training_and_scoring_read_the_same_values(source):
    visits = source.facts.visits
    rows = np.arange(0, visits.place.size, 37)
    together = features(source, visits.place[rows], visits.known_ms[rows])
    for at, row in enumerate(rows.tolist()):
        alone = features(source, visits.place[[row]], visits.known_ms[[row]])
        np.testing.assert_array_equal(together.values[at], alone.values[0])


def test_features_equal_a_slow_and_obvious_reference(source, naive):
    random = np.random.default_rng(5)
    places = random.integers(0, source.facts.places.ids.size, 200)
    as_of = np.array([moment(days) for days in random.uniform(0, 1500, 200)])
    table = features(source, places, as_of)
    for row in range(200):
        for name, value in naive(source, int(places[row]), int(as_of[row])).items():
            found = table.column(name)[row]
            assert found == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), name


def test_other_past_inspectors_change_the_residual_group_alone(invented):
    history = invented(12, 300)
    mixed = history.visits.with_columns(inspector_ids=pl.col("inspector_ids").shuffle(seed=3))
    at = moment(1200)
    one, other = table_of(history, at), table_of(replace(history, visits=mixed), at)
    changed = np.any(~np.isclose(one.values, other.values, rtol=1e-12, equal_nan=True), axis=0)
    assert {group for group, it in zip(one.groups, changed, strict=True) if it} == {"residual"}


def test_a_place_hears_its_own_signal_first_then_its_territory_s_then_everybody_s(invented):
    history = invented(6, 20)
    day = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [
        ("humidity", "place-001", day, day, 80.0),
        ("humidity", "place-001", day, datetime(2024, 3, 1, tzinfo=UTC), 90.0),
        ("humidity", "93", day, day, 60.0),
        ("humidity", "", day, day, 40.0),
        ("alerts", "75", day, datetime(2024, 6, 1, tzinfo=UTC), 1.0),
    ]
    told_of = replace(history, signals=pl.DataFrame(rows, schema=SIGNAL_SCHEMA, orient="row"))

    def heard(name, at):
        return table_of(told_of, milliseconds(at)).column(f"signal_{name}").tolist()

    # Even places lie in territory 75, odd ones in 93.
    assert heard("humidity", datetime(2024, 2, 1, tzinfo=UTC))[:4] == [40.0, 80.0, 40.0, 60.0]
    assert heard("humidity", datetime(2024, 4, 1, tzinfo=UTC))[1] == 90.0
    assert np.isnan(heard("alerts", datetime(2024, 6, 1, tzinfo=UTC))).all()
    late = heard("alerts", datetime(2024, 6, 2, tzinfo=UTC))
    assert late[0] == 1.0
    assert np.isnan(late[1])
    assert np.isnan(heard("humidity", datetime(2023, 1, 1, tzinfo=UTC))).all()


def test_who_tells_without_proof_is_counted_once_in_ninety_days_and_bounded(invented):
    history = invented(3, 10)

    def told_of(rows):
        frame = pl.DataFrame(rows, schema=COMPLAINT_SCHEMA, orient="row")
        table = table_of(replace(history, complaints=frame), moment(1000) + 1)
        return (
            table.column("complaints_verified_180d")[0],
            table.column("complaints_unverified_180d")[0],
        )

    at = datetime.fromtimestamp(moment(1000) / 1000, UTC)
    once = [("place-000", "family", False, 3, at, at)]
    assert told_of(once) == pytest.approx((0, 3))
    assert told_of(once * 30) == pytest.approx((0, 3))
    others = [("place-000", source, False, 4, at, at) for source in ("authority", "neighbour")]
    assert told_of([*once, *others]) == pytest.approx((0, 5))
    proved = [("place-000", "family", True, 4, at, at)]
    assert told_of(proved * 3) == pytest.approx((15, 0))
    assert told_of([("place-unknown", "family", True, 4, at, at)]) == pytest.approx((0, 0))


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
    other = replace(history, visits=renamed)
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
    other = prepare(facts_of(replace(history, visits=others)))
    query = (visits.place[[last]], visits.known_ms[[last]])
    assert features(source, *query).values.tobytes() == features(other, *query).values.tobytes()


def test_a_place_is_not_its_own_neighbour(invented):
    history = invented(1, 40)
    table = table_of(history, moment(1400))
    assert table.column("visits")[0] > 0
    for name in ("kind", "operator", "cell_8", "cell_7"):
        assert table.column(f"{name}_visits")[0] == pytest.approx(0)
        assert table.column(f"{name}_observed_over_expected")[0] == pytest.approx(1)


def test_visits_without_access_are_history_but_no_visit_of_the_place(invented):
    history = invented(3, 30)
    closed = history.visits.with_columns(outcome=pl.lit("nobody_there"))
    table = table_of(replace(history, visits=closed), moment(1500))
    assert table.column("visits").sum() == 0
    assert table.column("no_access_730d").sum() > 0


def test_a_completed_visit_that_saw_nothing_is_neither_clean_nor_a_refusal(invented):
    history = invented(3, 30)
    done = history.visits.with_columns(outcome=pl.lit("done"), kind=pl.lit("routine"))
    blind = History(
        history.accommodations,
        done.with_columns(observed=pl.lit(value=False)),
        history.findings.head(0),
    )
    visits = facts_of(blind).visits
    assert not visits.labelled.any()
    assert not visits.no_access.any()
    table = table_of(blind, moment(1500))
    assert table.column("visits").sum() == 0
    assert table.column("no_access_730d").sum() == 0


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


def test_a_model_finds_its_features_by_name_and_one_that_is_gone_is_unknown(source):
    table = features(source, np.arange(3), np.full(3, moment(1000)))
    assert table.of(table.names) is table.values
    found = table.of(("visits", "signal_gone", "last_points"))
    np.testing.assert_array_equal(found[:, 0], table.column("visits"))
    assert np.isnan(found[:, 1]).all()
    np.testing.assert_array_equal(found[:, 2], table.column("last_points"))


def test_the_series_of_a_model_are_read_off_its_features():
    assert vocabulary_of(["visits", "signal_humidity", "signal_noise"]).signals == (
        "humidity",
        "noise",
    )
    assert vocabulary_of(()) == RONDE
