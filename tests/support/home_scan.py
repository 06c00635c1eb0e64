"""How near to a home the points come that a text gives away."""

import itertools
import math
import re

NUMBER = re.compile(r"-?\d+\.\d+")


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    east = (a[0] - b[0]) * math.cos(math.radians(a[1])) * 111_200
    return math.hypot(east, (a[1] - b[1]) * 111_200)


def nearest_m(text: str, home: tuple[float, float]) -> float:
    """Give the distance from a home to the nearest point that any two numbers in a row make."""
    numbers = [float(it) for it in re.findall(r"-?\d+\.\d+", text)]
    points = [
        it
        for a, b in itertools.pairwise(numbers)
        for it in ((a, b), (b, a))
        if abs(it[0]) <= 180 >= abs(it[1])
    ]
    return min((metres(point, home) for point in points), default=math.inf)
