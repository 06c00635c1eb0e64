"""Write the sheet of a round as a PDF, in French or English."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import cast
from zoneinfo import ZoneInfo

from shared.contracts.gateway import RoundSheet, SheetStop
from shared.contracts.inspections.briefs import BriefAnomaly
from shared.pictures import Language
from shared.typeset import typeset

Words = Mapping[str, object]


def typeset_sheet(sheet: RoundSheet, map_svg: str, language: Language) -> bytes:
    """Write a sheet with the map of its round; CPU work, for a thread.

    Raises
    ------
    NoTypesetterError : when the extra `pdf` is not installed
    """
    words = _words(language)
    inputs = {
        "content": json.dumps(_said(sheet, words, language), ensure_ascii=False),
        "words": json.dumps(words, ensure_ascii=False),
        "language": language,
        "map": map_svg,
    }
    return typeset(_shipped("round_sheet.typ"), inputs, sheet.made_at)


def _said(sheet: RoundSheet, words: Words, language: Language) -> dict[str, object]:
    """Put a sheet into the words of a language, hours by the clock of the plan."""
    zone = ZoneInfo(sheet.timezone)
    made = sheet.made_at.astimezone(zone)
    return {
        "team": sheet.team_name,
        "day": _day(sheet.day, words),
        "hours": _hours(sheet, words, zone),
        "made": str(words["made"]).format(moment=f"{_day(made.date(), words)}, {made:%H:%M}"),
        "attribution": sheet.attribution,
        "stops": [_stop(it, words, zone, language=language) for it in sheet.stops],
        "back": [getattr(it, language) for it in sheet.way_back],
    }


def _hours(sheet: RoundSheet, words: Words, zone: ZoneInfo) -> str:
    said = str(words["hours"]).format(
        leaves=_clock(sheet.leaves_at, zone),
        returns=_clock(sheet.returns_at, zone),
        way=round(sheet.travel_s / 60),
    )
    if sheet.lunch is None:
        return said
    lunch = str(words["lunch"]).format(
        starts=_clock(sheet.lunch.starts_at, zone), ends=_clock(sheet.lunch.ends_at, zone)
    )
    return f"{said}, {lunch}"


def _stop(
    stop: SheetStop, words: Words, zone: ZoneInfo, *, language: Language
) -> dict[str, object]:
    town = f"{stop.postcode} {stop.city}".strip()
    address = ", ".join(it for it in (stop.address, town) if it)
    return {
        "sequence": stop.sequence,
        "name": stop.name,
        "hours": f"{_clock(stop.starts_at, zone)}–{_clock(stop.ends_at, zone)}",
        "address": words["hidden"] if stop.is_address_hidden else address,
        "phone": stop.reception_phone,
        "kind": words[stop.visit_kind],
        "way": [getattr(it, language) for it in stop.way],
        "standing": [_anomaly(it, language) for it in stop.standing],
        "qr": stop.form_qr_svg,
        "url": stop.form_url,
    }


def _anomaly(it: BriefAnomaly, language: Language) -> dict[str, object]:
    return {"label": getattr(it.label, language), "room": it.room, "severity": it.severity}


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"


def _day(day: date, words: Words) -> str:
    weekdays = cast("list[str]", words["weekdays"])
    months = cast("list[str]", words["months"])
    number = words["first"] if day.day == 1 else day.day
    return f"{weekdays[day.weekday()]} {number} {months[day.month - 1]} {day.year}"


@lru_cache(maxsize=2)
def _words(language: Language) -> Words:
    words: dict[str, Words] = json.loads(_shipped("round_sheet_words.json"))
    return words[language]


def _shipped(name: str) -> str:
    return files("gateway.store").joinpath(name).read_text("utf-8")
