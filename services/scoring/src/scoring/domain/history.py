"""What happened, as frames: places, visits, findings, complaints, and signals from outside."""

from dataclasses import dataclass, field
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
        "territory": pl.String(),
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
        "in_cohort": pl.Boolean(),
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
COMPLAINT_SCHEMA: Final = pl.Schema(
    {
        "accommodation_id": pl.String(),
        "source": pl.String(),
        "verified": pl.Boolean(),
        "severity": pl.Int64(),
        "occurred_at": _UTC,
        "known_at": _UTC,
    }
)
# `subject` is a place's id, a territory's code, or empty for everywhere.
SIGNAL_SCHEMA: Final = pl.Schema(
    {
        "series": pl.String(),
        "subject": pl.String(),
        "occurred_at": _UTC,
        "known_at": _UTC,
        "value": pl.Float64(),
    }
)

MS_PER_DAY: Final = 86_400_000


class HistoryError(ValueError):
    """A frame of the history cannot be used; the message names the column and the way out."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words features are made of; part of the schema a model is bound to."""

    categories: tuple[str, ...]
    kinds: tuple[str, ...]
    signals: tuple[str, ...] = ()


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
    saw nothing says as little of the place as a closed door. `in_cohort` marks visits of places
    that scores are for; others are history all the same.
    """

    accommodations: pl.DataFrame
    visits: pl.DataFrame
    findings: pl.DataFrame
    complaints: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=COMPLAINT_SCHEMA))
    signals: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SIGNAL_SCHEMA))

    def __post_init__(self) -> None:
        for name, frame, schema in (
            ("accommodations", self.accommodations, ACCOMMODATION_SCHEMA),
            ("visits", self.visits, VISIT_SCHEMA),
            ("findings", self.findings, FINDING_SCHEMA),
            ("complaints", self.complaints, COMPLAINT_SCHEMA),
            ("signals", self.signals, SIGNAL_SCHEMA),
        ):
            for column, kind in schema.items():
                if frame.schema.get(column) != kind:
                    found = frame.schema.get(column)
                    raise HistoryError(f"{name}.{column} must be {kind}, not {found}: cast it")


def milliseconds(moment: datetime) -> int:
    """Count milliseconds since 1970 of an aware moment, rounded down."""
    return int(moment.timestamp() * 1000)
