"""How long what is kept of people is kept: rules by kind of data, in days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Kept(StrEnum):
    """Kinds of data that are forgotten by rule."""

    complaint_contact = "complaint_contact"
    complaint_text = "complaint_text"
    mail = "mail"
    import_file = "import_file"
    inspection_draft = "inspection_draft"


@dataclass(frozen=True, slots=True)
class Rule:
    """After how many days something is forgotten, counted from what, and where that is from."""

    days: int
    since: str
    source: str


# Two years after the last contact: CNIL, social and housing support; a year of logs; the rest ours.
DEFAULTS: Mapping[Kept, Rule] = MappingProxyType(
    {
        Kept.complaint_contact: Rule(730, "the complaint came", "CNIL, référentiel social 2023"),
        Kept.complaint_text: Rule(730, "the complaint was closed", "CNIL, référentiel social 2023"),
        Kept.mail: Rule(365, "the mail was written", "a year of logs, assumed"),
        Kept.import_file: Rule(30, "the file came", "time to import it again, assumed"),
        Kept.inspection_draft: Rule(90, "the draft was saved", "assumed"),
    }
)
SHORTEST, LONGEST = 1, 3650


def cutoffs(chosen: Mapping[str, int], now: datetime) -> dict[Kept, datetime]:
    """Tell of each kind the moment before which it is forgotten."""
    return {
        kind: now - timedelta(days=chosen.get(kind.value, rule.days))
        for kind, rule in DEFAULTS.items()
    }
