"""What happened: places, visits and findings as frames, and as the arrays computed from them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.object_]

_UTC = pl.Datetime("us", "UTC")
ACCOMMODATION_SCHEMA: Final = pl.Schema(
    {
        "accommodation_id": pl.String(),
        "kind": pl.String(),
        "operator": pl.String(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "rooms": pl.Float64(),
        "capacity": pl.Float64(),
        "opened_at": _UTC,
    }
)
VISIT_SCHEMA: Final = pl.Schema(
    {
        "inspection_id": pl.String(),
        "accommodation_id": pl.String(),
        "kind": pl.String(),
        "outcome": pl.String(),
        "observed": pl.Boolean(),
        "occurred_at": _UTC,
        "known_at": _UTC,
        "inspector_ids": pl.List(pl.String()),
    }
)
FINDING_SCHEMA: Final = pl.Schema(
    {
        "inspection_id": pl.String(),
        "item": pl.String(),
        "category": pl.String(),
        "severity": pl.Int64(),
        "critical": pl.Boolean(),
    }
)

NO_ACCESS: Final = ("refused", "closed", "nobody_there")
MS_PER_DAY: Final = 86_400_000
POINTS_OF_SEVERITY: Final = (0.0, 1.0, 2.0, 3.0, 5.0)
CRITICAL_POINTS: Final = 5.0
SERIOUS_FROM: Final = 3


class HistoryError(ValueError):
    """A frame of the history cannot be used; the message names the column and the way out."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words features are made of; part of the schema a model is bound to."""

    categories: tuple[str, ...]
    kinds: tuple[str, ...]


RONDE: Final = Vocabulary(
    categories=(
        "daily_life",
        "damp_mould",
        "electrical",
        "fire_safety",
        "heating_water",
        "hygiene",
        "pests",
        "relations",
        "space_light",
        "structure",
    ),
    kinds=("hotel", "residence", "hostel", "guest_house", "apartment"),
)


@dataclass(frozen=True, slots=True)
class History:
    """Frames in the schemas of this module.

    A visit is completed when its outcome is `done` and something was `observed`; a `done` one that
    saw nothing says as little of the place as a closed door.
    """

    accommodations: pl.DataFrame
    visits: pl.DataFrame
    findings: pl.DataFrame

    def __post_init__(self) -> None:
        for name, frame, schema in (
            ("accommodations", self.accommodations, ACCOMMODATION_SCHEMA),
            ("visits", self.visits, VISIT_SCHEMA),
            ("findings", self.findings, FINDING_SCHEMA),
        ):
            for column, kind in schema.items():
                if frame.schema.get(column) != kind:
                    found = frame.schema.get(column)
                    raise HistoryError(f"{name}.{column} must be {kind}, not {found}: cast it")


@dataclass(frozen=True, slots=True)
class Places:
    """One row per accommodation; codes index the vocabulary or are -1 for unknown."""

    ids: TextArray
    kind: IntArray
    operator: IntArray
    lon: FloatArray
    lat: FloatArray
    rooms: FloatArray
    capacity: FloatArray
    opened_day: FloatArray


@dataclass(frozen=True, slots=True)
class Visits:
    """One row per visit in the order visits became known; `team_*` has a row per inspector.

    `known_ms` counts milliseconds and `day` days since 1970, UTC. `points` add 1, 2, 3 or 5 per
    finding by severity, 5 when critical.
    """

    ids: TextArray
    place: IntArray
    known_ms: IntArray
    day: FloatArray
    done: BoolArray
    routine: BoolArray
    reinspection: BoolArray
    complaint: BoolArray
    no_access: BoolArray
    points: FloatArray
    criticals: FloatArray
    serious: FloatArray
    categories: FloatArray
    team_visit: IntArray
    team_inspector: IntArray

    @property
    def critical(self) -> FloatArray:
        """Tell per visit whether it found at least one critical thing, 0 or 1."""
        return np.asarray(self.criticals > 0, dtype=np.float64)

    @property
    def labelled(self) -> BoolArray:
        """Tell which visits have an outcome to learn from: completed routine ones."""
        return np.asarray(self.done & self.routine)


@dataclass(frozen=True, slots=True)
class Facts:
    """The history as arrays."""

    vocabulary: Vocabulary
    places: Places
    visits: Visits

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


def milliseconds(moment: datetime) -> int:
    """Count milliseconds since 1970 of an aware moment, rounded down."""
    return int(moment.timestamp() * 1000)


def facts_of(history: History, vocabulary: Vocabulary = RONDE) -> Facts:
    """Turn frames into arrays.

    Raises
    ------
    HistoryError : when a visit names an accommodation that is not there.
    """
    places = _places(history.accommodations, vocabulary)
    return Facts(vocabulary, places, _visits(history, places, vocabulary))


def _places(frame: pl.DataFrame, vocabulary: Vocabulary) -> Places:
    operators = frame["operator"].to_numpy()
    _, operator = np.unique(operators.astype(str), return_inverse=True)
    known = np.array([bool(name) for name in operators.tolist()], dtype=np.bool_)
    opened = frame["opened_at"].dt.epoch("ms").cast(pl.Float64).fill_null(np.nan)
    return Places(
        ids=frame["accommodation_id"].to_numpy().astype(object),
        kind=_codes(frame["kind"], vocabulary.kinds),
        operator=np.where(known, operator, -1).astype(np.int64),
        lon=_floats(frame["lon"]),
        lat=_floats(frame["lat"]),
        rooms=_floats(frame["rooms"]),
        capacity=_floats(frame["capacity"]),
        opened_day=_floats(opened) / MS_PER_DAY,
    )


def _floats(column: pl.Series) -> FloatArray:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def _codes(column: pl.Series, words: tuple[str, ...]) -> IntArray:
    codes = column.replace_strict(list(words), range(len(words)), default=-1, return_dtype=pl.Int64)
    return codes.fill_null(-1).to_numpy().astype(np.int64)


def _visits(history: History, places: Places, vocabulary: Vocabulary) -> Visits:
    counts = _counts(history.findings, vocabulary)
    rows = pl.DataFrame(
        {"accommodation_id": places.ids.tolist(), "place": np.arange(places.ids.size)},
        schema_overrides={"accommodation_id": pl.String(), "place": pl.Int64},
    )
    frame = (
        history.visits.join(rows, on="accommodation_id", how="left")
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
        routine=_is(frame["kind"], "routine"),
        reinspection=_is(frame["kind"], "reinspection"),
        complaint=_is(frame["kind"], "complaint"),
        no_access=_is(frame["outcome"], *NO_ACCESS) | (came & ~observed),
        points=amounts[:, 0],
        criticals=amounts[:, 1],
        serious=amounts[:, 2],
        categories=amounts[:, 3:],
        team_visit=team_visit,
        team_inspector=team_inspector,
    )


def _is(column: pl.Series, *words: str) -> BoolArray:
    return column.is_in(list(words)).fill_null(value=False).to_numpy().astype(np.bool_)


def _counts(findings: pl.DataFrame, vocabulary: Vocabulary) -> pl.DataFrame:
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
