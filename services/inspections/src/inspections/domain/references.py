"""What the items of a checklist refer to: hazards, articles of law, codes of the State's list.

References are written for people, `CSP R1331-26 4° et 5°; HHSRS 23-24; SL sanitaires`; what is in
none of these lists stays text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

# Of the Housing Health and Safety Rating System (England, SI 2005/3208): 29 hazards.
LAST_HAZARD = 29
HAZARDS = re.compile(r"HHSRS (?P<first>\d{1,2})(?:-(?P<last>\d{1,2})| et (?P<other>\d{1,2}))?")
ARTICLE = re.compile(r"CSP (?P<article>[LRD]\d{4}(?:-\d{1,3})*)(?: (?P<points>\d{1,2}°.*))?")
POINT = re.compile(r"(\d{1,2})°")
# `securite_plafond/sol/murs` are three codes that begin alike.
STATE_CODES = re.compile(r"SL (?P<first>[A-Za-z]\w+)(?P<others>(?:/\w+)*)", re.ASCII)


class Listing(StrEnum):
    """Whose list a reference is in."""

    hhsrs = "hhsrs"
    csp = "csp"
    signal_logement = "signal_logement"


@dataclass(frozen=True, slots=True)
class Reference:
    """Something in a list; `notation` is what it is called there."""

    listing: Listing
    notation: str


@dataclass(frozen=True, slots=True)
class References:
    """What an item refers to, each once, and what is in no list."""

    known: tuple[Reference, ...]
    notes: tuple[str, ...]


def references_of(text: str) -> References:
    """Read the references of an item."""
    known: list[Reference] = []
    notes: list[str] = []
    for part in (it.strip() for it in text.split(";")):
        found = list(_read(part))
        known += found
        if part and not found:
            notes.append(part)
    return References(tuple(dict.fromkeys(known)), tuple(notes))


def _read(part: str) -> Iterator[Reference]:
    if hazards := HAZARDS.fullmatch(part):
        first = int(hazards["first"])
        last = int(hazards["last"] or first)
        numbers = [*range(first, last + 1), *([int(hazards["other"])] if hazards["other"] else [])]
        if all(1 <= it <= LAST_HAZARD for it in numbers):
            yield from (Reference(Listing.hhsrs, str(it)) for it in numbers)
    elif article := ARTICLE.fullmatch(part):
        points = POINT.findall(article["points"] or "")
        named = [f"{article['article']}, {it}°" for it in points] or [article["article"]]
        yield from (Reference(Listing.csp, it) for it in named)
    elif codes := STATE_CODES.fullmatch(part):
        first_code = codes["first"]
        stem = first_code.rpartition("_")[0]
        others = [it for it in codes["others"].split("/") if it]
        for it in (first_code, *(f"{stem}_{other}" if stem else other for other in others)):
            yield Reference(Listing.signal_logement, it)
