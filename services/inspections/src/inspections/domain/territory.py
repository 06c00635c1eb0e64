"""Which département a French postcode lies in."""

import re

POSTCODE = re.compile(r"\d{5}", re.ASCII)
FIRST_POSTCODE_OF_HAUTE_CORSE = 20200


def territory_of(postcode: str) -> str:
    """Give the département code of a five-digit postcode, 2A, 2B and 971 to 988 included.

    A few communes are served from a neighbouring département's post office; for them the
    postcode, and so the answer, names the neighbour.

    Raises
    ------
    ValueError : when the postcode is not five digits of an existing département.
    """
    if not POSTCODE.fullmatch(postcode):
        raise ValueError(f"a postcode is five digits, not {postcode!r}")
    if postcode.startswith(("97", "98")):
        return postcode[:3]
    if postcode.startswith("20"):
        return "2A" if int(postcode) < FIRST_POSTCODE_OF_HAUTE_CORSE else "2B"
    if postcode.startswith(("00", "96", "99")):
        raise ValueError(f"no département has postcodes that begin with {postcode[:2]}")
    return postcode[:2]
