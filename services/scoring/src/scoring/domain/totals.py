"""Sums and last entries per key at one moment alone: nothing is sorted, as a full run wants it.

They are read like a ledger and a trail, for the moment they were made for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray, IntArray
from scoring.domain.ledger import Amounts, decay_of, weights_of

_BLOCK: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of amounts over the entries of a key; shape (keys + 1, half-lives, amounts).

    The last row is zero: it is what an unknown key, -1, reads.
    """

    sums: FloatArray
    half_lives: tuple[float, ...]

    def read(self, keys: IntArray, as_of_ms: IntArray) -> FloatArray:
        """Read decayed sums; shape (keys, half-lives, amounts)."""
        read: FloatArray = self.sums[keys] * decay_of(as_of_ms, self.half_lives)[:, :, None]
        return read


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest two entries of each key and the maxima of all; NaN for none.

    `values` has shape (keys + 1, 2, values), the newest first, `highest` (keys + 1, peaks); their
    last row is what an unknown key, -1, reads.
    """

    values: FloatArray
    highest: FloatArray

    def last(self, keys: IntArray, as_of_ms: IntArray, *, skip: int = 0) -> FloatArray:
        """Read the values of the last entry, or of the one before it with `skip` 1."""
        del as_of_ms
        read: FloatArray = self.values[keys, skip]
        return read

    def maximum(self, keys: IntArray, as_of_ms: IntArray) -> FloatArray:
        """Read the maxima."""
        del as_of_ms
        read: FloatArray = self.highest[keys]
        return read


def totals_of(
    keys: IntArray,
    *,
    day: FloatArray,
    amounts: Amounts,
    half_lives: tuple[float, ...],
    size: int,
) -> Totals:
    """Add up columns of amounts per key, of `size` keys; a negative key is left out."""
    sums = np.zeros((size + 1, len(half_lives), len(amounts)))
    # In blocks, so that what is made on the way stays small however many entries there are.
    for start in range(0, keys.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        known = keys[block] >= 0
        own = keys[block][known]
        weights = weights_of(day[block][known], half_lives)
        for column, amount in enumerate(amounts):
            told = np.ascontiguousarray(amount[block][known], dtype=np.float64)
            if not told.any():
                continue
            for half_life, weight in enumerate(weights):
                sums[:-1, half_life, column] += np.bincount(own, told * weight, minlength=size)
    return Totals(sums, half_lives)


def grouped(totals: Totals, group: IntArray, half_lives: tuple[float, ...]) -> Totals:
    """Add the sums of keys up by group; keys of a negative group are left out."""
    chosen = [totals.half_lives.index(it) for it in half_lives]
    size = int(group.max(initial=-1)) + 1
    own = totals.sums[:-1, chosen]
    sums = np.zeros((size + 1, *own.shape[1:]))
    known = group >= 0
    for half_life in range(own.shape[1]):
        for column in range(own.shape[2]):
            added = np.bincount(group[known], own[known, half_life, column], minlength=size)
            sums[:-1, half_life, column] = added
    return Totals(sums, half_lives)


def latest_of(
    keys: IntArray,
    *,
    values: Sequence[FloatArray],
    day: FloatArray,
    flags: Sequence[BoolArray],
    size: int,
) -> Latest:
    """Find the newest two entries of each key, and the last day that each of the flags is true of.

    Entries come oldest first; there are `size` keys.
    """
    known = keys >= 0
    newest = _newest(keys, known, size)
    older = known.copy()
    older[newest[newest >= 0]] = False
    before = _newest(keys, older, size)
    told = np.full((size + 1, 2, len(values)), np.nan)
    for column, value in enumerate(values):
        for number, rows in enumerate((newest, before)):
            told[rows >= 0, number, column] = value[rows[rows >= 0]]
    highest = np.full((size + 1, len(flags)), -np.inf)
    for column, flag in enumerate(flags):
        rows = np.flatnonzero(known & flag)
        np.maximum.at(highest[:, column], keys[rows], day[rows])
    highest[np.isneginf(highest)] = np.nan
    return Latest(told, highest)


def _newest(keys: IntArray, asked: BoolArray, size: int) -> IntArray:
    """Find the last row asked for of each key, -1 for none; of several written the last stays."""
    newest = np.full(size + 1, -1, dtype=np.int64)
    rows = np.flatnonzero(asked)
    newest[keys[rows]] = rows
    return newest


def kept_until(keys: IntArray, known_ms: IntArray, only_ms: int) -> IntArray:
    """Leave out the keys of entries that were not known strictly before a moment."""
    known: BoolArray = known_ms < only_ms
    return np.where(known, keys, -1)
