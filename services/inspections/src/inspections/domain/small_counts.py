"""Keep small counts out of figures that are shared, where they could point at somebody."""

from collections.abc import Mapping

LEAST = 5
"""A count from 1 to one less than this is not told."""


def suppressed(counts: Mapping[str, int], places: str) -> dict[str, int | None]:
    """Withhold the counts from 1 to 4, or all of them where there are so few places.

    `places` names the count of places. Zero is told: nobody can be found by it.
    """
    if 0 < counts[places] < LEAST:
        return dict.fromkeys(counts)
    return {name: None if 0 < count < LEAST else count for name, count in counts.items()}
