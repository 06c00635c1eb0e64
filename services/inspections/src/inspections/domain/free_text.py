"""Find what may name people in free text, so that who writes is warned before it is kept.

It warns and refuses nothing: a street may bear a name, and a name may escape any pattern.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from inspections.domain.registry_cells import key_of


class MentionKind(StrEnum):
    """What a mention may be."""

    name = "name"
    phone = "phone"
    email = "email"
    social_security = "social_security"
    birth_date = "birth_date"


@dataclass(frozen=True, slots=True)
class Mention:
    """Something in a text that may be of a person, from `start` until before `end`."""

    kind: MentionKind
    start: int
    end: int
    text: str


CAPITAL = "A-ZÀÂÄÇÉÈÊËÎÏÔÖÙÛÜ"
WORD = rf"[{CAPITAL}][\w’'-]+"
PARTICLE = r"(?:d[eu]|des|la|le|van|von|el|al|ben|bin)\s+"
TITLE = r"(?:M\.|Mr\.?|MM\.|Mme\.?|Mmes|Mlle|Monsieur|Madame|Mademoiselle|Dr\.?|Me)"
PATTERNS = (
    (MentionKind.email, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (
        MentionKind.social_security,
        re.compile(r"\b[12]\s?\d{2}\s?(?:0\d|1[0-2]|[2-9]\d)\s?(?:\d{2}|2[AB])(?:\s?\d{3}){2}"
                   r"(?:\s?\d{2})?\b"),
    ),
    (MentionKind.phone, re.compile(r"(?<!\d)(?:\+\d{2,3}|0)[\s.-]?\d(?:[\s.-]?\d{2}){4}(?!\d)")),
    (MentionKind.birth_date, re.compile(r"\bn[ée]e?s?\s+le\s+\d{1,2}[/. ]\S{1,9}[/. ]\d{2,4}")),
    (
        MentionKind.name,
        re.compile(rf"\b{TITLE}\s+(?:{PARTICLE})?{WORD}(?:\s+(?:{PARTICLE})?{WORD})?"),
    ),
    # A first name and a family name as administrations write it.
    (MentionKind.name, re.compile(rf"\b{WORD}\s+[{CAPITAL}]{{2,}}[{CAPITAL}'-]*\b")),
    (MentionKind.name, re.compile(
        rf"\b(?:famille|s’appelle|s'appelle|nommée?|prénom|nom)\s*:?\s+{WORD}(?:\s+{WORD})?")),
)  # fmt: skip
# Capitals that follow a word with one, and name nobody.
NO_NAMES = frozenset(
    {"ras", "wc", "co", "vmc", "edf", "rdc", "ars", "siao", "bis", "ter", "hs", "ok", "tv", "led"}
)


def mentions_in(text: str) -> tuple[Mention, ...]:
    """Find what may name people, in the order of the text; none overlaps another."""
    found: list[Mention] = []
    for mention in sorted(_all(text), key=lambda it: (it.start, -it.end)):
        if not found or mention.start >= found[-1].end:
            found.append(mention)
    return tuple(found)


def _all(text: str) -> Iterable[Mention]:
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            if kind == MentionKind.name and key_of(match[0].split()[-1]) in NO_NAMES:
                continue
            yield Mention(kind, match.start(), match.end(), match[0])


def without(text: str, words: Iterable[str], instead: str) -> str:
    """Put something else in place of words of a text, whatever their capitals and blanks."""
    for word in sorted(filter(None, (it.strip() for it in words)), key=len, reverse=True):
        pattern = r"\s+".join(re.escape(it) for it in word.split())
        text = re.sub(pattern, instead, text, flags=re.IGNORECASE)
    return text
