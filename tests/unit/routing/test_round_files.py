"""Rounds as sheets, tracks and calendars, read with what people read them with."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pyogrio
from icalendar import Calendar
from plan_answers import STRAIGHT, TUESDAY
from plan_edits import EditedPlan
from plan_requests import MONDAY, at, candidate, place_id, team

from routing.domain.sheet_cells import safe_cell, xml_text
from routing.store.plans import DrivenPlan
from routing.use_cases.describe_plan import draw
from routing.use_cases.round_calendar import calendar_of
from routing.use_cases.round_files import GPX, rounds_csv, rounds_gpx
from shared.contracts.routing.plans import Round, Stop

PARIS = ZoneInfo("Europe/Paris")
HOME = {"lon": 2.4321, "lat": 48.8123}


def _plan(**change: object) -> EditedPlan:
    places = [
        candidate(0, 2.36, 48.88, name="=cmd|' /C calc'!A0"),
        candidate(1, 2.37, 48.89, name="Hôtel <du> & Nord\x07"),
        candidate(2, 2.38, 48.87, name="Annoncé", announced=True),
    ]
    teams = [
        team("Nord", start=HOME, days=2, inspector_ids=[place_id(800)]),
        team("Sud", days=2, sectors=["S"]),
    ]
    return EditedPlan(candidates=places, teams=teams, **change)


def _rounds(plan: EditedPlan) -> list[Round]:
    return plan.revisions[-1].answer.rounds


def _stops(plan: EditedPlan) -> list[Stop]:
    return [stop for round_ in _rounds(plan) for stop in round_.stops]


def _gpx(plan: EditedPlan) -> bytes:
    shapes = json.loads(json.dumps(draw(_rounds(plan), STRAIGHT)))
    return rounds_gpx(_rounds(plan), shapes, "© OpenStreetMap contributors")


def _calendar(plan: EditedPlan, inspector: int = 800) -> Calendar:
    rounds = [it.model_dump(mode="json") for it in _rounds(plan)]
    driven = DrivenPlan("Europe/Paris", datetime(2026, 2, 27, 10, tzinfo=UTC), rounds)
    text = calendar_of(UUID(place_id(inspector)), [driven], "fr")
    return Calendar.from_ical(text)


def test_the_sheet_of_a_plan_has_a_row_for_each_stop_and_no_formula() -> None:
    plan = _plan()
    rows = list(csv.DictReader(io.StringIO(rounds_csv(_rounds(plan), PARIS))))
    assert len(rows) == 3
    first = next(row for row in rows if row["accommodation_id"] == place_id(0))
    assert first["name"] == "'=cmd|' /C calc'!A0"
    stop = next(
        it for r in _rounds(plan) for it in r.stops if str(it.accommodation_id) == place_id(0)
    )
    assert first["starts_at"] == f"{stop.starts_at.astimezone(PARIS):%Y-%m-%d %H:%M+01:00}"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert [safe_cell(it) for it in ("@a", "-1", "a=b")] == ["'@a", "'-1", "a=b"]


def test_a_gpx_file_names_stops_in_order_and_no_score_or_base() -> None:
    plan = _plan()
    root = ET.fromstring(_gpx(plan))
    names = [it.text for it in root.iterfind(f"{{{GPX}}}wpt/{{{GPX}}}name")]
    expected = [f"{it.sequence}. {xml_text(it.name)}" for r in _rounds(plan) for it in r.stops]
    assert names == expected
    assert any("Hôtel <du> & Nord" in name for name in names)
    text = _gpx(plan).decode()
    assert "2.4321" not in text
    assert "points" not in text
    assert xml_text("a\x00\t\ud800\ufffe\U0001f600") == "a\t\U0001f600"


def test_a_gpx_file_is_read_by_gdal(tmp_path: Path) -> None:
    plan, file = _plan(), tmp_path / "rounds.gpx"
    file.write_bytes(_gpx(plan))
    points = pyogrio.read_dataframe(file, layer="waypoints")
    assert [(it.x, it.y) for it in points.geometry] == [
        (it.position.lon, it.position.lat) for it in _stops(plan)
    ]
    assert points["name"].tolist() == [f"{it.sequence}. {xml_text(it.name)}" for it in _stops(plan)]
    for layer in ("routes", "tracks"):
        lines = pyogrio.read_dataframe(file, layer=layer)
        assert lines["name"].tolist() == [f"{it.team_name}, {it.day}" for it in _rounds(plan)]


def test_a_calendar_has_the_visits_of_one_inspector_and_names_only_announced_places() -> None:
    plan = _plan()
    nord = _stops(plan)
    calendar = _calendar(plan)
    assert len(nord) == len(calendar.events) > 0
    assert [str(it["TZID"]) for it in calendar.timezones] == ["Europe/Paris"]
    for stop, event in zip(nord, calendar.events, strict=True):
        assert event.start == stop.starts_at
        assert event.start.tzinfo.key == "Europe/Paris"
        assert event.end == stop.ends_at
        named = stop.name in event.to_ical().decode()
        assert named == ("GEO" in event) == ("LOCATION" in event) == stop.announced
        assert event["SUMMARY"] == ("Visite : Annoncé" if stop.announced else "Visite")
    assert _calendar(plan, inspector=801).events == []


def test_a_moved_visit_keeps_its_uid_and_raises_its_sequence() -> None:
    plan = _plan()
    moved = {"kind": "move", "accommodation_id": place_id(2), "team_id": "nord"}
    plan.edit({**moved, "day": str(MONDAY)}, {"kind": "pin", "accommodation_id": place_id(2)})

    def seen() -> dict[str, tuple[datetime, int]]:
        return {str(it["UID"]): (it.start, int(it["SEQUENCE"])) for it in _calendar(plan).events}

    before = seen()
    plan.edit({"kind": "unpin", "accommodation_id": place_id(2)})
    assert seen() == before
    plan.edit({**moved, "day": str(TUESDAY)})
    after = seen()
    (uid,) = {
        f"{it.stop_id}@ronde" for r in _rounds(plan) for it in r.stops if it.name == "Annoncé"
    }
    assert after[uid][0].date() == TUESDAY
    assert (before[uid][1] <= 1, after[uid][1]) == (True, 3)
    for other in before.keys() & after.keys() - {uid}:
        assert (after[other][1] == before[other][1]) == (after[other][0] == before[other][0])
    plan.edit({"kind": "restore", "revision": 1})
    assert seen()[uid] == (before[uid][0], 4)


def test_a_calendar_crosses_the_change_of_clocks() -> None:
    saturday = MONDAY.replace(day=28)
    hours = [
        {"opens_at": at(day, 9), "closes_at": at(day, 17)}
        for day in (saturday, saturday.replace(day=29))
    ]
    shifts = [
        {"starts_at": at(day, 9), "ends_at": at(day, 17)}
        for day in (saturday, saturday.replace(day=29))
    ]
    people = [place_id(800)]
    places = [
        candidate(n, 2.36, 48.88, windows=[hours[n]], must_visit=True, name=f"H{n}") for n in (0, 1)
    ]
    plan = EditedPlan(
        candidates=places,
        starts_on=str(saturday),
        teams=[team("Nord", shifts=shifts, inspector_ids=people)],
    )
    starts = [it.start.isoformat() for it in _calendar(plan).events]
    assert starts == [
        it.starts_at.astimezone(PARIS).isoformat() for r in _rounds(plan) for it in r.stops
    ]
    assert [it[-6:] for it in starts] == ["+01:00", "+02:00"]
