"""Read a register of places from a spreadsheet's text file, telling what is wrong with each row."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from inspections.domain import registry_cells as cells
from inspections.domain.calendar import WeeklyHours
from inspections.domain.french_land import check_position
from inspections.domain.hours_text import read_hours
from inspections.domain.identifiers import territory_of_commune
from inspections.domain.sheet import RowProblem, SheetError, numbered_rows
from inspections.domain.territory import territory_of


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
    siret: str | None
    insee_commune: str | None
    erp_category: int | None
    safety_opinion: str | None
    safety_opinion_on: date | None
    reception_phone: str
    access_notes: str
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    visit_hours: tuple[WeeklyHours, ...]


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


Cell = str | int | float | bool | date | tuple[str, ...] | tuple[WeeklyHours, ...]


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
    Column("siret", ("siret", "numero_siret", "n_siret"), cells.read_siret),
    Column(
        "insee_commune",
        ("insee_commune", "code_insee", "code_commune", "insee"),
        cells.read_commune,
    ),
    Column(
        "erp_category",
        ("erp_category", "categorie_erp", "erp"),
        partial(cells.read_whole, low=1, high=5),
    ),
    Column(
        "safety_opinion",
        ("safety_opinion", "avis_securite", "avis_de_securite", "avis_commission"),
        partial(cells.read_word, words=cells.OPINIONS),
    ),
    Column(
        "safety_opinion_on",
        ("safety_opinion_on", "date_avis", "date_avis_securite", "date_commission"),
        cells.read_date,
    ),
    Column(
        "reception_phone",
        ("reception_phone", "telephone", "tel", "phone", "telephone_accueil"),
        cells.read_phone,
        default="",
    ),
    Column(
        "access_notes",
        ("access_notes", "acces", "consignes_d_acces", "consignes"),
        partial(cells.read_text, limit=2000),
        default="",
    ),
    Column("languages", ("languages", "langues"), cells.read_languages, default=()),
    Column(
        "skills",
        ("skills", "competences"),
        partial(cells.read_words, limit=200, most=10),
        default=(),
    ),
    Column(
        "visit_hours",
        ("visit_hours", "horaires", "horaires_de_visite", "heures_de_visite"),
        read_hours,
        default=(),
    ),
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
    SheetError : when the content is not such a text, or a required column is missing.
    """
    rows = numbered_rows(content)
    _, header = next(rows, (1, []))
    return read_register(_columns(header), rows)


def read_register(
    columns: Sequence[Column | None], rows: Iterable[tuple[int, Sequence[str]]]
) -> Register:
    """Read rows whose columns are known; each has the line it stands on."""
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


def _columns(header: list[str]) -> list[Column | None]:
    columns = [FIELD_OF_NAME.get(cells.key_of(name)) for name in header]
    known = [column for column in columns if column]
    for column in COLUMNS:
        if column.required and column not in known:
            names = ", ".join(column.names)
            raise SheetError(f"no column for {column.field}; name one of them: {names}")
        if known.count(column) > 1:
            raise SheetError(f"two columns for {column.field}; keep one of them")
    return columns


def _place(columns: Sequence[Column | None], line: int, row: Sequence[str]) -> Place:
    if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        reason = f"{len(row)} cells for {len(columns)} columns; quote cells that hold a separator"
        raise _RowError(("", row[len(columns)], reason))
    padded = [*row, *[""] * (len(columns) - len(row))]
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
    territory = _territory(values, texts)
    _check_opinion(values)
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
    try:
        check_position(lon, lat)
    except ValueError as error:
        raise _RowError(("lat", texts["lat"], str(error))) from error
    return lon, lat


def _territory(values: Mapping[str, Cell | None], texts: Mapping[str, str]) -> str:
    """Give the département: the commune's where the row tells it, else the postcode's."""
    try:
        territory = territory_of(str(values["postcode"]))
    except ValueError as error:
        raise _RowError(("postcode", texts["postcode"], str(error))) from error
    commune = values["insee_commune"]
    return territory if commune is None else territory_of_commune(str(commune))


def _check_opinion(values: Mapping[str, Cell | None]) -> None:
    for name, other in (
        ("safety_opinion", "safety_opinion_on"),
        ("safety_opinion_on", "safety_opinion"),
    ):
        if values[name] is None and values[other] is not None:
            raise _RowError((name, "", f"is empty; it goes with {other}: give both or none"))


def _refuse_repeat(place: Place, places: Mapping[str, Place]) -> None:
    first = places.get(place.external_id)
    if first is not None:
        reason = f"is already on line {first.line}; keep one row for each place"
        raise _RowError(("external_id", place.external_id, reason))
