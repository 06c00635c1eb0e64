"""An old workbook as teams keep it: titles below a heading, days of every shape, doubles, gaps."""

import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import openpyxl

HOTELS = 12
ITEMS = ("Punaises de lit", "Moisissures", "Chauffage en panne", "Alarme incendie", "Rats")
SEVERITIES = ("Faible", "2", "moyen", "Grave", 1, 3)
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin")
TITLES = (
    "Code hôtel",
    "Date de visite",
    "Heure",
    "Anomalie",
    "Gravité",
    "N° chambre",
    "Remarque",
    "Nom résident",
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a truthful report says of it."""

    rows: int
    doubles: int
    padded: int
    without_time: int
    wrong: dict[str, int]


def day_of(n: int) -> date:
    """Give the day of a row: each hotel is visited once a day."""
    return date(2024, 1, 1) + timedelta(days=n // 4 % 170)


def shape(n: int) -> object:
    """Write a day as one of many people would."""
    day = day_of(n)
    shapes = (
        datetime(day.year, day.month, day.day),  # noqa: DTZ001 - as Excel keeps it
        f"{day:%d/%m/%Y}",
        f"{day:%d/%m/%y}",
        f"{day.day} {MONTHS[day.month - 1]} {day.year}",
        f"{day:%Y%m%d}",
        (day - date(1899, 12, 30)).days,
    )
    return shapes[n % len(shapes)]


def row_of(n: int) -> list[object]:
    """Give the n-th row that is right in every cell."""
    return [
        f"H{n % HOTELS + 1}",
        shape(n),
        "14h30" if n % 3 else None,
        ITEMS[n % len(ITEMS)],
        SEVERITIES[n % len(SEVERITIES)],
        100 + n,
        "à revoir" if n % 2 else None,
        "Madame Martin",
    ]


def old_workbook() -> tuple[bytes, Expected]:
    """Write 600 rows, and what is to be told of them."""
    rows = [row_of(n) for n in range(560)]
    for n in range(0, 200, 10):
        rows[n][3] = f"  {rows[n][3]} "
    rows += [list(rows[n]) for n in range(1, 21)]
    rows += [["H99", *row_of(n)[1:]] for n in range(560, 565)]
    rows += [[*row_of(n)[:3], "Fantôme", *row_of(n)[4:]] for n in range(565, 570)]
    rows += [[row_of(n)[0], "bientôt", *row_of(n)[2:]] for n in range(570, 575)]
    rows += [[*row_of(n)[:4], "très très", *row_of(n)[5:]] for n in range(575, 580)]
    assert len(rows) == 600
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Visites"
    sheet.append(["Suivi des anomalies — Association Toit pour tous"])
    sheet.append([])
    sheet.append(list(TITLES))
    for n, row in enumerate(rows):
        sheet.append(row)
        if n % 50 == 0:
            sheet.append([])
    book.create_sheet("Notes").append(["à jeter"])
    file = io.BytesIO()
    book.save(file)
    wrong = {"no_such_place": 5, "no_such_item": 5, "unreadable": 10}
    silent = sum(row[2] is None for row in rows) - sum(
        row[1] == "bientôt" and row[2] is None for row in rows
    )
    return file.getvalue(), Expected(600, 20, 20 + 2, silent, wrong)
