"""What a plan is solved with; imports little, since workers only pass it on."""

from dataclasses import dataclass
from pathlib import Path

from routing.store.roads import RoadSource


@dataclass(frozen=True, slots=True)
class Company:
    """How many processes search, and the file whose coming ends the search early."""

    processes: int = 1
    stop: Path | None = None


ALONE = Company()


@dataclass(frozen=True, slots=True)
class Means:
    """The roads, and how many processes search until when."""

    source: RoadSource
    company: Company = ALONE
