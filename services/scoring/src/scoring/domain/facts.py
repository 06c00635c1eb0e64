"""The history as the arrays that features are computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from scoring.domain.history import (
    MS_PER_DAY,
    RONDE,
    BoolArray,
    FloatArray,
    History,
    HistoryError,
    IntArray,
    TextArray,
    Vocabulary,
)
from scoring.domain.label_policy import DANGER, LabelPolicy

# What kept us out is the operator's doing; what households do at their own door is no feature.
NO_ACCESS: Final = ("refused", "closed", "nobody_there")
POINTS_OF_SEVERITY: Final = (0.0, 1.0, 2.0, 3.0, 5.0)
CRITICAL_POINTS: Final = 5.0
SERIOUS_FROM: Final = 3
SAME_COMPLAINT_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Places:
    """One row per accommodation; codes index the vocabulary or are -1 for unknown."""

    ids: TextArray
    kind: IntArray
    operator: IntArray
    territory: TextArray
    lon: FloatArray
    lat: FloatArray
    rooms: FloatArray
    capacity: FloatArray
    opened_day: FloatArray


@dataclass(frozen=True, slots=True)
class Visits:
    """One row per visit in the order visits became known; `team_*` has a row per inspector.

    `known_ms` counts milliseconds and `day` days since 1970, UTC. `points` add 1, 2, 3 or 5 per
    finding by severity, 5 when critical. `labelled` and `positive` are as the label policy says:
    which visits have an outcome to learn from, and which outcome.
    """

    ids: TextArray
    place: IntArray
    known_ms: IntArray
    day: FloatArray
    done: BoolArray
    labelled: BoolArray
    positive: BoolArray
    in_cohort: BoolArray
    routine: BoolArray
    reinspection: BoolArray
    complaint: BoolArray
    no_access: BoolArray
    points: FloatArray
    criticals: FloatArray
    serious: FloatArray
    minor: FloatArray
    categories: FloatArray
    team_visit: IntArray
    team_inspector: IntArray

    @property
    def critical(self) -> FloatArray:
        """Tell per visit whether it found at least one critical thing, 0 or 1."""
        return np.asarray(self.criticals > 0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Complaints:
    """One row per telling of a complaint, in the order they became known.

    `points` weigh its severity as a finding's. `counted` is false for an unverified one whose
    source has already told of the place in the same ninety days: shouting does not add up.
    """

    place: IntArray
    known_ms: IntArray
    day: FloatArray
    verified: BoolArray
    counted: BoolArray
    points: FloatArray


@dataclass(frozen=True, slots=True)
class Signal:
    """Values of one series from outside, in the order they became known.

    `heard` has shape (3, places): the keys of a place's own values, of its territory's and of
    everybody's, -1 for none; the first that has a value counts.
    """

    key: IntArray
    known_ms: IntArray
    value: FloatArray
    heard: IntArray


@dataclass(frozen=True, slots=True)
class Facts:
    """The history as arrays; `signals` in the order of the vocabulary's.

    `open_after_days` is as the label policy says.
    """

    vocabulary: Vocabulary
    places: Places
    visits: Visits
    complaints: Complaints
    signals: tuple[Signal, ...]
    open_after_days: int = DANGER.open_after_days

    def places_of(self, ids: list[str]) -> IntArray:
        """Find the rows of accommodations.

        Raises
        ------
        HistoryError : when one is not in the history.
        """
        row = {place: index for index, place in enumerate(self.places.ids.tolist())}
        missing = [place for place in ids if place not in row]
        if missing:
            raise HistoryError(f"accommodation {missing[0]} is not in the history: add it first")
        return np.array([row[place] for place in ids], dtype=np.int64)


def facts_of(
    history: History, vocabulary: Vocabulary = RONDE, policy: LabelPolicy = DANGER
) -> Facts:
    """Turn frames into arrays.

    Raises
    ------
    HistoryError : when a visit names an accommodation that is not there.
    """
    places = _places(history.accommodations, vocabulary)
    return Facts(
        vocabulary,
        places,
        _visits(history, places, vocabulary, policy),
        _complaints(history.complaints, places),
        tuple(_signal(history.signals, name, places) for name in vocabulary.signals),
        policy.open_after_days,
    )


def _places(frame: pl.DataFrame, vocabulary: Vocabulary) -> Places:
    operators = frame["operator"].to_numpy()
    _, operator = np.unique(operators.astype(str), return_inverse=True)
    known = np.array([bool(name) for name in operators.tolist()], dtype=np.bool_)
    opened = frame["opened_at"].dt.epoch("ms").cast(pl.Float64).fill_null(np.nan)
    return Places(
        ids=frame["accommodation_id"].to_numpy().astype(object),
        kind=_codes(frame["kind"], vocabulary.kinds),
        operator=np.where(known, operator, -1).astype(np.int64),
        territory=frame["territory"].fill_null("").to_numpy().astype(object),
        lon=_floats(frame["lon"]),
        lat=_floats(frame["lat"]),
        rooms=_floats(frame["rooms"]),
        capacity=_floats(frame["capacity"]),
        opened_day=_floats(opened) / MS_PER_DAY,
    )


def _floats(column: pl.Series) -> FloatArray:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def _codes(column: pl.Series, words: Sequence[str] | pl.Series) -> IntArray:
    codes = column.replace_strict(
        pl.Series(words, dtype=pl.String), range(len(words)), default=-1, return_dtype=pl.Int64
    )
    return codes.fill_null(-1).to_numpy().astype(np.int64)


def _visits(
    history: History, places: Places, vocabulary: Vocabulary, policy: LabelPolicy
) -> Visits:
    counts = _counts(history.findings, vocabulary, policy)
    frame = (
        history.visits.join(_rows_of(places), on="accommodation_id", how="left")
        .join(counts, on="inspection_id", how="left")
        .sort("known_at", "occurred_at", "inspection_id")
    )
    lost = frame.filter(pl.col("place").is_null())
    if lost.height:
        place = lost["accommodation_id"][0]
        raise HistoryError(f"visits.accommodation_id {place} is not a place: add it first")
    amounts = frame.select(counts.columns[1:]).fill_null(0.0).to_numpy().astype(np.float64)
    team_visit, team_inspector = _teams(frame["inspector_ids"])
    came, observed = _is(frame["outcome"], "done"), frame["observed"].to_numpy().astype(np.bool_)
    return Visits(
        ids=frame["inspection_id"].to_numpy().astype(object),
        place=frame["place"].to_numpy().astype(np.int64),
        known_ms=frame["known_at"].dt.epoch("ms").to_numpy().astype(np.int64),
        day=frame["occurred_at"].dt.epoch("ms").to_numpy().astype(np.float64) / MS_PER_DAY,
        done=came & observed,
        labelled=came & observed & _is(frame["kind"], *policy.kinds),
        positive=amounts[:, 4] > 0,
        in_cohort=frame["in_cohort"].to_numpy().astype(np.bool_),
        routine=_is(frame["kind"], "routine"),
        reinspection=_is(frame["kind"], "reinspection"),
        complaint=_is(frame["kind"], "complaint"),
        no_access=_is(frame["outcome"], *NO_ACCESS),
        points=amounts[:, 0],
        criticals=amounts[:, 1],
        serious=amounts[:, 2],
        minor=amounts[:, 3],
        categories=amounts[:, 5:],
        team_visit=team_visit,
        team_inspector=team_inspector,
    )


def _rows_of(places: Places) -> pl.DataFrame:
    return pl.DataFrame(
        {"accommodation_id": places.ids.tolist(), "place": np.arange(places.ids.size)},
        schema_overrides={"accommodation_id": pl.String(), "place": pl.Int64},
    )


def _complaints(frame: pl.DataFrame, places: Places) -> Complaints:
    """Line up complaints; one of a place that is not there yet says nothing yet."""
    frame = frame.join(_rows_of(places), on="accommodation_id").sort(
        "known_at", "occurred_at", "accommodation_id", "source", "verified", "severity"
    )
    quarter = pl.col("known_at").dt.epoch("d") // SAME_COMPLAINT_DAYS
    told_before = (
        pl.int_range(pl.len()).over("place", "source", "verified", quarter).alias("before")
    )
    before = frame.select(told_before)["before"].to_numpy()
    verified = frame["verified"].to_numpy().astype(np.bool_)
    severity = frame["severity"].clip(0, len(POINTS_OF_SEVERITY) - 1).to_numpy()
    return Complaints(
        place=frame["place"].to_numpy().astype(np.int64),
        known_ms=frame["known_at"].dt.epoch("ms").to_numpy().astype(np.int64),
        day=frame["occurred_at"].dt.epoch("ms").to_numpy().astype(np.float64) / MS_PER_DAY,
        verified=verified,
        counted=verified | (before == 0),
        points=np.asarray(POINTS_OF_SEVERITY)[severity.astype(np.int64)],
    )


def _signal(frame: pl.DataFrame, series: str, places: Places) -> Signal:
    frame = frame.filter(pl.col("series") == series).sort("known_at", "occurred_at", "value")
    # What is heard late of an earlier time is not news.
    newest = pl.col("occurred_at").cum_max().over("subject")
    frame = frame.filter(pl.col("occurred_at") == newest)
    words = frame["subject"].unique().sort()
    subjects = (places.ids, places.territory, np.full(places.ids.size, "", dtype=object))
    heard = [_codes(pl.Series(it, dtype=pl.String), words) for it in subjects]
    return Signal(
        key=_codes(frame["subject"], words),
        known_ms=frame["known_at"].dt.epoch("ms").to_numpy().astype(np.int64),
        value=_floats(frame["value"]),
        heard=np.stack(heard),
    )


def _is(column: pl.Series, *words: str) -> BoolArray:
    return column.is_in(list(words)).fill_null(value=False).to_numpy().astype(np.bool_)


def _counts(findings: pl.DataFrame, vocabulary: Vocabulary, policy: LabelPolicy) -> pl.DataFrame:
    severity = pl.col("severity").clip(0, len(POINTS_OF_SEVERITY) - 1)
    points = severity.replace_strict(
        range(len(POINTS_OF_SEVERITY)), list(POINTS_OF_SEVERITY), return_dtype=pl.Float64
    )
    critical = pl.col("critical")
    serious = ~critical & (pl.col("severity") >= SERIOUS_FROM)
    return findings.group_by("inspection_id").agg(
        points=pl.when(critical).then(CRITICAL_POINTS).otherwise(points).sum(),
        criticals=critical.sum().cast(pl.Float64),
        serious=serious.sum().cast(pl.Float64),
        minor=(~critical & (pl.col("severity") < SERIOUS_FROM)).sum().cast(pl.Float64),
        positive=policy.positive().any().cast(pl.Float64),
        **{
            f"category_{name}": (pl.col("category") == name).sum().cast(pl.Float64)
            for name in vocabulary.categories
        },
    )


def _teams(inspectors: pl.Series) -> tuple[IntArray, IntArray]:
    frame = (
        pl.DataFrame({"visit": np.arange(len(inspectors)), "inspector": inspectors})
        .explode("inspector", empty_as_null=True)
        .drop_nulls("inspector")
    )
    codes = frame["inspector"].rank("dense").cast(pl.Int64) - 1
    return frame["visit"].to_numpy().astype(np.int64), codes.to_numpy().astype(np.int64)
