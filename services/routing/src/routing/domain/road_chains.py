"""Stretches of road joined end to end where nothing branches off."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from routing.domain.road_network import Bool, Float64, Int64

NOWHERE: Int64 = np.zeros(0, dtype=np.int64)

_JUST_TWO = 2

Sums = TypeVar("Sums", Float64, Int64)


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of road between two nodes; a direction that may not be driven takes `inf` s.

    Stretch `i` passes the points `point[offsets[i]:offsets[i + 1]]`, from `start[i]` to `end[i]`;
    it begins on the way `start_way[i]` and ends on `end_way[i]`. Only stretches of one kind are
    ever joined.
    """

    start: Int64
    end: Int64
    forward_s: Float64
    backward_s: Float64
    length_m: Float64
    kind: Int64
    start_way: Int64
    end_way: Int64
    point: Int64
    offsets: Int64

    def __len__(self) -> int:
        """Count the stretches."""
        return len(self.start)


def merge_chains(stretches: Stretches, kept_apart: Int64 = NOWHERE) -> Stretches:
    """Join stretches at every node where just two meet and each leads into the other.

    Nothing is joined at the nodes `kept_apart`.
    """
    piece, runs_back, chain = _walk(_mates(stretches, kept_apart), len(stretches))
    opens = np.flatnonzero(np.diff(chain, prepend=-1))
    closes = np.flatnonzero(np.diff(chain, append=-1))
    start = np.where(runs_back, stretches.end[piece], stretches.start[piece])
    end = np.where(runs_back, stretches.start[piece], stretches.end[piece])
    ahead_s = np.where(runs_back, stretches.backward_s[piece], stretches.forward_s[piece])
    back_s = np.where(runs_back, stretches.forward_s[piece], stretches.backward_s[piece])
    first_way = np.where(runs_back, stretches.end_way[piece], stretches.start_way[piece])
    last_way = np.where(runs_back, stretches.start_way[piece], stretches.end_way[piece])
    # Every piece but a chain's first repeats the last point of the piece before.
    follows = np.ones(len(piece), dtype=np.int64)
    follows[opens] = 0
    step = np.where(runs_back, -1, 1)
    first = np.where(runs_back, stretches.offsets[piece + 1] - 1, stretches.offsets[piece])
    count = np.diff(stretches.offsets)[piece] - follows
    point = stretches.point[stepped_ranges(first + step * follows, count, step)]
    points_per_chain = sums_from(count, opens)
    return Stretches(
        start=start[opens],
        end=end[closes],
        forward_s=sums_from(ahead_s, opens),
        backward_s=sums_from(back_s, opens),
        length_m=sums_from(stretches.length_m[piece], opens),
        kind=stretches.kind[piece[opens]],
        start_way=first_way[opens],
        end_way=last_way[closes],
        point=point,
        offsets=np.concatenate([[0], np.cumsum(points_per_chain)]),
    )


def sums_from(values: Sums, begins: Int64) -> Sums:
    """Add up `values` from each of `begins` to the next."""
    return np.add.reduceat(values, begins) if len(begins) else values[:0]


def stepped_ranges(first: Int64, count: Int64, step: Int64) -> Int64:
    """Concatenate `first, first + step, ...` of `count` numbers each, without a loop."""
    begins = np.cumsum(count) - count
    place = np.arange(int(count.sum())) - np.repeat(begins, count)
    return np.repeat(first, count) + place * np.repeat(step, count)


def _mates(stretches: Stretches, kept_apart: Int64) -> Int64:
    """Link the ends that lead into each other; end `2 * i` starts stretch `i`, `2 * i + 1` ends it.

    Gives for each end the one it is joined to, or -1.
    """
    n = len(stretches)
    node = np.column_stack([stretches.start, stretches.end]).ravel()
    by_node = np.argsort(node, kind="stable")
    _, begin, ends = np.unique(node[by_node], return_index=True, return_counts=True)
    begin = begin[ends == _JUST_TWO]
    one, other = by_node[begin], by_node[begin + 1]
    arrives = np.column_stack([np.isfinite(stretches.backward_s), np.isfinite(stretches.forward_s)])
    leaves = arrives[:, ::-1].ravel()
    arrives_at = arrives.ravel()
    joined = (arrives_at[one] == leaves[other]) & (arrives_at[other] == leaves[one])
    joined &= one // 2 != other // 2
    # A chain is of one kind: a tunnel ends where it ends, a street where its name does.
    joined &= stretches.kind[one // 2] == stretches.kind[other // 2]
    joined &= ~np.isin(node[one], kept_apart)
    one, other = one[joined], other[joined]
    mate = np.full(2 * n, -1, dtype=np.int64)
    mate[one], mate[other] = other, one
    return mate


def _walk(mate: Int64, n: int) -> tuple[Int64, Bool, Int64]:
    """List all stretches chain by chain: which, whether run backwards, and of which chain."""
    linked = (mate >= 0).reshape(n, 2)
    alone = np.flatnonzero(~linked.any(axis=1))
    # Chains are entered at an open end; what is left after those are rings, entered anywhere.
    tips = np.flatnonzero(linked.any(axis=1) & ~linked.all(axis=1))
    entries = (2 * tips + linked[tips, 0]).tolist() + (
        2 * np.flatnonzero(linked.all(axis=1))
    ).tolist()
    ends, chains = _follow(mate.tolist(), entries, len(alone))
    piece = np.concatenate([alone, np.array(ends, dtype=np.int64) // 2])
    runs_back = np.concatenate(
        [np.zeros(len(alone), bool), np.array(ends, dtype=np.int64) % 2 == 1]
    )
    return piece, runs_back, np.concatenate([np.arange(len(alone)), np.array(chains, np.int64)])


def _follow(mate: list[int], entries: list[int], chain: int) -> tuple[list[int], list[int]]:
    """Follow chains from the ends they are entered by; give the entered ends and their chains."""
    seen = bytearray(len(mate) // 2)
    ends: list[int] = []
    chains: list[int] = []
    for entry in entries:
        end = entry
        if seen[end // 2]:
            continue
        while end >= 0 and not seen[end // 2]:
            seen[end // 2] = 1
            ends.append(end)
            chains.append(chain)
            end = mate[end ^ 1]
        chain += 1
    return ends, chains
