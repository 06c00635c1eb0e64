"""The room a search works in: what a step has changed, and the way back."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.domain.compiled import compiled
from routing.domain.problem import IntArray, Routes
from routing.domain.search_board import Draft, Ints, Question, Rows, refresh

Dice = NDArray[np.uint64]
KNOWN = np.dtype([("version", np.int64), ("extra_s", np.int32), ("seat", np.int32)])
QUEUED = np.dtype([("candidate", np.int32), ("key", np.float64)])
# The paper's: how often a good insertion is overlooked.
BLINK = 0.01
# Places of `tally`, and the states of a candidate.
CHANGED, QUEUE, VERSION = 0, 1, 2
UNQUEUED, TAKEN_OUT, ABSENT = 0, 1, 2


class Scratch(NamedTuple):
    """Room to work in, and what is needed to take a step back.

    Parameters
    ----------
    known : shape (n, rounds), rows of `KNOWN`: the cheapest insertion, by version of the round
    old_stops, old_sums : the changed rounds as they were before the step
    changed, is_changed : shape (rounds,), their numbers, and whether a round is one of them
    queue : shape (n,), rows of `QUEUED`: the candidates to try
    state : shape (n,), `UNQUEUED`, or how the step found a candidate of the queue
    tally : how many changed, how many queued, the last version given
    dice : shape (1,), the state of the random numbers
    best_stops, best_count : the best plan so far
    """

    known: Rows
    old_stops: Ints
    old_sums: Rows
    changed: Ints
    is_changed: Ints
    queue: Rows
    state: Ints
    tally: IntArray
    dice: Dice
    best_stops: Ints
    best_count: Ints


def scratch(asked: Question, plan: Draft, seed: int) -> Scratch:
    """Make the room to work in, with the draft as the best plan so far."""
    size, rounds = len(asked.price_s), len(asked.rounds)
    known = np.zeros((size, rounds), dtype=KNOWN).view(np.recarray)
    known["version"] = -1
    stops = np.ascontiguousarray(plan.seats["stop"])
    return Scratch(
        known,
        stops.copy(),
        plan.sums.copy(),
        np.zeros(rounds, dtype=np.int32),
        np.zeros(rounds, dtype=np.int32),
        np.zeros(size, dtype=QUEUED).view(np.recarray),
        np.zeros(size, dtype=np.int32),
        np.zeros(3, dtype=np.int64),
        np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1),
        stops.copy(),
        plan.sums["count"].copy(),
    )


def best_routes(room: Scratch) -> Routes:
    """Read the best plan back."""
    return [
        room.best_stops[number, 1 : 1 + count].tolist()
        for number, count in enumerate(room.best_count.tolist())
    ]


@compiled
def roll(dice: Dice) -> float:
    """Draw from [0, 1): xorshift64*."""
    x = dice[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    dice[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def touch(plan: Draft, room: Scratch, number: int) -> None:
    """Remember a round as it is, before its first change of a step."""
    if room.is_changed[number]:
        return
    room.is_changed[number] = 1
    room.changed[room.tally[CHANGED]] = number
    room.tally[CHANGED] += 1
    room.old_sums[number] = plan.sums[number]
    for at in range(plan.sums[number].count + 2):
        room.old_stops[number, at] = plan.seats[number, at].stop


@compiled
def enqueue(room: Scratch, candidate: int, state: int) -> None:
    """Put a candidate into the queue, once."""
    if room.state[candidate] == UNQUEUED:
        room.state[candidate] = state
        room.queue[room.tally[QUEUE]].candidate = candidate
        room.tally[QUEUE] += 1


@compiled
def _renew(asked: Question, plan: Draft, room: Scratch, number: int) -> None:
    """Work a round out after a change: what is known of it no longer holds."""
    room.tally[VERSION] += 1
    plan.sums[number].version = room.tally[VERSION]
    refresh(asked, plan, number)


@compiled
def remove(
    asked: Question, plan: Draft, room: Scratch, number: int, first: int, length: int
) -> None:
    """Take a string of visits out of a round."""
    touch(plan, room, number)
    count = plan.sums[number].count
    for at in range(first, first + length):
        stop = plan.seats[number, at].stop
        plan.spots[stop].owner = -1
        enqueue(room, stop, TAKEN_OUT)
    for at in range(first, count + 2 - length):
        plan.seats[number, at].stop = plan.seats[number, at + length].stop
    plan.sums[number].count = count - length
    _renew(asked, plan, room, number)


@compiled
def insert(
    asked: Question, plan: Draft, room: Scratch, candidate: int, number: int, at: int
) -> None:
    """Put a candidate behind a seat of a round."""
    touch(plan, room, number)
    count = plan.sums[number].count
    for k in range(count + 1, at, -1):
        plan.seats[number, k + 1].stop = plan.seats[number, k].stop
    plan.seats[number, at + 1].stop = candidate
    plan.sums[number].count = count + 1
    _renew(asked, plan, room, number)


@compiled
def step_back(asked: Question, plan: Draft, room: Scratch) -> None:
    """Give the changed rounds the visits they had before the step."""
    for k in range(room.tally[CHANGED]):
        number = room.changed[k]
        for at in range(1, plan.sums[number].count + 1):
            plan.spots[plan.seats[number, at].stop].owner = -1
    for k in range(room.tally[CHANGED]):
        number = room.changed[k]
        # What the round adds to its team's work so far is taken off by `refresh`.
        work_s = plan.sums[number].work_s
        plan.sums[number] = room.old_sums[number]
        plan.sums[number].work_s = work_s
        for at in range(plan.sums[number].count + 2):
            plan.seats[number, at].stop = room.old_stops[number, at]
        refresh(asked, plan, number)


@compiled
def forget_step(room: Scratch) -> None:
    """Empty the queue and the list of changed rounds."""
    for k in range(room.tally[CHANGED]):
        room.is_changed[room.changed[k]] = 0
    for k in range(room.tally[QUEUE]):
        room.state[room.queue[k].candidate] = UNQUEUED
    room.tally[CHANGED] = 0
    room.tally[QUEUE] = 0


@compiled
def keep_best(plan: Draft, room: Scratch) -> None:
    """Take the plan down as the best so far."""
    for number in range(len(plan.sums)):
        room.best_count[number] = plan.sums[number].count
        for at in range(plan.sums[number].count + 2):
            room.best_stops[number, at] = plan.seats[number, at].stop


@compiled
def drivable(plan: Draft, room: Scratch) -> bool:
    """Say whether all changed rounds can be driven.

    Fewer visits make a round late where a detour is quicker than the direct way.
    """
    late = 0
    for k in range(room.tally[CHANGED]):
        late += plan.sums[room.changed[k]].drivable == 0
    return late == 0
