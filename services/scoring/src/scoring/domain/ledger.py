"""Running sums per key, readable as of any moment: what every feature is made of."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from scoring.domain.history import FloatArray, IntArray

FOREVER: Final = float("inf")
# A stamp is `key << 42 | milliseconds since 1970`: good until 2109 and for two million keys.
_TIME_BITS: Final = 42
# Decayed sums are kept relative to this day (2020-01-01), never to the newest fact: a reference
# that moves with the data would let the future change the last bits of the past.
_REFERENCE_DAY: Final = 18_262.0
_MS_PER_DAY: Final = 86_400_000


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
        decay = np.ones((keys.size, len(self.half_lives)))
        day = as_of_ms / _MS_PER_DAY
        for column, half_life in enumerate(self.half_lives):
            if half_life != FOREVER:
                decay[:, column] = np.exp2((_REFERENCE_DAY - day) / half_life)
        result = np.zeros((keys.size, *self.sums.shape[1:]))
        result[found] = self.sums[before[found]] * decay[found][:, :, None]
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


def ledger_of(
    keys: IntArray,
    known_ms: IntArray,
    *,
    day: FloatArray,
    amounts: FloatArray,
    half_lives: tuple[float, ...],
) -> Ledger:
    """Add up amounts per key.

    Parameters
    ----------
    keys : shape (n,), entries of a negative key are left out
    known_ms : shape (n,), when each entry could first be known
    day : shape (n,), when it took place: what its decay counts from
    amounts : shape (n, k)
    half_lives : in days; `FOREVER` for no decay
    """
    order, stamps = _sorted(keys, known_ms)
    weights = [
        np.ones(order.size)
        if half_life == FOREVER
        else np.exp2((day[order] - _REFERENCE_DAY) / half_life)
        for half_life in half_lives
    ]
    columns = np.concatenate([w[:, None] * amounts[order] for w in weights], axis=1)
    sums = _running(keys[order], columns, "sum")
    return Ledger(stamps, sums.reshape(order.size, len(half_lives), amounts.shape[1]), half_lives)


def trail_of(keys: IntArray, known_ms: IntArray, *, values: FloatArray, peaks: FloatArray) -> Trail:
    """Line up values per key; `peaks` are kept as running maxima, -inf meaning no value."""
    order, stamps = _sorted(keys, known_ms)
    return Trail(stamps, values[order], _running(keys[order], peaks[order], "max"))


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
