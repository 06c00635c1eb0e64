"""Pictures as text: SVG that any parser reads, whatever the names in it hold."""

import re
from xml.etree.ElementTree import Element, tostring

# What XML 1.0 has no way to write (section 2.2).
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written(svg: Element) -> str:
    """Write a picture, without the characters that XML cannot write."""
    return _UNWRITABLE.sub("", tostring(svg, encoding="unicode"))
