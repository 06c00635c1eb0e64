"""What is said at each step of a way, in the two languages of the product."""

from dataclasses import dataclass
from typing import Literal

Turn = Literal[
    "depart",
    "continue",
    "slight_left",
    "left",
    "sharp_left",
    "slight_right",
    "right",
    "sharp_right",
    "u_turn",
    "roundabout",
    "arrive",
]


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence for people."""

    fr: str
    en: str


_VERBS: dict[Turn, Words] = {
    "depart": Words("Partez sur", "Start on"),
    "continue": Words("Continuez sur", "Continue on"),
    "slight_left": Words("Tournez légèrement à gauche sur", "Turn slightly left onto"),
    "left": Words("Tournez à gauche sur", "Turn left onto"),
    "sharp_left": Words("Tournez franchement à gauche sur", "Turn sharply left onto"),
    "slight_right": Words("Tournez légèrement à droite sur", "Turn slightly right onto"),
    "right": Words("Tournez à droite sur", "Turn right onto"),
    "sharp_right": Words("Tournez franchement à droite sur", "Turn sharply right onto"),
    "u_turn": Words("Faites demi-tour sur", "Make a U-turn onto"),
}

_UNNAMED: dict[str, Words] = {
    "motorway": Words("l'autoroute", "the motorway"),
    "service": Words("la voie de desserte", "the service road"),
    "pedestrian": Words("la voie piétonne", "the pedestrian street"),
    "footway": Words("le chemin piéton", "the footpath"),
    "path": Words("le sentier", "the path"),
    "steps": Words("l'escalier", "the steps"),
    "cycleway": Words("la piste cyclable", "the cycleway"),
    "track": Words("le chemin", "the track"),
    "ferry": Words("le bac", "the ferry"),
}
_RAMP = Words("la bretelle", "the ramp")
_ROAD = Words("la voie sans nom", "the unnamed road")

_TO_THE_RIGHT: tuple[tuple[float, Turn], ...] = (
    (20.0, "continue"),
    (45.0, "slight_right"),
    (120.0, "right"),
    (165.0, "sharp_right"),
)
"""Up to how many degrees; a turn of more is back where one came from."""

_BACK: Turn = "u_turn"

_MIRRORED: dict[Turn, Turn] = {
    "slight_right": "slight_left",
    "right": "left",
    "sharp_right": "sharp_left",
}


def turn_of(degrees: float) -> Turn:
    """Name a change of bearing: degrees to the right, negative to the left, within 180."""
    turn: Turn = next((name for most, name in _TO_THE_RIGHT if abs(degrees) <= most), _BACK)
    return turn if degrees >= 0 else _MIRRORED.get(turn, turn)


def street_words(name: str | None, number: str | None, road_class: str) -> Words:
    """Call a road by its name and number, or by what kind of road it is."""
    called = " ".join(filter(None, [name, f"({number})" if name and number else number]))
    if called:
        return Words(called, called)
    return _RAMP if road_class.endswith("_link") else _UNNAMED.get(road_class, _ROAD)


def step_words(turn: Turn, street: Words, exit_number: int | None) -> Words:
    """Say what to do."""
    if turn == "arrive":
        return Words("Vous êtes arrivé", "You have arrived")
    if turn == "roundabout":
        return _at_roundabout(street, exit_number)
    verb = _VERBS[turn]
    return Words(f"{verb.fr} {street.fr}", f"{verb.en} {street.en}")


def _at_roundabout(street: Words, exit_number: int | None) -> Words:
    if exit_number is None:
        return Words("Entrez dans le rond-point", "Enter the roundabout")
    ordinal = "1re" if exit_number == 1 else f"{exit_number}e"
    return Words(
        f"Au rond-point, prenez la {ordinal} sortie sur {street.fr}",
        f"At the roundabout, take exit {exit_number} onto {street.en}",
    )
