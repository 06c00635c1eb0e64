"""Running sums per key, readable as of any moment: what every feature is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from scoring.domain.history import BoolArray, FloatArray, IntArray

FOREVER: Final = float("inf")
# A stamp is `key << 42 | milliseconds since 1970`: good until 2109 and for two million keys.
_TIME_BITS: Final = 42
# Decayed sums are kept relative to this day (2020-01-01), never to the newest fact: a reference
# that moves with the data would let the future change the last bits of the past.
_REFERENCE_DAY: Final = 18_262.0
_MS_PER_DAY: Final = 86_400_000
# So many keys are summed one after the other in place; more of them faster all at once.
_FEW_KEYS: Final = 500


# Columns of shape (n,): numbers, or what is counted by yes and no.
Amounts = Sequence[FloatArray | BoolArray]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Sums of amounts over the entries of a key that were known strictly before a moment.

    `sums` has shape (entries, half-lives, amounts); entries are sorted by key, then `known_ms`.
    """

    stamps: IntArray
    sums: FloatArray
    half_lives: tuple[float, ...]

    def read(self, keys: IntArray, as_of_ms: IntArray) -> FloatArray:
        """Read decayed sums; shape (keys, half-lives, amounts), 0 for an unknown key."""
        _, before, found = _last_entry(self.stamps, keys, as_of_ms)
        result = np.zeros((keys.size, *self.sums.shape[1:]))
        decay = decay_of(as_of_ms[found], self.half_lives)
        result[found] = self.sums[before[found]] * decay[:, :, None]
        return result


@dataclass(frozen=True, slots=True)
class Trail:
    """Values of a key's entries in the order they became known, and running maxima of others."""

    stamps: IntArray
    values: FloatArray
    highest: FloatArray

    def last(self, keys: IntArray, as_of_ms: IntArray, *, skip: int = 0) -> FloatArray:
        """Read the values of the last entry, or of the one `skip` before it; NaN for none."""
        first, before, _ = _last_entry(self.stamps, keys, as_of_ms)
        row = before - skip
        found = row >= first
        result = np.full((keys.size, self.values.shape[1]), np.nan)
        result[found] = self.values[row[found]]
        return result

    def maximum(self, keys: IntArray, as_of_ms: IntArray) -> FloatArray:
        """Read the running maxima; NaN where no entry had a value."""
        _, before, found = _last_entry(self.stamps, keys, as_of_ms)
        result = np.full((keys.size, self.highest.shape[1]), np.nan)
        result[found] = self.highest[before[found]]
        result[np.isneginf(result)] = np.nan
        return result


def decay_of(as_of_ms: IntArray, half_lives: tuple[float, ...]) -> FloatArray:
    """Tell what is left at each moment of what counted one on the day of reference."""
    decay = np.ones((as_of_ms.size, len(half_lives)))
    day = as_of_ms / _MS_PER_DAY
    for column, half_life in enumerate(half_lives):
        if half_life != FOREVER:
            decay[:, column] = np.exp2((_REFERENCE_DAY - day) / half_life)
    return decay


def weights_of(day: FloatArray, half_lives: tuple[float, ...]) -> list[FloatArray]:
    """Tell per half-life what an entry of each day counts on the day of reference."""
    return [
        np.ones(day.size) if half_life == FOREVER else np.exp2((day - _REFERENCE_DAY) / half_life)
        for half_life in half_lives
    ]


def ledger_of(
    keys: IntArray,
    known_ms: IntArray,
    *,
    day: FloatArray,
    amounts: Amounts,
    half_lives: tuple[float, ...],
    rows: IntArray | None = None,
) -> Ledger:
    """Add up amounts per key.

    Parameters
    ----------
    keys : shape (n,), entries of a negative key are left out
    known_ms : shape (n,), when each entry could first be known
    day : shape (n,), when it took place: what its decay counts from
    amounts : k columns of shape (n,)
    half_lives : in days; `FOREVER` for no decay
    rows : of the other arrays, what each of `keys` is about where it is not its own place in line
    """
    order, stamps = _sorted(keys, known_ms if rows is None else known_ms[rows])
    ordered = keys[order]
    order = order if rows is None else rows[order]
    weights = weights_of(day[order], half_lives)
    # Column by column: some millions of visits are held once, not several times.
    columns = np.empty((order.size, len(half_lives), len(amounts)))
    for half_life, weight in enumerate(weights):
        for column, amount in enumerate(amounts):
            columns[:, half_life, column] = weight * amount[order]
    return Ledger(stamps, _summed(ordered, columns), half_lives)


def _summed(keys: IntArray, amounts: FloatArray) -> FloatArray:
    """Add up from row to row within each key."""
    ends = np.flatnonzero(np.r_[keys[1:] != keys[:-1], keys.size > 0][-keys.size :])
    if ends.size > _FEW_KEYS:
        flat = amounts.reshape(keys.size, -1)
        return _running(keys, flat, "sum").reshape(amounts.shape)
    start = 0
    for end in (ends + 1).tolist():
        np.cumsum(amounts[start:end], axis=0, out=amounts[start:end])
        start = end
    return amounts


def trail_of(
    keys: IntArray,
    known_ms: IntArray,
    *,
    values: Sequence[FloatArray],
    day: FloatArray,
    flags: Sequence[BoolArray],
) -> Trail:
    """Line up columns per key, and the last day so far of what each of the flags is true of."""
    order, stamps = _sorted(keys, known_ms)
    peaks = [np.where(flag, day, -np.inf) for flag in flags]
    highest = _running(keys[order], _stacked(peaks, order), "max")
    return Trail(stamps, _stacked(values, order), highest)


def _stacked(columns: Sequence[FloatArray], order: IntArray) -> FloatArray:
    return np.stack([it[order] for it in columns], 1) if columns else np.zeros((order.size, 0))


def _sorted(keys: IntArray, known_ms: IntArray) -> tuple[IntArray, IntArray]:
    stamps = (keys << _TIME_BITS) | known_ms
    kept = np.flatnonzero(keys >= 0)
    order = kept[np.argsort(stamps[kept], kind="stable")]
    return order, stamps[order]


def _running(keys: IntArray, columns: FloatArray, what: Literal["sum", "max"]) -> FloatArray:
    # Per key, so that the sums of one key keep their last bits whatever happens to another.
    frame = pl.DataFrame(columns, schema=[f"c{i}" for i in range(columns.shape[1])])
    amounts = pl.col(frame.columns)
    running = amounts.cum_sum() if what == "sum" else amounts.cum_max()
    result = frame.with_columns(pl.Series("key", keys)).select(running.over("key"))
    return result.to_numpy().astype(np.float64)


def _last_entry(
    stamps: IntArray, keys: IntArray, as_of_ms: IntArray
) -> tuple[IntArray, IntArray, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    safe = np.maximum(keys, 0)
    first = np.searchsorted(stamps, safe << _TIME_BITS, side="left")
    before = np.searchsorted(stamps, (safe << _TIME_BITS) | as_of_ms, side="left") - 1
    first = np.where(keys >= 0, first, stamps.size + 1)
    return first, before, before >= first
