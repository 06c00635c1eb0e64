"""The matrix of a place as a picture (SVG): what each visit found of each category.

A severity has a shape beside its colour, so that the picture is read in grey too; a dot was seen
and was good, an empty cell was not seen. Nothing in it is asked of another place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement

from inspections.domain.severity_marks import SEVERITIES, mark
from inspections.domain.svg import written

ROW, COLUMN, LEFT, RIGHT, TOP, BOTTOM = 26, 28, 190, 60, 60, 44
TITLES = {
    "fr": "Visites et catégories : {visits} visites, {clean} sans anomalie",
    "en": "Visits and categories: {visits} visits, {clean} without findings",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A visit: its local day, and the grade it gave."""

    day: date
    grade: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What a visit says of a category; `severity` is 0 where it was seen to be good."""

    column: int
    row: int
    severity: int
    findings: int


def draw(
    columns: Sequence[Column], rows: Sequence[str], cells: Sequence[Cell], language: str
) -> str:
    """Draw the matrix.

    Parameters
    ----------
    columns : visits, oldest first
    rows : names of the categories, in `language`
    cells : of what was seen; what was not seen has none
    language : fr or en
    """
    width = LEFT + max(1, len(columns)) * COLUMN + RIGHT
    height = TOP + len(rows) * ROW + BOTTOM
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "role": "img",
            "font-family": "sans-serif",
            "font-size": "12",
            "fill": "#1b2329",
        },
    )
    found = [sum(it.findings for it in cells if it.column == n) for n in range(len(columns))]
    seen = {it.column for it in cells}
    clean = [n for n in seen if not found[n]]
    title = TITLES[language].format(visits=len(columns), clean=len(clean))
    SubElement(svg, "title").text = title
    SubElement(svg, "rect", {"width": str(width), "height": str(height), "fill": "#fff"})
    for n, column in enumerate(columns):
        _column(svg, n, column, found[n] if n in seen else None)
    for n, name in enumerate(rows):
        _row(svg, n, name, [it for it in cells if it.row == n], right=width - RIGHT)
    for it in cells:
        _cell(svg, it, language)
    return written(svg)


def _x(column: int) -> float:
    return LEFT + (column + 0.5) * COLUMN


def _y(row: int) -> float:
    return TOP + (row + 0.5) * ROW


def _text(svg: Element, x: float, y: float, text: str, **how: str) -> Element:
    made = SubElement(svg, "text", {"x": f"{x:g}", "y": f"{y:g}", **how})
    made.text = text
    return made


def _column(svg: Element, n: int, column: Column, found: int | None) -> None:
    x, foot = _x(n), float(svg.attrib["height"]) - BOTTOM
    if found == 0:
        box = {"x": f"{x - COLUMN / 2 + 1:g}", "y": f"{TOP - 2}", "rx": "3", "fill": "#e2f0e8"}
        SubElement(svg, "rect", box | {"width": f"{COLUMN - 2}", "height": f"{foot - TOP + 4:g}"})
    turned = {"transform": f"rotate(-60 {x:g} {TOP - 8})", "font-size": "10"}
    _text(svg, x, TOP - 8, f"{column.day:%Y-%m-%d}"[2:], **turned)
    said = "–" if found is None else str(found) if found else "✓"
    _text(svg, x, foot + 18, said, **{"text-anchor": "middle"})
    _text(svg, x, foot + 35, column.grade or "", **{"text-anchor": "middle"})


def _row(svg: Element, n: int, name: str, cells: Sequence[Cell], *, right: int) -> None:
    y = _y(n)
    line = {"x1": str(LEFT), "x2": str(right), "stroke": "#d9d6cd"}
    SubElement(svg, "line", line | {"y1": f"{y + ROW / 2:g}", "y2": f"{y + ROW / 2:g}"})
    _text(svg, LEFT - 10, y + 4, name, **{"text-anchor": "end"})
    ordered = sorted(cells, key=lambda it: it.column)
    for before, after in pairwise(ordered):
        if before.severity and after.severity:
            ends = {"x1": f"{_x(before.column):g}", "x2": f"{_x(after.column):g}"}
            how = {"stroke": "#83898d", "stroke-width": "5", "opacity": ".45"}
            SubElement(svg, "line", ends | how | {"y1": f"{y:g}", "y2": f"{y:g}"})
    wrong = sum(1 for it in cells if it.severity)
    _text(svg, right + 10, y + 4, f"{wrong}/{len(cells)}")


def _cell(svg: Element, cell: Cell, language: str) -> None:
    x, y = _x(cell.column), _y(cell.row)
    if not cell.severity:
        at = {"cx": f"{x:g}", "cy": f"{y:g}"}
        SubElement(svg, "circle", at | {"r": "1.8", "fill": "#55616b"})
        return
    said = f"{cell.severity} – {SEVERITIES[language][cell.severity]} ({cell.findings})"
    SubElement(mark(svg, cell.severity, x, y), "title").text = said
