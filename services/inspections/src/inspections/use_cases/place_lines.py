"""Read declarations of places, one a line, telling what is wrong with each line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from pydantic import ValidationError

from inspections.domain.calendar import WeeklyHours
from inspections.domain.french_land import check_position
from inspections.domain.identifiers import check_siret, territory_of_commune
from inspections.domain.registry_file import Place
from inspections.domain.territory import territory_of
from shared.contracts.inspections.register import AccommodationInput, VisitHours
from shared.contracts.message import Position
from shared.field_errors import FieldError

# Of one line; who sends more nonsense than this is helped by the first of it.
MOST_ERRORS = 20


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A line that can be read: the place, the columns it speaks of, and its operator by id."""

    number: int
    place: Place
    columns: frozenset[str]
    operator_id: UUID | None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be taken; its external id where that much can be read."""

    number: int
    external_id: str | None
    errors: tuple[FieldError, ...]


def bad_line(number: int, external_id: str | None, field: str, detail: str) -> BadLine:
    """Say what is wrong with a field of a line."""
    return BadLine(number, external_id, (_error(number, field, detail),))


def read_lines(lines: Iterable[tuple[int, bytes]]) -> tuple[list[PlaceLine], list[BadLine]]:
    """Read lines with their numbers; of two of the same place the first counts."""
    good: dict[str, PlaceLine] = {}
    bad: list[BadLine] = []
    for number, text in lines:
        it = _read(number, text)
        if isinstance(it, BadLine):
            bad.append(it)
            continue
        name = it.place.external_id
        first = good.setdefault(name, it)
        if first is not it:
            bad.append(bad_line(number, name, "external_id", f"is that of line {first.number}"))
    return list(good.values()), bad


def _read(number: int, text: bytes) -> PlaceLine | BadLine:
    try:
        told = AccommodationInput.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        errors = [
            _error(number, "/".join(map(str, it["loc"])), str(it["msg"]))
            for it in found[:MOST_ERRORS]
        ]
        return BadLine(number, None, tuple(errors))
    for field, check in _checks(told):
        try:
            check()
        except ValueError as error:
            return bad_line(number, told.external_id, field, str(error))
    return PlaceLine(number, _place(number, told), _columns(told), told.operator_id)


def _checks(told: AccommodationInput) -> Iterable[tuple[str, Callable[[], object]]]:
    """Give what the message alone cannot refuse, by field."""
    for field in ("address", "sector", "operator", "access_notes"):
        yield field, partial(_check_kept, getattr(told, field))
    yield "postcode", lambda: territory_of(told.postcode)
    if told.insee_commune is not None:
        commune = told.insee_commune
        yield "insee_commune", lambda: territory_of_commune(commune)
    if told.siret is not None:
        siret = told.siret
        yield "siret", lambda: check_siret(siret)
    if told.position is not None:
        at = told.position
        yield "position", lambda: check_position(at.lon, at.lat)
    yield "visit_hours", lambda: [_hours(it) for it in told.visit_hours]


def _check_kept(text: str) -> None:
    if "\0" in text:
        raise ValueError("holds the character NUL, which cannot be kept")


def _hours(it: VisitHours) -> WeeklyHours:
    if it.opens.tzinfo is not None or it.closes.tzinfo is not None:
        raise ValueError("hours are local; send them without a time zone, as 09:00")
    return WeeklyHours(it.weekday, it.opens, it.closes)


def _place(number: int, told: AccommodationInput) -> Place:
    values = told.model_dump(exclude={"operator_id"}) | {
        "line": number,
        "territory": _territory(told),
        "position": _point(told.position),
        "visit_hours": tuple(_hours(it) for it in told.visit_hours),
        "languages": tuple(told.languages),
        "skills": tuple(told.skills),
    }
    return Place(**values)


def _territory(told: AccommodationInput) -> str:
    if told.insee_commune is None:
        return territory_of(told.postcode)
    return territory_of_commune(told.insee_commune)


def _point(at: Position | None) -> tuple[float, float] | None:
    return None if at is None else (at.lon, at.lat)


def _columns(told: AccommodationInput) -> frozenset[str]:
    """Name the columns a line speaks of; the others keep what they have."""
    names = set(told.model_fields_set)
    if "position" in names:
        names |= {"lon", "lat"}
    if "operator_id" in names:
        names.add("operator")
    return frozenset(names - {"position", "operator_id"})


def _error(number: int, field: str, detail: str) -> FieldError:
    return FieldError(pointer=f"line {number}: /{field}", detail=detail)
