"""The steps of a way: street by street, with the turn that leads into each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.domain.profiles import ROAD_CLASSES
from routing.domain.road_network import Bool, RoadNetwork
from routing.domain.road_texts import RoadTexts
from routing.domain.snapping import Point, Snapper
from routing.domain.step_words import Turn, Words, step_words, street_words, turn_of
from routing.domain.timed_network import Piece

_TURNS_OFF_DEG = 60.0
"""A street that bends more than this at a junction is told as a turn, though its name goes on."""

_LOOKED_AHEAD_M = 10.0
"""Bearings are taken over this length: the last metre before a junction may point anywhere."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do at a place, and the stretch of one street that follows."""

    turn: Turn
    street: str | None
    number: str | None
    road_class: str
    exit_number: int | None
    length_m: float
    travel_s: int
    start: Point
    words: Words


@dataclass(slots=True)
class _Stretch:
    """Pieces along one street, and the bearings at which it is entered and left."""

    pieces: list[Piece]
    is_roundabout: bool
    turned_deg: float
    start: Point


class Directions:
    """Tells the steps of ways over a network."""

    def __init__(self, network: RoadNetwork, texts: RoadTexts, snapper: Snapper) -> None:
        self._network, self._texts, self._snapper = network, texts, snapper
        self._leads_off = _leads_off(network)

    def steps(self, pieces: Sequence[Piece]) -> list[Step]:
        """List the steps of a way; the last one says that it has been gone."""
        driven = [it for it in pieces if it.entered != it.left] or list(pieces[:1])
        lines = [self._snapper.along(it.edge, it.entered, it.left) for it in driven]
        stretches = self._stretches(driven, lines)
        steps = [self._step(number, stretches) for number in range(len(stretches))]
        told = [step for step in steps if step is not None]
        last = told[-1]
        arrival = Step(
            turn="arrive",
            street=last.street,
            number=last.number,
            road_class=last.road_class,
            exit_number=None,
            length_m=0.0,
            travel_s=0,
            start=lines[-1][-1],
            words=step_words("arrive", last.words, None),
        )
        return [*told, arrival]

    def _stretches(self, pieces: list[Piece], lines: list[list[Point]]) -> list[_Stretch]:
        """Join pieces as long as the street is one and does not turn off."""
        bearings = [(_bearing(line), _bearing(line[::-1]) + 180.0) for line in lines]
        found: list[_Stretch] = []
        for number, piece in enumerate(pieces):
            is_roundabout = bool(self._network.edge_is_roundabout[piece.edge])
            turned = 0.0
            if found:
                turned = _within_180(bearings[number][0] - bearings[number - 1][1])
                same = self._street(piece.edge) == self._street(found[-1].pieces[-1].edge)
                if found[-1].is_roundabout == is_roundabout and (
                    is_roundabout or (same and abs(turned) < _TURNS_OFF_DEG)
                ):
                    found[-1].pieces.append(piece)
                    continue
            found.append(_Stretch([piece], is_roundabout, turned, lines[number][0]))
        return found

    def _street(self, edge: int) -> tuple[int, int, int]:
        """Tell what makes two edges one street: name and number, or their kind without any."""
        name, number = int(self._network.edge_name[edge]), int(self._network.edge_number[edge])
        return name, number, -1 if name >= 0 or number >= 0 else int(self._network.edge_class[edge])

    def _step(self, place: int, stretches: list[_Stretch]) -> Step | None:
        """Tell a stretch; one that leaves a roundabout is told with the roundabout before it."""
        stretch = stretches[place]
        before = stretches[place - 1] if place else None
        after = stretches[place + 1] if place + 1 < len(stretches) else None
        if before is not None and before.is_roundabout:
            return None
        turn: Turn = turn_of(stretch.turned_deg) if before else "depart"
        exit_number = None
        told, spent = stretch, list(stretch.pieces)
        if stretch.is_roundabout:
            turn = "roundabout"
            if after is not None:
                exit_number = self._exits_passed(stretch.pieces)
                told = after
                spent += after.pieces
        return self._told(turn, told, spent, exit_number=exit_number, start=stretch.start)

    def _told(
        self,
        turn: Turn,
        street: _Stretch,
        pieces: list[Piece],
        *,
        exit_number: int | None,
        start: Point,
    ) -> Step:
        network, edge = self._network, street.pieces[0].edge
        name = self._texts[int(network.edge_name[edge])]
        number = self._texts[int(network.edge_number[edge])]
        road_class = ROAD_CLASSES[int(network.edge_class[edge])]
        length_dm = sum(
            abs(it.left - it.entered) * float(network.edge_length_dm[it.edge]) for it in pieces
        )
        return Step(
            turn=turn,
            street=name,
            number=number,
            road_class=road_class,
            exit_number=exit_number,
            length_m=round(length_dm / 10, 1),
            travel_s=round(sum(it.travel_ms for it in pieces) / 1000),
            start=start,
            words=step_words(turn, street_words(name, number, road_class), exit_number),
        )

    def _exits_passed(self, pieces: list[Piece]) -> int:
        """Count the exits up to the one taken: where pieces end and a road leads off."""
        network = self._network
        ends = [
            int((network.edge_to if it.left > it.entered else network.edge_from)[it.edge])
            for it in pieces
        ]
        return max(1, sum(bool(self._leads_off[node]) for node in ends))


def _leads_off(network: RoadNetwork) -> Bool:
    """Tell of each junction whether a road that is no roundabout may be taken from it."""
    leads_off = np.zeros(network.n_nodes, dtype=bool)
    road = ~network.edge_is_roundabout
    leads_off[network.edge_from[road & (network.edge_forward_ms >= 0)]] = True
    leads_off[network.edge_to[road & (network.edge_backward_ms >= 0)]] = True
    return leads_off


def _bearing(line: Sequence[Point]) -> float:
    """Give the bearing of a line's beginning, degrees clockwise from north."""
    lon, lat = np.array(line).T
    north = lat - lat[0]
    east = (lon - lon[0]) * np.cos(np.radians(lat[0]))
    far = np.flatnonzero(np.hypot(north, east) * 111_195 >= _LOOKED_AHEAD_M)
    end = int(far[0]) if len(far) else len(line) - 1
    return float(np.degrees(np.arctan2(east[end], north[end])))


def _within_180(degrees: float) -> float:
    return (degrees + 180.0) % 360.0 - 180.0
