"""Junctions with forbidden turns, split so that no path through the graph can make one.

Ways in with the same turns forbidden share a node, and so do ways out forbidden to the same ways
in; arcs without a time join the first to the second wherever the turn is allowed. A junction with
one forbidden turn becomes four nodes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from routing.domain.road_chains import Stretches
from routing.domain.road_network import Int64
from routing.domain.turn_rules import TurnRule

Direction = tuple[int, int]
"""A stretch, and 0 for driving it as drawn or 1 against."""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class DirectedEnds:
    """The nodes between which each direction of each stretch is driven, and the turns.

    Nodes past the junctions are parts of split ones; `place` gives the junction of each node, and
    `ref` the map's number of that.
    """

    tail: Int64
    head: Int64
    turn_tail: Int64
    turn_head: Int64
    place: Int64
    ref: Int64
    rules_applied: int


@dataclass(frozen=True, slots=True)
class _Passage:
    """A direction into a junction or out of it, with the way it lies on there."""

    direction: Direction
    way: int


def split_turns(
    stretches: Stretches, refs: Int64, way_id: Int64, rules: Sequence[TurnRule]
) -> DirectedEnds:
    """Split the junctions whose turns are ruled; `refs` are the map's numbers of the junctions.

    `tail` and `head` have the shape (stretches, 2): as drawn, and against.
    """
    tail = np.column_stack([stretches.start, stretches.end])
    head = np.column_stack([stretches.end, stretches.start])
    by_via = _rules_by_junction(refs, rules)
    arrivals, departures = _passages(stretches, way_id, by_via)
    place = list(range(len(refs)))
    turns: list[tuple[int, int]] = []
    applied = 0
    for via, ruling in by_via.items():
        forbidden, met = _forbidden(ruling, arrivals[via], departures[via])
        applied += met
        if not forbidden:
            continue
        ways_in = _grouped(
            (
                arrival.direction,
                frozenset(out for into, out in forbidden if into == arrival.direction),
            )
            for arrival in arrivals[via]
        )
        split = _SplitJunction(via, place, turns)
        split.join(ways_in, [departure.direction for departure in departures[via]], tail, head)
    turn_tail, turn_head = np.array(turns, dtype=np.int64).reshape(-1, 2).T
    return DirectedEnds(tail, head, turn_tail, turn_head, np.array(place), refs[place], applied)


class _SplitJunction:
    """The parts of one junction, numbered after all nodes before."""

    def __init__(self, junction: int, place: list[int], turns: list[tuple[int, int]]) -> None:
        self._junction, self._place, self._turns = junction, place, turns

    def join(
        self,
        ways_in: dict[frozenset[Direction], list[Direction]],
        ways_out: list[Direction],
        tail: Int64,
        head: Int64,
    ) -> None:
        """Give each group of ways in and out its node, and join those that may turn."""
        # The freest ways in keep the junction's own node.
        groups = sorted(ways_in.items(), key=lambda group: (len(group[0]), group[1]))
        nodes = [self._junction, *(self._new_node() for _ in groups[1:])]
        for node, (_, directions) in zip(nodes, groups, strict=True):
            for stretch, against in directions:
                head[stretch, against] = node
        barred = _grouped(
            (out, frozenset(n for n, (closed, _) in enumerate(groups) if out in closed))
            for out in ways_out
        )
        for closed_to, directions in barred.items():
            start = self._new_node()
            for stretch, against in directions:
                tail[stretch, against] = start
            self._turns += [(node, start) for n, node in enumerate(nodes) if n not in closed_to]

    def _new_node(self) -> int:
        self._place.append(self._junction)
        return len(self._place) - 1


def _rules_by_junction(refs: Int64, rules: Sequence[TurnRule]) -> dict[int, list[TurnRule]]:
    via = np.array([rule.via for rule in rules], dtype=np.int64)
    found = np.searchsorted(refs, via)
    is_there = np.isin(via, refs)
    by_via: dict[int, list[TurnRule]] = defaultdict(list)
    for rule, node, there in zip(rules, found.tolist(), is_there.tolist(), strict=True):
        if there:
            by_via[node].append(rule)
    return by_via


def _passages(
    stretches: Stretches, way_id: Int64, junctions: Iterable[int]
) -> tuple[dict[int, list[_Passage]], dict[int, list[_Passage]]]:
    """List the directions driven into and out of the junctions asked for."""
    asked = np.array(list(junctions), dtype=np.int64)
    arrivals: dict[int, list[_Passage]] = defaultdict(list)
    departures: dict[int, list[_Passage]] = defaultdict(list)
    for ends, ways, at_end in (
        (stretches.start, stretches.start_way, 0),
        (stretches.end, stretches.end_way, 1),
    ):
        for stretch in np.flatnonzero(np.isin(ends, asked)).tolist():
            way, node = int(way_id[ways[stretch]]), int(ends[stretch])
            for against, spent_s in enumerate((stretches.forward_s, stretches.backward_s)):
                if np.isfinite(spent_s[stretch]):
                    lists = arrivals if against != at_end else departures
                    lists[node].append(_Passage((stretch, against), way))
    return arrivals, departures


def _forbidden(
    rules: Iterable[TurnRule], arrivals: Sequence[_Passage], departures: Sequence[_Passage]
) -> tuple[set[tuple[Direction, Direction]], int]:
    """Give the turns that the rules of a junction forbid, and how many rules had a say."""
    forbidden: set[tuple[Direction, Direction]] = set()
    met = 0
    for rule in rules:
        turns = {
            (arrival.direction, departure)
            for arrival in arrivals
            if arrival.way == rule.from_way
            for departure in _closed(rule, arrival, departures)
        }
        met += bool(turns)
        forbidden |= turns
    return forbidden, met


def _closed(
    rule: TurnRule, arrival: _Passage, departures: Sequence[_Passage]
) -> Iterable[Direction]:
    """Give the ways out that a rule closes to a way in."""
    stretch, against = arrival.direction
    back = stretch, 1 - against
    turns_back = rule.from_way == rule.to_way and not rule.only
    named = {
        departure.direction
        for departure in departures
        if departure.way == rule.to_way
        # A way that runs through the junction is not itself where one may not turn into.
        and (rule.from_way != rule.to_way or (departure.direction == back) == turns_back)
    }
    if not rule.only:
        return named
    # A command to turn into a road that is not there would close the junction.
    return [it.direction for it in departures if named and it.direction not in named]


def _grouped(
    pairs: Iterable[tuple[Direction, frozenset[Key]]],
) -> dict[frozenset[Key], list[Direction]]:
    groups: dict[frozenset[Key], list[Direction]] = defaultdict(list)
    for direction, key in pairs:
        groups[key].append(direction)
    return groups
