"""How much to invent: the one knob of the demo, the tests and the benches."""

from dataclasses import dataclass

_BOUNDS = {"places": (4, 50_000), "years": (1, 20), "visits_per_year": (0.1, 24)}


@dataclass(frozen=True, slots=True)
class Size:
    """How many places, over how many years, and the seed everything is drawn from.

    The default is the shape of a regional programme: 560 places seen about twice a year.
    Benchmark size S is `Size(places=600, visits_per_year=10)`.
    """

    places: int = 560
    years: int = 5
    seed: int = 7
    visits_per_year: float = 2.0

    def __post_init__(self) -> None:
        """Refuse what could not be generated."""
        for name, (low, high) in _BOUNDS.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}: give {low:g} to {high:g}")
