"""Places that may be entered twice: the same name, address, establishment or spot."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from rapidfuzz import fuzz

from inspections.domain.addresses import wanted_address
from inspections.domain.registry_cells import key_of

METRES_PER_DEGREE = 111_320.0
NEAR_M = 60.0
ALIKE = 85.0
# How much each likeness says; two of them, or the same establishment, make a likely duplicate.
SAME_SIRET, SAME_ADDRESS, SAME_SPOT, SAME_NAME = 0.6, 0.5, 0.3, 0.4
LIKELY = 0.6
# Words that say nothing of which hotel it is.
COMMON = {"hotel", "residence", "le", "la", "les", "l", "de", "du", "des", "d"}
# A block that holds more places than this is a town hall's address, or none at all.
MOST_IN_BLOCK = 200


@dataclass(frozen=True, slots=True)
class RegisteredPlace:
    """What of a place is compared."""

    id: UUID
    name: str
    address: str
    postcode: str
    city: str
    siret: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two places that may be one: how likely, 0 to 1, and what says so."""

    first: UUID
    second: UUID
    likeness: float
    reasons: tuple[str, ...]


def find_duplicates(places: Sequence[RegisteredPlace]) -> list[Duplicate]:
    """Find the pairs that may be one place, likeliest first.

    Only places that share a SIRET, a postcode or a corner of the map are compared.
    """
    seen: dict[tuple[UUID, UUID], Duplicate] = {}
    for block in _blocks(places):
        for one, other in combinations(block, 2):
            first, second = sorted((one, other), key=lambda it: it.id)
            if (first.id, second.id) not in seen:
                seen[first.id, second.id] = _compared(first, second)
    likely = (it for it in seen.values() if it.likeness >= LIKELY)
    return sorted(likely, key=lambda it: (-it.likeness, it.first, it.second))


def _blocks(places: Iterable[RegisteredPlace]) -> Iterator[Sequence[RegisteredPlace]]:
    """Group the places worth comparing; a place is in several groups."""
    blocks: dict[tuple[object, ...], list[RegisteredPlace]] = defaultdict(list)
    for it in places:
        blocks["postcode", it.postcode, _first_word(it.name)].append(it)
        address = _address(it)
        if address is not None:
            blocks["address", *address].append(it)
        if it.siret is not None:
            blocks["siret", it.siret].append(it)
        if it.lon is not None and it.lat is not None:
            # Each spot is in four overlapping squares, so that no neighbours are kept apart.
            for dx in (0.0, 0.5):
                for dy in (0.0, 0.5):
                    cell = (math.floor(it.lon * 500 + dx), math.floor(it.lat * 500 + dy))
                    blocks["spot", dx, dy, *cell].append(it)
    return (it for it in blocks.values() if 1 < len(it) <= MOST_IN_BLOCK)


def _compared(one: RegisteredPlace, other: RegisteredPlace) -> Duplicate:
    likenesses = {
        "siret": SAME_SIRET * (one.siret is not None and one.siret == other.siret),
        "address": SAME_ADDRESS * (_address(one) is not None and _address(one) == _address(other)),
        "position": SAME_SPOT * (_apart_m(one, other) <= NEAR_M),
        "name": SAME_NAME * (_names_alike(one.name, other.name)),
    }
    reasons = tuple(name for name, weight in likenesses.items() if weight)
    return Duplicate(one.id, other.id, round(min(1.0, sum(likenesses.values())), 2), reasons)


def _address(it: RegisteredPlace) -> tuple[object, ...] | None:
    wanted = wanted_address(it.address, it.postcode, it.city)
    if wanted.number is None or not wanted.street_key:
        return None
    return wanted.postcode, wanted.number, wanted.repetition, wanted.street_key


def _names_alike(one: str, other: str) -> bool:
    names = (" ".join(_words(it)) for it in (one, other))
    return fuzz.token_sort_ratio(*names) >= ALIKE


def _words(name: str) -> list[str]:
    words = key_of(name).split("_")
    return [it for it in words if it not in COMMON] or words


def _first_word(name: str) -> str:
    return min(_words(name), default="")[:3]


def _apart_m(one: RegisteredPlace, other: RegisteredPlace) -> float:
    """Give the distance of two places, metres; infinite where one is not located."""
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return math.inf
    east = (one.lon - other.lon) * math.cos(math.radians(one.lat))
    return math.hypot(east, one.lat - other.lat) * METRES_PER_DEGREE
