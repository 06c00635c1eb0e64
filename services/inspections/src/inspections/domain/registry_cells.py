"""How the cells of a register of places are read: text to value, or a reason and a way out."""

import re
import unicodedata
from datetime import date

from inspections.domain.identifiers import check_siret, territory_of_commune

DATE_SHAPES = (
    re.compile(r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})(?:[T ][\d:.Z+]*)?"),
    re.compile(r"(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})"),
)
QUOTED_FORMULA = re.compile(r'="([^"]*)"')
YES = frozenset({"1", "true", "yes", "y", "oui", "o", "vrai", "x"})
NO = frozenset({"0", "false", "no", "n", "non", "faux"})

PHONE = re.compile(r"\+?[0-9][0-9 .()-]{5,24}", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)
MOST_LANGUAGES = 20
COMMUNE_LENGTH = 5

OPINIONS = {
    "favourable": "favourable",
    "favorable": "favourable",
    "unfavourable": "unfavourable",
    "defavorable": "unfavourable",
    "deferred": "deferred",
    "differe": "deferred",
    "sursis": "deferred",
}
KINDS = {
    "hotel": "hotel",
    "hotel_social": "hotel",
    "residence": "residence",
    "residence_sociale": "residence",
    "residence_hoteliere": "residence",
    "hostel": "hostel",
    "foyer": "hostel",
    "auberge": "hostel",
    "guest_house": "guest_house",
    "chambre_d_hotes": "guest_house",
    "maison_d_hotes": "guest_house",
    "apartment": "apartment",
    "appartement": "apartment",
}
CONTRACT_STATES = {
    "active": "active",
    "actif": "active",
    "conventionne": "active",
    "suspended": "suspended",
    "suspendu": "suspended",
    "withdrawn": "withdrawn",
    "retire": "withdrawn",
    "resilie": "withdrawn",
}


def key_of(text: str) -> str:
    """Reduce a word to plain letters and digits joined by `_`: `Capacité` is `capacite`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isascii() and c.isalnum() else " " for c in plain if not _is_accent(c))
    return "_".join(kept.split())


def clean(text: str) -> str:
    """Strip a cell; unwrap the `="…"` that spreadsheets use to keep leading zeros.

    Raises
    ------
    ValueError : when the cell is a formula, whose value the file does not hold.
    """
    stripped = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    quoted = QUOTED_FORMULA.fullmatch(stripped)
    if quoted:
        return quoted.group(1).strip()
    if stripped.startswith("="):
        raise ValueError("is a formula; paste its value instead")
    return stripped


def read_text(text: str, limit: int) -> str:
    """Take text of at most `limit` characters."""
    if len(text) > limit:
        raise ValueError(f"is {len(text)} characters long; shorten it to {limit}")
    return text


def read_whole(text: str, low: int, high: int) -> int:
    """Take a whole number; `1 200` and `12,0` are whole."""
    number = _number(text)
    if number != int(number) or not low <= number <= high:
        raise ValueError(f"must be a whole number from {low} to {high}")
    return int(number)


def read_degrees(text: str, limit: float) -> float:
    """Take decimal degrees, with a point or a comma, from -`limit` to `limit`."""
    number = _number(text)
    if abs(number) > limit:
        raise ValueError(f"must be decimal degrees from -{limit:g} to {limit:g}")
    return number


def read_postcode(text: str) -> str:
    """Take a five-digit postcode; spreadsheets drop the leading zero, which is put back."""
    digits = text.replace(" ", "")
    if not re.fullmatch(r"\d{4,5}", digits, re.ASCII):
        raise ValueError("must be a postcode of five digits, for example 75011")
    return digits.zfill(5)


def read_word(text: str, words: dict[str, str]) -> str:
    """Take one of the known words, in French or English, whatever its case and accents."""
    value = words.get(key_of(text))
    if value is None:
        raise ValueError(f"must be one of {', '.join(dict.fromkeys(words.values()))}")
    return value


def read_siret(text: str) -> str:
    """Take the 14 digits of an establishment, spaces left out."""
    digits = text.replace(" ", "")
    check_siret(digits)
    return digits


def read_commune(text: str) -> str:
    """Take an INSEE code of a commune; spreadsheets drop the leading zero, which is put back."""
    code = text.replace(" ", "").upper()
    code = code.zfill(COMMUNE_LENGTH) if code.isdecimal() else code
    territory_of_commune(code)
    return code


def read_phone(text: str) -> str:
    """Take a telephone number; spreadsheets drop the leading zero, which is put back."""
    number = f"0{text}" if re.fullmatch(r"[1-9]\d{8}", text, re.ASCII) else text
    if not PHONE.fullmatch(number):
        raise ValueError("must be a telephone number as 01 40 00 00 00 or +33 1 40 00 00 00")
    return number


def read_languages(text: str) -> tuple[str, ...]:
    """Take ISO 639 codes: `fr, ar` or `fr ti`."""
    codes = tuple(it for it in re.split(r"[\s,;|/]+", text.lower()) if it)
    wrong = [it for it in codes if not LANGUAGE.fullmatch(it)]
    if wrong or len(codes) > MOST_LANGUAGES:
        told = f"{wrong[0]!r} is no such code" if wrong else f"give {MOST_LANGUAGES} at the most"
        raise ValueError(f"must be ISO 639 codes of languages, as fr, ar, ti; {told}")
    return codes


def read_words(text: str, limit: int, most: int) -> tuple[str, ...]:
    """Take up to `most` texts of up to `limit` characters, separated by `,`, `;` or `|`."""
    words = tuple(it.strip() for it in re.split(r"[,;|]", text) if it.strip())
    if len(words) > most:
        raise ValueError(f"holds {len(words)} words; give {most} at the most")
    return tuple(read_text(it, limit) for it in words)


def read_yes_no(text: str) -> bool:
    """Take yes or no, oui or non, true or false, 1 or 0."""
    word = key_of(text)
    if word not in YES | NO:
        raise ValueError("must be yes or no")
    return word in YES


def read_date(text: str) -> date:
    """Take `2024-01-31`, `2024/1/31`, `31/01/2024`, `31.01.2024` or `31-01-2024`."""
    for shape in DATE_SHAPES:
        match = shape.fullmatch(text)
        if match:
            return date(int(match["year"]), int(match["month"]), int(match["day"]))
    raise ValueError("must be a date written 2024-01-31 or 31/01/2024")


def _number(text: str) -> float:
    plain = text.replace(" ", "").replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d*)?", plain, re.ASCII):
        raise ValueError("must be a number")
    return float(plain)


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) != 0
