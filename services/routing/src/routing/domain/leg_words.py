"""What is said of each leg of a journey, in the two languages of the product."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from routing.domain.step_words import Words

Manner = Literal["tram", "metro", "train", "bus", "ferry", "cable", "other"]

_MANNERS: dict[Manner, Words] = {
    "tram": Words("Tram", "Tram"),
    "metro": Words("Métro", "Metro"),
    "train": Words("Train", "Train"),
    "bus": Words("Bus", "Bus"),
    "ferry": Words("Bac", "Ferry"),
    "cable": Words("Téléphérique", "Cable car"),
    "other": Words("Ligne", "Line"),
}


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop, and when one boards or leaves a vehicle there, by the local clock."""

    name: str
    at: datetime

    def __str__(self) -> str:
        """Write the name and the clock."""
        return f"{self.name} {self.at:%H:%M}"


def walk_words(seconds: int, target: str | None) -> Words:
    """Say that one walks, up to a stop or to the end of the journey."""
    minutes = -(-seconds // 60)
    if target is None:
        return Words(f"À pied, {minutes} min", f"On foot, {minutes} min")
    return Words(f"À pied, {minutes} min, jusqu'à {target}", f"On foot, {minutes} min, to {target}")


def ride_words(manner: Manner, line: str, headsign: str, halts: tuple[Halt, Halt]) -> Words:
    """Say which vehicle one rides, from where to where and when."""
    kind, (first, last) = _MANNERS[manner], halts
    return Words(
        f"{kind.fr} {line} direction {headsign} : {first} – {last}",
        f"{kind.en} {line} towards {headsign}: {first} – {last}",
    )
