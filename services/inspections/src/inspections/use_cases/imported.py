"""What becomes of the records of a table: for whom they are taken, and how each fared."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.import_mapping import ImportMapping
from inspections.domain.import_records import Record, Source
from inspections.domain.import_rows import CellProblem
from inspections.store import imports
from inspections.store.accommodations import StandingPlace
from inspections.use_cases.record_inspections import Recorder
from shared.problems import Problem

Done = TypeVar("Done")
NO_PLACE = (
    "is no accommodation you may see; import the register first, or name the system whose ids "
    "they are"
)


class Fate(StrEnum):
    """What became of a record."""

    created = "created"
    updated = "updated"
    unchanged = "unchanged"
    rejected = "rejected"


@dataclass(frozen=True, slots=True)
class Importer:
    """For whom a table is imported, from where and by which mapping."""

    recorder: Recorder
    keeper: bool
    source: Source
    mapping: ImportMapping
    dry_run: bool
    checklist_version: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a record fared, and why it was not taken if it was not."""

    fate: Fate
    problems: tuple[CellProblem, ...] = ()


Outcomes = dict[str, Outcome]
Take = Callable[[AsyncSession, Importer, Sequence[Record]], Awaitable[Outcomes]]


def rejected(record: Record, column: str, value: object, reason: str) -> Outcome:
    """Reject a record: each of its lines is told why."""
    told = "" if value is None else str(value)[:200]
    code = "no_such_place" if reason is NO_PLACE else "not_taken"
    problems = tuple(CellProblem(line, column, told, code, reason) for line in record.lines)
    return Outcome(Fate.rejected, problems)


def refusal(record: Record, error: Problem | ValidationError) -> Outcome:
    """Reject a record for what another part of the record says of it."""
    if isinstance(error, Problem):
        pointer = error.errors[0].pointer if error.errors else ""
        column = pointer.rpartition("/")[2]
        return rejected(record, "" if column.isdecimal() else column, "", error.detail)
    first = error.errors()[0]
    column = ".".join(str(it) for it in first["loc"])
    return rejected(record, column, first.get("input"), f"{first['msg']}; put it right")


async def at_places(
    session: AsyncSession, importer: Importer, records: Iterable[Record], outcomes: Outcomes
) -> list[tuple[Record, StandingPlace]]:
    """Find the places of records; those without are rejected."""
    given = list(records)
    places = await imports.places_named(
        session,
        [str(it.values["place"]) for it in given],
        importer.mapping.system,
        importer.recorder.territories,
    )
    found = []
    for it in given:
        place = places.get(str(it.values["place"]))
        if place is None:
            outcomes[it.identity] = rejected(it, "place", it.values["place"], NO_PLACE)
        else:
            found.append((it, place))
    return found


async def leaving_out(
    session: AsyncSession,
    sent: Mapping[str, Done],
    take: Callable[[Sequence[Done]], Awaitable[Mapping[str, int]]],
    refuse: Callable[[str, Problem], None],
) -> Mapping[str, int]:
    """Take what is sent, by identity, all at once, leaving out what is refused one by one.

    Returns
    -------
    What `take` counted of those that were taken.
    """
    left = dict(sent)
    while left:
        try:
            async with session.begin_nested():
                return await take(list(left.values()))
        except Problem as error:
            identity = list(left)[_position(error)]
            refuse(identity, error)
            del left[identity]
    return {}


def _position(error: Problem) -> int:
    """Read which item of a batch a problem is about: `/items/7/day`."""
    pointer = error.errors[0].pointer if error.errors else error.detail
    number = pointer.removeprefix("/items/").partition("/")[0].partition(":")[0]
    if not number.isdecimal():
        raise error
    return int(number)
