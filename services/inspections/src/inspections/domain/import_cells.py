"""How cells of people's own tables are read: French days, times of all shapes, words for how bad.

Each reader takes a cleaned cell and gives a value that JSON can hold, or raises ValueError with
what is wrong and what to do.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from inspections.domain.calendar import LOCAL
from inspections.domain.registry_cells import key_of

FIRST_YEAR, LAST_YEAR = 2000, 2100
# A year of two digits is of this century up to here, as spreadsheets take it.
LAST_SHORT_YEAR = 68
# Excel counts days from here (its 1900 was a leap year); these numbers are 1954 to 2119.
EXCEL_BEGINS = date(1899, 12, 30)
EXCEL_DAYS = range(20_000, 80_000)
MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "janvier janv jan january",
            "fevrier fevr fev february feb",
            "mars mar march",
            "avril avr april apr",
            "mai may",
            "juin june jun",
            "juillet juil july jul",
            "aout august aug",
            "septembre sept sep september",
            "octobre oct october",
            "novembre nov november",
            "decembre dec december",
        ),
        1,
    )
    for name in names.split()
}
ISO = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})")
PLAIN = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)")
NUMBERS = re.compile(r"(?P<first>\d{1,2})[-/. ](?P<second>\d{1,2})[-/. ](?P<year>\d{4}|\d\d)")
WORDS = re.compile(
    r"(?:[a-z]+_)?(?P<day>\d{1,2})(?:er)?_(?P<month>[a-z]+)_(?P<year>\d{4}|\d\d)", re.ASCII
)
CLOCK = re.compile(
    r"(?P<hour>\d{1,2})\s*(?:[:hH]\s*(?P<minute>\d{2})?(?:[:m]\s*(?P<second>\d{2})(?:\.\d+)?)?)"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)
HOUR_ALONE = re.compile(r"(?P<hour>\d{1,2})\s*(?P<half>[AaPp]\.?[Mm]\.?)")
DIGITS = re.compile(r"(?P<hour>\d{1,2})(?P<minute>\d{2})")
# A day, then perhaps a time, as one cell holds them.
TOGETHER = re.compile(
    r"(?P<day>.+?)(?:[T ,]+(?:à\s*)?(?P<clock>\d{1,2}\s*(?:[:hH]|[AaPp]\.?[Mm]).*))?"
)
ZONE = re.compile(r"\s*(Z|[+-]\d\d:?\d\d)$")
NOON, HALF_DAY = time(12), 12

SEVERITIES = {
    word: severity
    for severity, words in enumerate(
        (
            "0 ok bon bien conforme ras good none aucun aucune neant passed",
            "1 faible mineur mineure leger legere minor low",
            "2 moyen moyenne modere moderee moderate medium",
            "3 grave serieux serieuse important importante majeur majeure serious high",
            "4 danger critique urgent urgente critical tres_grave peril",
        )
    )
    for word in words.split()
}
VISIT_KINDS = {
    "routine": "routine",
    "reguliere": "routine",
    "initiale": "routine",
    "complaint": "complaint",
    "signalement": "complaint",
    "plainte": "complaint",
    "reinspection": "reinspection",
    "contre_visite": "reinspection",
    "controle": "reinspection",
    "compliance": "reinspection",
    "opening": "opening",
    "ouverture": "opening",
}
OUTCOMES = {
    "done": "done",
    "fait": "done",
    "faite": "done",
    "realisee": "done",
    "effectuee": "done",
    "refused": "refused",
    "refus": "refused",
    "refusee": "refused",
    "closed": "closed",
    "ferme": "closed",
    "fermee": "closed",
    "nobody_there": "nobody_there",
    "absent": "nobody_there",
    "personne": "nobody_there",
    "wrong_address": "wrong_address",
    "mauvaise_adresse": "wrong_address",
}
VISIT_STATES = OUTCOMES | {
    "planned": "planned",
    "prevue": "planned",
    "planifiee": "planned",
    "cancelled": "cancelled",
    "annulee": "cancelled",
    "annule": "cancelled",
}
SOURCES = {
    "family": "family",
    "famille": "family",
    "social_worker": "social_worker",
    "travailleur_social": "social_worker",
    "authority": "authority",
    "autorite": "authority",
    "mairie": "authority",
    "association": "association",
    "operator": "operator",
    "gestionnaire": "operator",
    "hotelier": "operator",
    "neighbour": "neighbour",
    "voisin": "neighbour",
    "anonymous": "anonymous",
    "anonyme": "anonymous",
}
RESPONSIBILITIES = {
    "operator": "operator",
    "gestionnaire": "operator",
    "hotelier": "operator",
    "organisation": "organisation",
    "association": "organisation",
    "household": "household",
    "menage": "household",
    "famille": "household",
    "unknown": "unknown",
    "inconnu": "unknown",
}


def read_severity(text: str) -> int:
    """Take 0 to 4, or a word for how bad it is."""
    severity = SEVERITIES.get(key_of(text))
    if severity is None:
        raise ValueError(
            "must be 0 to 4, or a word as faible, moyen, grave, danger; say in the mapping's "
            "values what it means"
        )
    return severity


def read_day(text: str, *, month_first: bool) -> date:
    """Take a day as `31/01/2024`, `2024-01-31`, `20240131`, `31 janvier 2024` or Excel's number.

    Raises
    ------
    ValueError : for what is no day, and for a year that cannot be meant
    """
    day = _day(text, month_first=month_first)
    if day is None:
        raise ValueError(
            "must be a day, as 31/01/2024 or 31 janvier 2024; say month_first if months come first"
        )
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"is of the year {day.year:04}; put its year right in the file")
    return day


def _day(text: str, *, month_first: bool) -> date | None:
    for shape in (ISO, PLAIN):
        match = shape.fullmatch(text)
        if match:
            return _date(match["year"], int(match["month"]), match["day"])
    match = NUMBERS.fullmatch(text)
    if match:
        day, month = match["first"], match["second"]
        if month_first:
            day, month = month, day
        return _date(match["year"], int(month), day)
    match = WORDS.fullmatch(key_of(text))
    if match:
        return _date(match["year"], MONTHS.get(match["month"], 0), match["day"])
    if text.isascii() and text.isdecimal() and int(text) in EXCEL_DAYS:
        return EXCEL_BEGINS + timedelta(days=int(text))
    return None


def _date(year: str, month: int, day: str) -> date | None:
    number = int(year)
    if len(year) == len("24"):
        number += 2000 if number <= LAST_SHORT_YEAR else 1900
    try:
        return date(number, month, int(day))
    except ValueError:
        return None


def read_clock(text: str) -> time:
    """Take a time of day as `14:30`, `14h30`, `14 h`, `1430` or `2:30 PM`."""
    for shape in (CLOCK, HOUR_ALONE, DIGITS):
        match = shape.fullmatch(text)
        if match:
            parts = match.groupdict()
            return _clock(
                int(parts["hour"]),
                int(parts.get("minute") or 0),
                (parts.get("half") or "").lower()[:1],
            )
    raise ValueError("must be a time of day, as 14:30 or 14h30")


def _clock(hour: int, minute: int, half: str) -> time:
    if half:
        hour = hour % HALF_DAY + (HALF_DAY if half == "p" else 0)
    try:
        return time(hour, minute)
    except ValueError as error:
        raise ValueError("is no time of day; put it right as 14:30") from error


def read_moment(text: str, clock: str, *, month_first: bool) -> tuple[datetime, bool]:
    """Take a day with its time, in one cell or two, by the local clock unless a zone is written.

    Returns
    -------
    The moment, UTC, and whether its time was told; one that was not is taken as noon.
    """
    zone = ZONE.search(text)
    if zone and "T" in text:
        return _zoned(text), True
    match = TOGETHER.fullmatch(text)
    within = (match and match["clock"]) or ""
    day = read_day(text if match is None else match["day"].strip(), month_first=month_first)
    told = clock or within
    at = read_clock(told.strip()) if told else NOON
    return datetime.combine(day, at, LOCAL).astimezone(UTC), bool(told)


def _zoned(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("must be a moment as 2024-01-31T14:30:00+01:00") from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"is of the year {moment.year:04}; put its year right in the file")
    return moment.astimezone(UTC)


def months_come_first(cells: list[str]) -> bool | None:
    """Tell by the days of a column whether months come first; None when both may be."""
    firsts, seconds = 0, 0
    for cell in cells:
        match = NUMBERS.match(cell.strip())
        if match:
            firsts = max(firsts, int(match["first"]))
            seconds = max(seconds, int(match["second"]))
    if (firsts > HALF_DAY) == (seconds > HALF_DAY):
        return None
    return seconds > HALF_DAY
