"""Rounds as files: a sheet of stops as CSV, a way to follow as GPX."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from routing.domain.sheet_cells import safe_cell, xml_text
from shared.contracts.routing.plans import Round, Stop

COLUMNS = (
    "round_id",
    "day",
    "team",
    "sequence",
    "accommodation_id",
    "name",
    "arrives_at",
    "starts_at",
    "ends_at",
    "wait_min",
    "visit_kind",
    "must_visit",
    "priority_points",
    "why_fr",
    "why_en",
    "way_fr",
    "way_en",
)
GPX = "http://www.topografix.com/GPX/1/1"
# The feature collection of a plan: a line for each round, a point for each stop.
Shapes = Mapping[str, Sequence[Mapping[str, Mapping[str, object]]]]


def rounds_csv(rounds: Iterable[Round], zone: ZoneInfo) -> str:
    """Write the stops of rounds as a sheet, moments by the local clock."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for round_ in rounds:
        writer.writerows(_row(round_, stop, zone) for stop in round_.stops)
    return out.getvalue()


def _row(round_: Round, stop: Stop, zone: ZoneInfo) -> list[str | int | float]:
    return [
        safe_cell(round_.round_id),
        str(round_.day),
        safe_cell(round_.team_name),
        stop.sequence,
        str(stop.accommodation_id),
        safe_cell(stop.name),
        _local(stop.arrives_at, zone),
        _local(stop.starts_at, zone),
        _local(stop.ends_at, zone),
        round(stop.wait_s / 60, 1),
        str(stop.visit_kind),
        int(stop.must_visit),
        stop.priority_points,
        safe_cell(" ; ".join(it.fr for it in stop.why)),
        safe_cell("; ".join(it.en for it in stop.why)),
        safe_cell(" ; ".join(it.text.fr for it in stop.legs)),
        safe_cell("; ".join(it.text.en for it in stop.legs)),
    ]


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="minutes")


def rounds_gpx(rounds: Sequence[Round], shapes: Shapes, attribution: str) -> bytes:
    """Write rounds as GPX 1.1: stops as points and routes, the streets between them as tracks.

    Like the shapes, it leaves out the ways from and to the base, and it names no score.
    """
    ET.register_namespace("", GPX)
    root = ET.Element(_tag("gpx"), {"version": "1.1", "creator": "Ronde"})
    if attribution:
        about = ET.SubElement(root, _tag("metadata"))
        made_by = ET.SubElement(about, _tag("copyright"), {"author": "OpenStreetMap contributors"})
        _text(made_by, "license", "https://www.openstreetmap.org/copyright")
    for round_ in rounds:
        for stop in round_.stops:
            _point(root, "wpt", stop)
    for round_ in rounds:
        route = ET.SubElement(root, _tag("rte"))
        _text(route, "name", f"{round_.team_name}, {round_.day}")
        for stop in round_.stops:
            _point(route, "rtept", stop)
    lines = lines_of(shapes)
    for round_ in rounds:
        if round_.round_id in lines:
            _track(root, round_, lines[round_.round_id])
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def lines_of(shapes: Shapes) -> dict[str, Mapping[str, object]]:
    """Find the line of each round, by its id."""
    rounds = [it for it in shapes["features"] if it["properties"]["kind"] == "round"]
    return {str(it["properties"]["round_id"]): it["geometry"] for it in rounds}


def _track(root: ET.Element, round_: Round, geometry: Mapping[str, object]) -> None:
    track = ET.SubElement(root, _tag("trk"))
    _text(track, "name", f"{round_.team_name}, {round_.day}")
    segment = ET.SubElement(track, _tag("trkseg"))
    points = geometry["coordinates"]
    for lon, lat in points if isinstance(points, list) else []:
        ET.SubElement(segment, _tag("trkpt"), {"lat": str(lat), "lon": str(lon)})


def _point(parent: ET.Element, kind: str, stop: Stop) -> None:
    where = {"lat": str(stop.position.lat), "lon": str(stop.position.lon)}
    point = ET.SubElement(parent, _tag(kind), where)
    _text(point, "time", stop.starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _text(point, "name", f"{stop.sequence}. {stop.name}")
    if stop.legs:
        said = [" · ".join(getattr(it.text, lang) for it in stop.legs) for lang in ("fr", "en")]
        _text(point, "desc", "\n".join(said))


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _tag(name)).text = xml_text(text)


def _tag(name: str) -> str:
    return f"{{{GPX}}}{name}"
