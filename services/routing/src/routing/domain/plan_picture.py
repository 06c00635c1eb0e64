"""Rounds on the map as a picture (SVG): own roads in pale, stops by number, nothing from outside.

Rounds are told apart by a letter beside their colour. A line is in dashes where it is no road.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
import shapely

from routing.domain.basemap import EXTENT, Basemap, Part, Tile, last_class_at
from routing.domain.map_window import Point, Window, apart, around, nice_length_m
from routing.domain.profiles import CLASS_NUMBER
from routing.domain.road_network import Float64
from routing.domain.sheet_cells import xml_text

WIDE, HIGH = EXTENT, 720
MOST = 280_000
"""Characters of a picture: what its rounds leave of them goes to roads, in whole classes."""

_STOP = 480
"""Characters that a stop takes, with its line and its label."""

_COLOURS = ("#1d4e6b", "#a8430c", "#2f6b3c", "#7a2e86", "#7d5f00", "#a3184f", "#006a70", "#4a4a4a")
_INK, _ROAD, _GREAT = "#1b2329", "#e3e0d8", "#cfcbbf"
_WIDTHS = {"motorway": 4.0, "trunk": 3.4, "primary": 2.8, "secondary": 2.0}
_LESS = ("living_street", "tertiary_link", "secondary_link", "primary_link", "trunk_link")
_TOLERANCE = 0.7
"""Pixels that a line may leave its streets by, which nobody sees."""

_LABEL, _LINE, _BAR, _KM = 28, 26, 160, 1000


@dataclass(frozen=True, slots=True)
class Drawn:
    """A round: what the legend says of it, where its line goes and where its stops are."""

    label: str
    line: Sequence[Point]
    stops: Sequence[Point]
    straight: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What is written on a picture beside the rounds, in one language."""

    title: str
    description: str
    straight: str
    attribution: str
    language: str


def draw(rounds: Sequence[Drawn], basemap: Basemap | None, said: Said) -> str:
    """Draw rounds on the roads of a graph, if there is one."""
    points = [it for drawn in rounds for it in (*drawn.line, *drawn.stops)]
    window = around(points, (WIDE, HIGH))
    notes = [said.straight] * any(it.straight for it in rounds)
    height = HIGH + _LINE * (len(rounds) + len(notes)) + 16
    svg = _paper(height, said)
    # A picture inside, which cuts off what is past its edge.
    inside = {"width": str(WIDE), "height": str(HIGH), "viewBox": f"0 0 {WIDE} {HIGH}"}
    frame = SubElement(svg, "svg", inside)
    SubElement(frame, "rect", {"width": str(WIDE), "height": str(HIGH), "fill": "#faf9f6"})
    paths = [_way(window.place(it.line)) for it in rounds]
    if basemap is not None and points:
        taken = len(said.description) + 2 * sum(map(len, paths))
        taken += _STOP * sum(len(it.stops) for it in rounds)
        _roads(frame, _tile(basemap, window, MOST - taken))
    for number, drawn in enumerate(rounds):
        _line(frame, paths[number], _COLOURS[number % len(_COLOURS)], straight=drawn.straight)
    _stops(frame, rounds, window)
    if points:
        _scale(frame, window)
    if said.attribution:
        _note(frame, WIDE - 8, HIGH - 8, said.attribution)
    _legend(svg, rounds, notes)
    return tostring(svg, encoding="unicode")


def letter(number: int) -> str:
    """Give the letters of a round: A to Z, then AA, AB and on."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _paper(height: int, said: Said) -> Element:
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDE} {height}",
            "width": str(WIDE),
            "height": str(height),
            "role": "img",
            "lang": said.language,
            "aria-labelledby": "map-title map-desc",
            "font-family": "system-ui, Roboto, Arial, sans-serif",
            "font-size": "17",
            "fill": _INK,
        },
    )
    SubElement(svg, "title", {"id": "map-title"}).text = xml_text(said.title)
    SubElement(svg, "desc", {"id": "map-desc"}).text = xml_text(said.description)
    SubElement(svg, "rect", {"width": str(WIDE), "height": str(height), "fill": "#fff"})
    return svg


def _tile(basemap: Basemap, window: Window, most: int) -> Tile:
    """Draw the roads of a window: down to as small ones as fit into so many characters."""
    part = Part(
        zoom=window.zoom,
        column=window.west / window.width,
        row=window.north / window.width,
        height=HIGH,
    )
    finest = CLASS_NUMBER[last_class_at(window.zoom + 1)]
    for name in _LESS:
        if CLASS_NUMBER[name] <= finest:
            tile = basemap.part(part, name)
            if sum(len(_path(line)) for lines in tile.values() for line in lines) < most:
                return tile
    return {}


def _roads(frame: Element, tile: Tile) -> None:
    how = {"fill": "none", "stroke-linejoin": "round", "stroke-linecap": "round"}
    roads = SubElement(frame, "g", {"class": "roads"} | how)
    # The greater roads last, over the others.
    for name, lines in reversed(tile.items()):
        kind = name.removesuffix("_link")
        stroke = _GREAT if kind in _WIDTHS else _ROAD
        wide = {"stroke": stroke, "stroke-width": f"{_WIDTHS.get(kind, 1.2):g}"}
        SubElement(roads, "path", wide | {"d": "".join(_path(line) for line in lines)})


def _path(line: Sequence[int]) -> str:
    """Write a line of a tile: where it begins, then its steps."""
    steps = " ".join(map(str, line[2:])).replace(" -", "-")
    return f"M{line[0]} {line[1]}l{steps}"


def _way(points: Float64) -> str:
    """Write the way of a round, as near to its streets as can be seen."""
    if len(points) > 1:
        points = shapely.get_coordinates(shapely.simplify(shapely.linestrings(points), _TOLERANCE))
    whole = np.rint(points).astype(int).tolist()
    return "M" + "L".join(f"{x} {y}" for x, y in whole) if whole else ""


def _line(frame: Element, path: str, colour: str, *, straight: bool) -> None:
    how = {"d": path, "fill": "none", "stroke-linejoin": "round"}
    SubElement(frame, "path", how | {"stroke": "#fff", "stroke-width": "7"})
    line = how | {"class": "way", "stroke": colour, "stroke-width": "3.5"}
    SubElement(frame, "path", line | ({"stroke-dasharray": "9 7"} if straight else {}))


def _stops(frame: Element, rounds: Sequence[Drawn], window: Window) -> None:
    """Draw the numbers of stops, moved apart where they would hide each other."""
    labels = [
        (number, f"{letter(number) if len(rounds) > 1 else ''}{sequence}", at)
        for number, drawn in enumerate(rounds)
        for sequence, at in enumerate(drawn.stops, start=1)
    ]
    places = window.place([at for _, _, at in labels])
    moved = apart(places, _LABEL + 10 * (len(rounds) > 1))
    moved = np.clip(moved, _LABEL, [WIDE - _LABEL, HIGH - _LABEL])
    for (number, text, _), (x, y), (to_x, to_y) in zip(
        labels, places.tolist(), moved.tolist(), strict=True
    ):
        colour = _COLOURS[number % len(_COLOURS)]
        ends = {"x1": f"{x:.0f}", "y1": f"{y:.0f}", "x2": f"{to_x:.0f}", "y2": f"{to_y:.0f}"}
        SubElement(frame, "line", ends | {"stroke": colour, "stroke-width": "1.5"})
        _label(frame, (to_x, to_y), text, colour)


def _label(parent: Element, at: Point, text: str, colour: str) -> None:
    x, y = at
    wide = max(_LABEL, 12 + 10 * len(text))
    box = {"x": f"{x - wide / 2:.0f}", "y": f"{y - _LABEL / 2:.0f}", "width": str(wide)}
    look = {"height": str(_LABEL), "rx": str(_LABEL // 2), "fill": colour, "stroke": "#fff"}
    SubElement(parent, "rect", box | look | {"stroke-width": "1.5"})
    bold = {"class": "stop", "fill": "#fff", "font-weight": "700", "font-size": "16"}
    middle = {"x": f"{x:.0f}", "y": f"{y + 5.5:.1f}", "text-anchor": "middle"}
    SubElement(parent, "text", middle | bold).text = text


def _scale(frame: Element, window: Window) -> None:
    metres = nice_length_m(_BAR * window.metres_a_pixel)
    wide = metres / window.metres_a_pixel
    path = f"M12 {HIGH - 18}v8h{wide:.1f}v-8"
    for colour, thick in (("#fff", "6"), (_INK, "2")):
        how = {"d": path, "fill": "none", "stroke": colour, "stroke-width": thick}
        SubElement(frame, "path", how)
    said = f"{metres} m" if metres < _KM else f"{metres // _KM} km"
    _note(frame, 18 + wide / 2, HIGH - 16, said, **{"text-anchor": "middle"})


def _note(parent: Element, x: float, y: float, text: str, **how: str) -> None:
    look = {"font-size": "16", "text-anchor": "end"} | how
    around = {"stroke": "#fff", "stroke-width": "4", "paint-order": "stroke"}
    at = {"x": f"{x:.0f}", "y": f"{y:.0f}"}
    SubElement(parent, "text", at | look | around).text = xml_text(text)


def _legend(svg: Element, rounds: Sequence[Drawn], notes: Sequence[str]) -> None:
    y = HIGH + _LINE
    for number, drawn in enumerate(rounds):
        colour = _COLOURS[number % len(_COLOURS)]
        ends = {"x1": "12", "x2": "52", "y1": f"{y - 5}", "y2": f"{y - 5}", "stroke": colour}
        dashes = {"stroke-dasharray": "9 7"} if drawn.straight else {}
        SubElement(svg, "line", ends | dashes | {"stroke-width": "3.5"})
        text = f"{letter(number)}  {drawn.label}" if len(rounds) > 1 else drawn.label
        SubElement(svg, "text", {"x": "62", "y": str(y)}).text = xml_text(text)
        y += _LINE
    for note in notes:
        SubElement(svg, "text", {"x": "12", "y": str(y)}).text = xml_text(note)
        y += _LINE
