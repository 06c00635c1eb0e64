"""Where an address lies, and how sure that is, from the addresses of its postcode or town."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from inspections.domain.addresses import Address, Wanted, middle_of

# Below it, somebody has to look before the position is used.
SURE_ENOUGH = 0.5
# What an answer is worth when not all of the address was found; ours, to be calibrated.
SAME_NUMBER, OTHER_REPETITION, NEAR_NUMBER, FAR_NUMBER, STREET_ONLY = 1.0, 0.9, 0.75, 0.45, 0.6
NEAR = 10
OTHER_POSTCODE = 0.8
# Names less alike than this are of different streets.
ALIKE = 0.75
# A second street almost as alike makes the first a guess.
AMBIGUOUS, CLOSE = 0.7, 0.03


@dataclass(frozen=True, slots=True)
class Located:
    """Where an address lies by our knowledge; `confidence` 0 to 1."""

    lon: float
    lat: float
    confidence: float
    label: str

    @property
    def is_sure(self) -> bool:
        """Tell whether the position may be used without anybody looking."""
        return self.confidence >= SURE_ENOUGH


class Streets:
    """The addresses of a postcode or a town, by street: made once for many questions."""

    def __init__(self, known: Iterable[Address]) -> None:
        self._by_key: dict[tuple[str, str], list[Address]] = defaultdict(list)
        for it in known:
            self._by_key[it.street_key, it.postcode].append(it)

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._by_key)

    def __getitem__(self, key: tuple[str, str]) -> Sequence[Address]:
        return self._by_key[key]


def locate(wanted: Wanted, streets: Streets) -> Located | None:
    """Find an address among those known nearby: exactly, else the most alike.

    None when no street is alike.
    """
    if not (streets and wanted.street_key):
        return None
    ranked = sorted(((_alike(wanted, key), key) for key in streets), key=lambda it: (-it[0], it[1]))
    likeness, key = ranked[0]
    if likeness < ALIKE:
        return None
    address, worth = _on_street(wanted, streets[key])
    if any(other >= likeness - CLOSE and it[0] != key[0] for other, it in ranked[1:]):
        # Only a perfect name stands out among names that are almost the same.
        worth *= 1.0 if likeness == 1.0 else AMBIGUOUS
    confidence = worth * likeness * (1.0 if address.postcode == wanted.postcode else OTHER_POSTCODE)
    return Located(address.lon, address.lat, round(confidence, 2), address.label)


def _alike(wanted: Wanted, key: tuple[str, str]) -> float:
    street, postcode = key
    if street == wanted.street_key:
        return 1.0
    likeness = fuzz.token_sort_ratio(street, wanted.street_key) / 100
    # Names that differ are never taken for the same, whatever their letters.
    return min(likeness, 0.99) if postcode == wanted.postcode else min(likeness, 0.98)


def _on_street(wanted: Wanted, street: Sequence[Address]) -> tuple[Address, float]:
    if wanted.number is None:
        return middle_of(street), STREET_ONLY
    number = wanted.number
    best = min(
        street,
        key=lambda it: (
            abs(it.number - number),
            it.repetition != wanted.repetition,
            # The other side of the street is further than the next house.
            (it.number - number) % 2,
            it.repetition,
        ),
    )
    away = abs(best.number - number)
    if away == 0:
        return best, SAME_NUMBER if best.repetition == wanted.repetition else OTHER_REPETITION
    return best, NEAR_NUMBER if away <= NEAR else FAR_NUMBER
