"""How severities look in pictures: each has a shape and a word beside its colour.

The colours are those of the console by day; they differ in grey too little to do without shapes.
"""

from xml.etree.ElementTree import Element, SubElement

COLOURS = ("", "#5f7482", "#9a6b00", "#c04a00", "#8f0f2e")
# Each about a centre, so that one is moved to where it is drawn.
SHAPES = (
    "",
    "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z",
    "M-5.5-5.5h11v11h-11z",
    "M0-6.5 6.5 6h-13z",
    "M0-7.5 7.5 0 0 7.5-7.5 0z",
)
SEVERITIES = {
    "fr": ("", "mineure", "modérée", "grave", "danger"),
    "en": ("", "minor", "moderate", "serious", "danger"),
}


def mark(parent: Element, severity: int, x: float, y: float) -> Element:
    """Draw the mark of a severity, 1 to 4, about a point."""
    how = {"d": SHAPES[severity], "fill": COLOURS[severity]}
    return SubElement(parent, "path", how | {"transform": f"translate({x:g} {y:g})"})
