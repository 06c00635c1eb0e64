"""How long each anomaly of a place lasted, as a picture (SVG): a bar from found to put right.

By category, beside each other where they overlap in time. A bar begins with the mark of its
severity; it is thick once it stood for long, and ends in dashes while it stands, in a stroke
where it was seen to be right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement

from inspections.domain.severity_marks import COLOURS, SEVERITIES, mark
from inspections.domain.svg import written

LONG = timedelta(days=14)
"""Associations ask that what is found is put right within two weeks."""

LEFT, WIDTH, RIGHT, TOP, LANE, BOTTOM = 190, 680, 80, 46, 16, 56
_GAP, _REACH, _DASHED = 10, 8, 24
_THICK, _THIN = 8, 3
_INK, _SOFT, _LINE = "#1b2329", "#55616b", "#d9d6cd"
_STEPS = (1, 2, 3, 6, 12, 24, 60)
"""Months between two lines of the axis; the first with which their days do not run together."""

_MOST_LINES = 11
WORDS = {
    "fr": {
        "title": "Combien de temps chaque anomalie a duré : {count}, dont {standing} toujours là",
        "none": "Aucune anomalie du {since} au {day}.",
        "lane": "{name} : {count}, dont {standing} toujours là, la plus longue {days} j.",
        "span": "Du {since} au {day}.",
        "bar": "{name} : gravité {severity} – {word}, {since} – {until}, {days} j",
        "stands": "toujours là",
        "room": "chambre {room}",
        "legend": "épais : plus de {days} j · bout en tirets : toujours là · trait : corrigée",
        "right": "là / toutes",
    },
    "en": {
        "title": "How long each anomaly lasted: {count}, of which {standing} still there",
        "none": "No anomaly from {since} to {day}.",
        "lane": "{name}: {count}, of which {standing} still there, the longest {days} d.",
        "span": "From {since} to {day}.",
        "bar": "{name}: severity {severity} – {word}, {since} – {until}, {days} d",
        "stands": "still there",
        "room": "room {room}",
        "legend": "thick: more than {days} d · dashed end: still there · stroke: put right",
        "right": "there / all",
    },
}


@dataclass(frozen=True, slots=True)
class Lasted:
    """An anomaly: from the local day it was first seen to the one it was seen to be right.

    `name` says what it is in the language of the picture; `until` is null while it stands.
    """

    category: str
    name: str
    room: str | None
    severity: int
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Span:
    """The days a picture shows, and its language: fr or en."""

    first: date
    last: date
    language: str

    def x(self, day: date) -> float:
        """Tell where a day is; one before the first, at the edge."""
        part = (day - self.first) / max(timedelta(days=1), self.last - self.first)
        return LEFT + WIDTH * min(1.0, max(0.0, part))

    def days(self, it: Lasted) -> int:
        """Count how long an anomaly stood."""
        return ((it.until or self.last) - it.since).days

    def say(self, key: str, **said: object) -> str:
        """Say something in the language of the picture."""
        return WORDS[self.language][key].format(**said)


Lanes: TypeAlias = list[tuple[Lasted, int]]


def draw(anomalies: Sequence[Lasted], span: Span) -> str:
    """Draw the anomalies that stood on some day of a span.

    Categories come in the order they are first named in.
    """
    shown = [it for it in anomalies if it.until is None or it.until >= span.first]
    rows = {name: laid([it for it in shown if it.category == name], span) for name in _names(shown)}
    heights = {name: LANE * (1 + max(lane for _, lane in row)) for name, row in rows.items()}
    height = TOP + sum(heights.values()) + _GAP * max(1, len(rows)) + BOTTOM
    svg = _paper(height, shown, rows, span)
    _axis(svg, span, height - BOTTOM)
    top = float(TOP)
    for name, row in rows.items():
        _category(svg, top + heights[name] / 2, name, [it for it, _ in row])
        for it, lane in row:
            _bar(svg, it, top + LANE * (lane + 0.5), span)
        top += heights[name] + _GAP
        ends = {"x1": "0", "x2": f"{LEFT + WIDTH + RIGHT}", "y1": f"{top - _GAP / 2:g}"}
        SubElement(svg, "line", ends | {"y2": ends["y1"], "stroke": _LINE})
    _legend(svg, height, span)
    return written(svg)


def laid(anomalies: Sequence[Lasted], span: Span) -> Lanes:
    """Lay bars beside each other where they overlap: each in the first lane that is free."""
    ends: list[float] = []
    found = []
    for it in sorted(anomalies, key=lambda it: (it.since, it.until or span.last, it.name)):
        begins = span.x(it.since) - _REACH
        lane = next((n for n, end in enumerate(ends) if end <= begins), len(ends))
        ends[lane : lane + 1] = [max(_end(it, span), begins + 2 * _REACH) + 2]
        found.append((it, lane))
    return found


def _end(it: Lasted, span: Span) -> float:
    """Tell where a bar ends; what is new and stands needs room for its dashes."""
    if it.until is not None:
        return span.x(it.until)
    return max(span.x(span.last), span.x(it.since) + 2 * _REACH)


def _names(anomalies: Sequence[Lasted]) -> list[str]:
    return list(dict.fromkeys(it.category for it in anomalies))


def _paper(height: float, shown: Sequence[Lasted], rows: dict[str, Lanes], span: Span) -> Element:
    width = LEFT + WIDTH + RIGHT
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height:g}",
            "width": str(width),
            "height": f"{height:g}",
            "role": "img",
            "aria-labelledby": "timeline-title timeline-desc",
            "font-family": "sans-serif",
            "font-size": "12",
            "fill": _INK,
        },
    )
    title = span.say("title", count=len(shown), standing=_standing(shown))
    SubElement(svg, "title", {"id": "timeline-title"}).text = title
    told = [
        span.say("lane", name=name, count=len(of), standing=_standing(of), days=longest)
        for name, row in rows.items()
        for of in [[it for it, _ in row]]
        for longest in [max(span.days(it) for it in of)]
    ]
    days = {"since": span.first.isoformat(), "day": span.last.isoformat()}
    said = " ".join([span.say("span" if told else "none", **days), *told])
    SubElement(svg, "desc", {"id": "timeline-desc"}).text = said
    SubElement(svg, "rect", {"width": str(width), "height": f"{height:g}", "fill": "#fff"})
    if not told:
        _text(svg, LEFT, TOP + 10, said)
    return svg


def _standing(anomalies: Sequence[Lasted]) -> int:
    return sum(it.until is None for it in anomalies)


def _axis(svg: Element, span: Span, foot: float) -> None:
    months = _months(span)
    for day in months:
        x = f"{span.x(day):g}"
        ends = {"x1": x, "x2": x, "y1": f"{TOP - 8}", "y2": f"{foot:g}", "stroke": _LINE}
        SubElement(svg, "line", ends)
        _text(svg, span.x(day), TOP - 16, f"{day:%Y-%m}", **{"text-anchor": "middle"})
    how = {"font-size": "10", "fill": _SOFT}
    _text(svg, LEFT + WIDTH + 22, TOP - 16, span.say("right"), **how)


def _months(span: Span) -> list[date]:
    """List the first days of months that the axis names."""
    first = span.first.year * 12 + span.first.month - (span.first.day == 1)
    last = span.last.year * 12 + span.last.month - 1
    step = next((it for it in _STEPS if (last - first) // it < _MOST_LINES), _STEPS[-1])
    numbers = [it for it in range(first, last + 1) if it % step == 0]
    return [date(it // 12, it % 12 + 1, 1) for it in numbers]


def _category(svg: Element, y: float, name: str, anomalies: Sequence[Lasted]) -> None:
    _text(svg, LEFT - 14, y + 4, name, **{"text-anchor": "end"})
    _text(svg, LEFT + WIDTH + 22, y + 4, f"{_standing(anomalies)}/{len(anomalies)}")


def _bar(svg: Element, it: Lasted, y: float, span: Span) -> None:
    """Draw an anomaly: a group with its title, its bar, its end and its mark."""
    is_long = timedelta(days=span.days(it)) > LONG
    group = SubElement(svg, "g", {"class": f"bar severity-{it.severity}"})
    SubElement(group, "title").text = _said(it, span)
    begins, ends = span.x(it.since), _end(it, span)
    thick = _THICK if is_long else _THIN
    how = {"stroke": COLOURS[it.severity], "stroke-width": str(thick)}
    solid = ends if it.until else max(begins, ends - _DASHED)
    at = {"y1": f"{y:g}", "y2": f"{y:g}"}
    SubElement(group, "line", at | how | {"x1": f"{begins:g}", "x2": f"{solid:g}"})
    if it.until is None:
        dashes = {"x1": f"{solid:g}", "x2": f"{ends:g}", "stroke-dasharray": "3 3"}
        SubElement(group, "line", at | how | dashes)
    else:
        stroke = {"x1": f"{ends:g}", "x2": f"{ends:g}", "y1": f"{y - 6:g}", "y2": f"{y + 6:g}"}
        SubElement(group, "line", stroke | {"stroke": COLOURS[it.severity], "stroke-width": "2"})
    # In white around, so that the mark stands out of its bar in grey too.
    mark(group, it.severity, begins, y).attrib |= {"stroke": "#fff", "stroke-width": "1.2"}


def _said(it: Lasted, span: Span) -> str:
    name = it.name
    if it.room:
        name += f" ({span.say('room', room=it.room)})"
    return span.say(
        "bar",
        name=name,
        severity=it.severity,
        word=SEVERITIES[span.language][it.severity],
        since=it.since.isoformat(),
        until=it.until.isoformat() if it.until else span.say("stands"),
        days=span.days(it),
    )


def _legend(svg: Element, height: float, span: Span) -> None:
    x, y = float(LEFT), height - 34
    for severity in range(1, 5):
        mark(svg, severity, x, y).set("class", "legend")
        word = f"{severity} – {SEVERITIES[span.language][severity]}"
        _text(svg, x + 12, y + 4, word)
        x += 110
    _text(svg, LEFT - 6, y + 24, span.say("legend", days=LONG.days), fill=_SOFT)


def _text(svg: Element, x: float, y: float, text: str, **how: str) -> None:
    SubElement(svg, "text", {"x": f"{x:g}", "y": f"{y:g}", **how}).text = text
