"""Forbidden turns read again from the raw relations of a map, and looked for in drawn routes.

Nothing of the importer is used: routes are matched to the map's nodes by their coordinates.
"""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import osmium

TURN_FREE = frozenset({"motorcar", "motor_vehicle", "vehicle"})


class RawTurns:
    """The turn restrictions of a map with one node as via, and where its ways run."""

    def __init__(self, pbf: Path) -> None:
        self.forbidden: list[tuple[int, int, int]] = []
        self.commanded: list[tuple[int, int, int]] = []
        self._ruled: dict[int, list[tuple[bool, int, int]]] = defaultdict(list)
        self._node_at: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._ways_on: dict[tuple[int, int], set[int]] = defaultdict(set)
        for thing in osmium.FileProcessor(str(pbf)).with_locations():
            if thing.is_way() and "highway" in thing.tags:
                self._take_way(thing)
            elif thing.is_relation() and thing.tags.get("type") == "restriction":
                self._take_restriction(thing)

    def _take_way(self, way) -> None:
        refs = []
        for node in way.nodes:
            if node.location.valid():
                place = (node.location.x, node.location.y)
                if node.ref not in self._node_at[place]:
                    self._node_at[place].append(node.ref)
                refs.append(node.ref)
        for one, other in pairwise(refs):
            for pair in ((one, other), (other, one)):
                self._ways_on[pair].add(way.id)

    def _take_restriction(self, relation) -> None:
        word = relation.tags.get("restriction", "")
        if TURN_FREE & set(relation.tags.get("except", "").split(";")):
            return
        roles = defaultdict(list)
        for member in relation.members:
            roles[member.role].append((member.type, member.ref))
        kinds = {kind for kind, _ in roles["via"]}
        if kinds != {"n"} or len(roles["via"]) != 1:
            return
        if len(roles["from"]) != 1 or len(roles["to"]) != 1:
            return
        turn = roles["from"][0][1], roles["via"][0][1], roles["to"][0][1]
        if word.startswith("no_"):
            self.forbidden.append(turn)
        elif word.startswith("only_"):
            self.commanded.append(turn)
        if word.startswith(("no_", "only_")):
            start, via, end = turn
            self._ruled[via].append((word.startswith("only_"), start, end))

    @property
    def vias(self) -> set[int]:
        """Give the nodes at which some turn is ruled."""
        return set(self._ruled)

    def nodes_along(self, points: list[tuple[int, int]]) -> list[int]:
        """Name the nodes a line passes, by their whole coordinates; loose ends are passed over."""
        found: list[int] = []
        for point in points:
            here = self._node_at.get(point, [])
            if len(here) == 1 and (not found or found[-1] != here[0]):
                found.append(here[0])
        return found

    def made_by(self, nodes: list[int]) -> list[tuple[int, int, int]]:
        """Give the forbidden turns that a line through nodes makes."""
        made = []
        for before, via, after in zip(nodes, nodes[1:], nodes[2:], strict=False):
            came, goes = self._ways_on[before, via], self._ways_on[via, after]
            for only, start, end in self._ruled.get(via, ()):
                if start not in came or not goes:
                    continue
                if only:
                    is_made = end not in goes and start != end
                else:
                    is_made = end in goes and (start != end or before == after)
                if is_made:
                    made.append((start, via, end))
        return made
