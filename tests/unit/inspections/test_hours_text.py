from datetime import time

import pytest

from inspections.domain.hours_text import read_hours

WORKDAYS = [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "weekdays", "spans"),
    [
        ("lun-ven 9h-12h 14h-17h30", WORKDAYS, [("09:00", "12:00"), ("14:00", "17:30")]),
        ("9h-12h", WORKDAYS, [("09:00", "12:00")]),
        ("du lundi au vendredi de 9h à 12h", WORKDAYS, [("09:00", "12:00")]),
        ("Mon, wed 09:00-17.30", [1, 3], [("09:00", "17:30")]),
        ("lun, mer-ven 9-12", [1, 3, 4, 5], [("09:00", "12:00")]),
        ("tous les jours 8h00-20h00", [1, 2, 3, 4, 5, 6, 7], [("08:00", "20:00")]),
        (
            "samedi et dimanche : 10h-12h et 14h-16h",
            [6, 7],
            [("10:00", "12:00"), ("14:00", "16:00")],
        ),
        ("; ;", [], []),
    ],
)
def test_hours_are_read_as_people_write_them(
    text: str, weekdays: list[int], spans: list[tuple[str, str]]
) -> None:
    wanted = [(day, *map(time.fromisoformat, span)) for day in weekdays for span in spans]

    assert [(it.weekday, it.opens, it.closes) for it in read_hours(text)] == wanted
