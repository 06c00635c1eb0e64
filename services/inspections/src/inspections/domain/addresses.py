"""French addresses: as people write them, and as the national address base (BAN) lists them."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inspections.domain.french_land import check_position
from inspections.domain.registry_cells import key_of

# How people shorten the words that begin or fill the name of a street.
SHORT = {
    "r": "rue",
    "av": "avenue",
    "ave": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "blvd": "boulevard",
    "boul": "boulevard",
    "pl": "place",
    "imp": "impasse",
    "all": "allee",
    "ch": "chemin",
    "che": "chemin",
    "rte": "route",
    "sq": "square",
    "crs": "cours",
    "fg": "faubourg",
    "fbg": "faubourg",
    "pass": "passage",
    "res": "residence",
    "st": "saint",
    "ste": "sainte",
    "gal": "general",
    "gen": "general",
    "dr": "docteur",
    "mal": "marechal",
    "pdt": "president",
    "pte": "porte",
}
# Words that people leave out or put in as they like.
SILENT = {"de", "du", "des", "la", "le", "les", "l", "d", "et", "cedex"}
NUMBERED = re.compile(
    r"\s*(?P<number>\d{1,5})\s*(?P<repetition>bis|ter|quater|[a-z](?![\w'’]))?[\s,]+(?P<street>.+)",
    re.IGNORECASE | re.DOTALL,
)
COLUMNS = ("id", "numero", "rep", "nom_voie", "code_postal", "code_insee", "nom_commune")


class AddressFileError(ValueError):
    """A file that is no list of addresses; the message says what to send instead."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the national base."""

    id: str
    number: int
    repetition: str
    street: str
    street_key: str
    postcode: str
    commune: str
    city: str
    city_key: str
    lon: float
    lat: float

    @property
    def label(self) -> str:
        """Write it in one line."""
        number = f"{self.number} {self.repetition}".strip()
        return f"{number} {self.street} {self.postcode} {self.city}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address as people wrote it; `number` None when they gave none."""

    number: int | None
    repetition: str
    street_key: str
    postcode: str
    commune: str | None
    city_key: str


def street_key(text: str) -> str:
    """Reduce the name of a street to what people agree on."""
    words = (SHORT.get(word, word) for word in key_of(text).split("_"))
    return " ".join(word for word in words if word not in SILENT)


def wanted_address(address: str, postcode: str, city: str, commune: str | None = None) -> Wanted:
    """Read an address as people write it."""
    match = NUMBERED.fullmatch(address)
    number, repetition, street = (
        (None, "", address)
        if match is None
        else (int(match["number"]), (match["repetition"] or "").lower(), match["street"])
    )
    return Wanted(number, repetition, street_key(street), postcode, commune, key_of(city))


def read_addresses(lines: Iterable[str]) -> Iterator[Address]:
    """Read a CSV of the national address base; rows without number, street or place are left.

    Raises
    ------
    AddressFileError : the header lacks a column of the base
    """
    rows = csv.DictReader(lines, delimiter=";")
    missing = [it for it in (*COLUMNS, "lon", "lat") if it not in (rows.fieldnames or ())]
    if missing:
        raise AddressFileError(
            f"no column {missing[0]}; send a file of the BAN as it is published, in CSV"
        )
    try:
        for row in rows:
            address = _address(row)
            if address is not None:
                yield address
    except csv.Error as error:
        raise AddressFileError(f"line {rows.line_num}: {error}; download the file again") from error


def _address(row: Mapping[str, str | None]) -> Address | None:
    text = {name: (row.get(name) or "").strip() for name in (*COLUMNS, "lon", "lat")}
    try:
        number, lon, lat = int(text["numero"]), float(text["lon"]), float(text["lat"])
        check_position(lon, lat)
    except ValueError:
        return None
    key = street_key(text["nom_voie"])
    if not (text["id"] and key and re.fullmatch(r"\d{5}", text["code_postal"], re.ASCII)):
        return None
    return Address(
        id=text["id"],
        number=number,
        repetition=text["rep"].lower(),
        street=text["nom_voie"],
        street_key=key,
        postcode=text["code_postal"],
        commune=text["code_insee"],
        city=text["nom_commune"],
        city_key=key_of(text["nom_commune"]),
        lon=lon,
        lat=lat,
    )


def middle_of(addresses: Sequence[Address]) -> Address:
    """Give the address halfway along a street."""
    return sorted(addresses, key=lambda it: (it.number, it.repetition))[len(addresses) // 2]
