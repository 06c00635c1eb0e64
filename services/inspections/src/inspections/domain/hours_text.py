"""Hours for visits as people write them in a cell: `lun-ven 9h-12h 14h-17h30; sam 9h-12h`."""

import re
from collections.abc import Iterator
from datetime import time

from inspections.domain.calendar import WeeklyHours
from inspections.domain.registry_cells import key_of

# The first letters of each day, in French and English.
DAYS = {
    name: number
    for number, names in enumerate(
        (
            ("lun", "mon"),
            ("mar", "tue"),
            ("mer", "wed"),
            ("jeu", "thu"),
            ("ven", "fri"),
            ("sam", "sat"),
            ("dim", "sun"),
        ),
        1,
    )
    for name in names
}
LETTERS = 3
MOST = 28
SPAN = re.compile(
    r"(\d{1,2})(?:[h:.](\d{2})?)?\s*(?:-|–|à|a|to)\s*(\d{1,2})(?:[h:.](\d{2})?)?", re.IGNORECASE
)
EXAMPLE = "write hours as lun-ven 9h-12h 14h-17h30; sam 9h-12h"


def read_hours(text: str) -> tuple[WeeklyHours, ...]:
    """Take the hours of a week: for some days one or more spans, then `;` and other days.

    Raises
    ------
    ValueError : when it cannot be read so, with how to write it
    """
    found = tuple(hours for part in re.split(r"[;|\n]", text) for hours in _of_part(part.strip()))
    if len(found) > MOST:
        raise ValueError(f"holds {len(found)} spans of time; give {MOST} at the most")
    return found


def _of_part(part: str) -> Iterator[WeeklyHours]:
    if not part:
        return
    first = re.search(r"\d", part)
    days, spans = (part, "") if first is None else (part[: first.start()], part[first.start() :])
    times = list(SPAN.finditer(spans))
    if not times or SPAN.sub("", spans).strip(" ,et&and"):
        raise ValueError(f"{part[:40]!r} has no hours that can be read; {EXAMPLE}")
    for weekday in _weekdays(days):
        for span in times:
            opens, closes = _time(span[1], span[2]), _time(span[3], span[4])
            yield WeeklyHours(weekday, opens, closes)


def _weekdays(text: str) -> list[int]:
    """Read `lun-ven`, `lun, mer` or `tous les jours`; no day at all means Monday to Friday."""
    words = key_of(text.replace("-", " - ").replace("–", " - ").replace(" - ", " upto "))
    names = [it for it in words.split("_") if it not in {"", "de", "et", "and", "du", "le", "from"}]
    if not names:
        return [1, 2, 3, 4, 5]
    if key_of(text) in {"tous_les_jours", "every_day", "7j_7", "daily"}:
        return [1, 2, 3, 4, 5, 6, 7]
    days: list[int] = []
    ranged = False
    for name in names:
        if name in {"upto", "au", "a", "to"}:
            ranged = True
            continue
        day = DAYS.get(name[:LETTERS])
        if day is None:
            raise ValueError(f"{name!r} is no day of the week; {EXAMPLE}")
        days += range(days[-1] + 1, day + 1) if ranged and days else [day]
        ranged = False
    return days


def _time(hour: str, minute: str | None) -> time:
    try:
        return time(int(hour), int(minute or 0))
    except ValueError as error:
        raise ValueError(f"{hour}h{minute or ''} is no time of day; {EXAMPLE}") from error
