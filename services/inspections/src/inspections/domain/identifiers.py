"""National identifiers, checked as their issuers define them."""

import re

from inspections.domain.territory import territory_of

SIRET = re.compile(r"\d{14}", re.ASCII)
COMMUNE = re.compile(r"(\d{2}|2[AB])\d{3}", re.ASCII)
# La Poste's establishments have numbers whose digits sum to a multiple of 5 instead (INSEE); its
# seat alone follows the rule of all others.
LA_POSTE = "356000000"


def check_siret(text: str) -> None:
    """Check the 14 digits of an establishment.

    Raises
    ------
    ValueError : they are not 14 digits, or the last one does not fit the others
    """
    if not SIRET.fullmatch(text):
        raise ValueError("a SIRET is 14 digits without spaces")
    if _luhn(text) % 10 == 0:
        return
    if text.startswith(LA_POSTE) and sum(map(int, text)) % 5 == 0:
        return
    raise ValueError("this SIRET has a wrong digit; copy it again from the official register")


def territory_of_commune(code: str) -> str:
    """Give the département of a commune's INSEE code, 2A, 2B and 971 to 988 included.

    Raises
    ------
    ValueError : the code is not one of a commune
    """
    if not COMMUNE.fullmatch(code) or code.startswith(("00", "96", "99")):
        raise ValueError("an INSEE commune code is as 93066 or 2A004; it is not the postcode")
    if code.startswith("20"):
        raise ValueError("communes of Corsica have codes that begin with 2A or 2B")
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def check_commune(code: str, postcode: str, *, together: bool) -> str:
    """Give the département of a commune, which decides where the place lies.

    A post office may serve communes of a neighbouring département: `together` says that this
    commune is known to have this postcode.

    Raises
    ------
    ValueError : code and postcode contradict each other
    """
    territory = territory_of_commune(code)
    if not together and territory != territory_of(postcode):
        raise ValueError(
            f"lies in {territory}, postcode {postcode} in {territory_of(postcode)}; correct one, "
            "or import the addresses of the commune if both are right"
        )
    return territory


def _luhn(digits: str) -> int:
    doubled = [int(it) * (2 if n % 2 else 1) for n, it in enumerate(reversed(digits))]
    return sum(it - 9 if it > 9 else it for it in doubled)  # noqa: PLR2004 - the digits' own sum
