"""Where somebody lives, to the square kilometre: enough for travel times, too little to be found.

Whatever is worked out from a plan, by triangulation too, leads to the middle of the square and no
farther: nothing else of the home has gone into it.
"""

import math

CELL_DEG = 1 / 111.2
"""A kilometre north to south (a degree of a meridian is 111.2 km on average)."""


def blurred(lon: float, lat: float) -> tuple[float, float]:
    """Give the middle of the square kilometre in which a point lies."""
    row = math.floor(lat / CELL_DEG)
    middle = (row + 0.5) * CELL_DEG
    wide = CELL_DEG / max(0.01, math.cos(math.radians(middle)))
    return round((math.floor(lon / wide) + 0.5) * wide, 6), round(middle, 6)
