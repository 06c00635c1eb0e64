"""Read a register of places from a spreadsheet's text file, telling what is wrong with each row."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from inspections.domain import registry_cells as cells
from inspections.domain.territory import territory_of

if TYPE_CHECKING:
    import _csv

MAX_LATITUDE = 90
DELIMITERS = ";,\t|"
# Boxes of longitude and latitude that hold the land of metropolitan France and of the overseas
# départements, a little wide; used only to recognise coordinates that were swapped.
FRENCH_LAND = (
    (-5.5, 41.0, 10.0, 51.5),
    (-63.2, 14.3, -60.7, 18.2),
    (-54.7, 2.0, -51.5, 6.0),
    (55.1, -21.5, 56.0, -20.8),
    (44.9, -13.1, 45.4, -12.5),
)


class RegisterError(ValueError):
    """A file that is no register at all; the message says what to send instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place as line `line` of its register declares it; `position` is longitude, latitude."""

    line: int
    external_id: str
    name: str
    kind: str
    address: str
    postcode: str
    city: str
    territory: str
    sector: str
    position: tuple[float, float] | None
    rooms: int
    capacity: int | None
    operator: str
    contract_state: str
    confidential_address: bool
    opened_on: date | None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row was not taken; `line` counts from 1, the header being line 1."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Register:
    """The places of a file, with the problems of the rows left out.

    `fields` are those the file has a column for; the others hold defaults in each place.
    """

    fields: frozenset[str]
    row_count: int
    rejected: int
    places: tuple[Place, ...]
    problems: tuple[RowProblem, ...]


Cell = str | int | float | bool | date


@dataclass(frozen=True, slots=True)
class Column:
    """A column we understand, by any of its names; `default` stands for an empty cell."""

    field: str
    names: tuple[str, ...]
    read: Callable[[str], Cell]
    required: bool = False
    default: Cell | None = None


_text = partial(cells.read_text, limit=200)
COLUMNS = (
    Column("external_id", ("external_id", "identifiant", "id", "code", "ref"), _text, True),
    Column("name", ("name", "nom", "etablissement", "hotel"), _text, True),
    Column("postcode", ("postcode", "code_postal", "cp", "zip"), cells.read_postcode, True),
    Column("city", ("city", "ville", "commune"), _text, True),
    Column(
        "rooms",
        ("rooms", "chambres", "nb_chambres", "nombre_de_chambres"),
        partial(cells.read_whole, low=1, high=5000),
        required=True,
    ),
    Column(
        "address", ("address", "adresse", "rue"), partial(cells.read_text, limit=300), default=""
    ),
    Column(
        "kind",
        ("kind", "type", "categorie"),
        partial(cells.read_word, words=cells.KINDS),
        default="hotel",
    ),
    Column("sector", ("sector", "secteur", "zone"), partial(cells.read_text, limit=60), default=""),
    Column("lat", ("lat", "latitude", "y"), partial(cells.read_degrees, limit=180)),
    Column("lon", ("lon", "lng", "long", "longitude", "x"), partial(cells.read_degrees, limit=180)),
    Column(
        "capacity", ("capacity", "capacite", "places"), partial(cells.read_whole, low=0, high=20000)
    ),
    Column("operator", ("operator", "gestionnaire", "exploitant"), _text, default=""),
    Column(
        "contract_state",
        ("contract_state", "statut", "convention", "etat"),
        partial(cells.read_word, words=cells.CONTRACT_STATES),
        default="active",
    ),
    Column(
        "confidential_address",
        ("confidential_address", "adresse_confidentielle", "confidentiel"),
        cells.read_yes_no,
        default=False,
    ),
    Column("opened_on", ("opened_on", "ouverture", "date_ouverture"), cells.read_date),
)
FIELD_OF_NAME = {name: column for column in COLUMNS for name in column.names}


class _RowError(Exception):
    """The problems that keep a row out: column, value, reason."""

    def __init__(self, *problems: tuple[str, str, str]) -> None:
        super().__init__(problems)
        self.problems = problems


def parse_register(content: bytes) -> Register:
    """Read a register: `;`, `,`, tab or `|` between cells, UTF-8 or else Windows-1252.

    The header may be French or English; columns we do not know are left aside. Of two rows with
    the same identifier the first is taken, and the other is a problem.

    Raises
    ------
    RegisterError : when the content is not such a text, or a required column is missing.
    """
    text = _decode(content)
    rows = _numbered_rows(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    _, header = next(rows, (1, []))
    columns = _columns(header)
    places: dict[str, Place] = {}
    problems: list[RowProblem] = []
    row_count = 0
    for line, row in rows:
        row_count += 1
        try:
            place = _place(columns, line, row)
            _refuse_repeat(place, places)
        except _RowError as rejected:
            problems += [RowProblem(line, c, v[:200], r) for c, v, r in rejected.problems]
            continue
        places[place.external_id] = place
    return Register(
        fields=frozenset(column.field for column in columns if column),
        row_count=row_count,
        rejected=row_count - len(places),
        places=tuple(places.values()),
        problems=tuple(problems),
    )


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in content:
        raise RegisterError("this is not a text file; save the sheet as CSV and send that")
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise RegisterError("the characters cannot be read; save the sheet as CSV in UTF-8")


def _delimiter(text: str) -> str:
    header = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=header.count)


def _numbered_rows(reader: "_csv.Reader") -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank with the line it begins on; a quoted cell may hold breaks."""
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise RegisterError(f"line {line}: {error}; save the sheet as CSV again") from error


def _columns(header: list[str]) -> list[Column | None]:
    columns = [FIELD_OF_NAME.get(cells.key_of(name)) for name in header]
    known = [column for column in columns if column]
    for column in COLUMNS:
        if column.required and column not in known:
            names = ", ".join(column.names)
            raise RegisterError(f"no column for {column.field}; name one of them: {names}")
        if known.count(column) > 1:
            raise RegisterError(f"two columns for {column.field}; keep one of them")
    return columns


def _place(columns: list[Column | None], line: int, row: list[str]) -> Place:
    if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        reason = f"{len(row)} cells for {len(columns)} columns; quote cells that hold a separator"
        raise _RowError(("", row[len(columns)], reason))
    padded = row + [""] * (len(columns) - len(row))
    texts = {c.field: text for c, text in zip(columns, padded, strict=False) if c}
    problems: list[tuple[str, str, str]] = []
    values = {c.field: _value(c, texts.get(c.field, ""), problems) for c in COLUMNS}
    if problems:
        raise _RowError(*problems)
    return _checked_place(line, values, texts)


def _value(column: Column, text: str, problems: list[tuple[str, str, str]]) -> Cell | None:
    try:
        cleaned = cells.clean(text)
        if cleaned:
            return column.read(cleaned)
    except ValueError as error:
        problems.append((column.field, text, str(error)))
    else:
        if column.required:
            problems.append((column.field, text, "is empty; fill it in"))
    return column.default


def _checked_place(line: int, values: Mapping[str, Cell | None], texts: Mapping[str, str]) -> Place:
    position = _position(values, texts)
    try:
        territory = territory_of(str(values["postcode"]))
    except ValueError as error:
        raise _RowError(("postcode", texts["postcode"], str(error))) from error
    place = {field: value for field, value in values.items() if field not in {"lat", "lon"}}
    return Place(line=line, **place, territory=territory, position=position)  # type: ignore[arg-type]  # each column reads its field's own type


def _position(
    values: Mapping[str, Cell | None], texts: Mapping[str, str]
) -> tuple[float, float] | None:
    lon, lat = values["lon"], values["lat"]
    if not isinstance(lon, float) or not isinstance(lat, float):
        if lon == lat:
            return None
        missing = "lon" if lon is None else "lat"
        raise _RowError((missing, "", "is empty; give both lon and lat, or none"))
    if lon == lat == 0:
        raise _RowError(("lat", texts["lat"], "0, 0 is no address; leave lon and lat empty"))
    if abs(lat) > MAX_LATITUDE or (_on_french_land(lat, lon) and not _on_french_land(lon, lat)):
        raise _RowError(("lat", texts["lat"], "lon and lat look swapped; exchange them"))
    return lon, lat


def _on_french_land(lon: float, lat: float) -> bool:
    return any(
        west <= lon <= east and south <= lat <= north for west, south, east, north in FRENCH_LAND
    )


def _refuse_repeat(place: Place, places: Mapping[str, Place]) -> None:
    first = places.get(place.external_id)
    if first is not None:
        reason = f"is already on line {first.line}; keep one row for each place"
        raise _RowError(("external_id", place.external_id, reason))
