"""Take many places in one request, a declaration a line, each by its external id."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.registry_file import Place, Register
from inspections.store import accommodations, operators
from inspections.use_cases.import_accommodations import Taken, take_places
from inspections.use_cases.messages import KEEPERS_ONLY, NOT_YOURS, accommodation_changed
from inspections.use_cases.place_lines import BadLine, PlaceLine, bad_line, read_lines
from shared import feed
from shared.contracts.inspections.register import BulkReport, BulkRow, RowResult
from shared.problems import Problem, invalid

MOST_LINES, AT_ONCE = 10_000, 2_000
MOST_ERRORS = 100

Known = Mapping[str, tuple[UUID, UUID | None]]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends places: of which organisation and territories, and whether addresses are theirs."""

    organisation: UUID
    territories: Sequence[str]
    keeper: bool


async def upsert_accommodations(
    session: AsyncSession, sender: Sender, content: bytes, *, atomic: bool
) -> BulkReport:
    """Take the good lines, and tell what became of each; with `atomic`, all or none.

    A field that a line leaves out keeps its value; of a new place it has its default.

    Raises
    ------
    Problem : 422 more lines than may be sent at once, or with `atomic` one that cannot be taken
    """
    lines = [(n, it) for n, it in enumerate(content.split(b"\n"), start=1) if it.strip()]
    if len(lines) > MOST_LINES:
        raise invalid("/", f"{len(lines)} lines; send at most {MOST_LINES:,} at once")
    # Thousands of lines take a while; other requests are answered meanwhile.
    good, bad = await asyncio.to_thread(read_lines, lines)
    await accommodations.take_turn(session, sender.organisation)
    good, unknown = await _with_operators(session, good)
    taken = [await _take(session, sender, it) for it in _alike(good)]
    done, kept_out = await _outcome(session, sender, good, taken)
    refused = [*bad, *unknown, *kept_out]
    if atomic and refused:
        raise _refused_all(refused)
    events = [accommodation_changed(row) for it in taken for row in it.changed]
    await feed.append(session, sender.organisation, events)
    return _report(done, refused)


async def _with_operators(
    session: AsyncSession, lines: Sequence[PlaceLine]
) -> tuple[list[PlaceLine], list[BadLine]]:
    """Name the operators that lines tell by their ids."""
    names = await operators.names_of(session, (it.operator_id for it in lines if it.operator_id))
    good, bad = [], []
    for it in lines:
        place, name = it.place, names.get(it.operator_id) if it.operator_id else it.place.operator
        if name is None:
            why = "there is no such operator; see GET /v1/operators"
            bad.append(bad_line(it.number, place.external_id, "operator_id", why))
        elif place.operator not in {"", name}:
            why = f"operator_id is of {name!r}; send one of the two"
            bad.append(bad_line(it.number, place.external_id, "operator", why))
        else:
            good.append(replace(it, place=replace(place, operator=name)))
    return good, bad


def _alike(lines: Iterable[PlaceLine]) -> Iterable[Register]:
    """Give the lines by the columns they speak of, as many as a statement should write at once."""
    found: dict[frozenset[str], list[Place]] = defaultdict(list)
    for it in lines:
        found[it.columns].append(it.place)
    for columns, places in found.items():
        for begin in range(0, len(places), AT_ONCE):
            some = tuple(places[begin : begin + AT_ONCE])
            yield Register(columns, len(some), 0, some, ())


async def _take(session: AsyncSession, sender: Sender, register: Register) -> Taken:
    return await take_places(
        session,
        sender.organisation,
        sender.territories,
        register,
        dry_run=False,
        keeper=sender.keeper,
    )


async def _outcome(
    session: AsyncSession, sender: Sender, lines: Sequence[PlaceLine], taken: Sequence[Taken]
) -> tuple[list[BulkRow], list[BadLine]]:
    """Tell of lines that could be read what became of them."""
    names = [it.place.external_id for it in lines]
    known = await accommodations.called(session, names, sender.territories)
    results = {
        row.external_id: result
        for it in taken
        for result, rows in (
            (RowResult.created, it.done.created),
            (RowResult.updated, it.done.updated),
        )
        for row in rows
    }
    why = _reasons(lines, taken, known)
    done, bad = [], []
    for it in lines:
        name = it.place.external_id
        if name in why:
            bad.append(bad_line(it.number, name, *why[name]))
        else:
            result = results.get(name, RowResult.unchanged)
            done.append(BulkRow(line=it.number, external_id=name, result=result, id=known[name][0]))
    return done, bad


def _reasons(
    lines: Sequence[PlaceLine], taken: Sequence[Taken], known: Known
) -> dict[str, tuple[str, str]]:
    """Tell which places were left alone, by the field that keeps them out and why."""
    tried = {place.external_id for it in taken for place in it.places}
    why: dict[str, tuple[str, str]] = {}
    for it in lines:
        name = it.place.external_id
        if name not in tried:
            why[name] = ("postcode", f"territory {it.place.territory} is not one of yours")
        if known.get(name, (None, None))[1] is not None:
            why[name] = ("external_id", f"was merged into {known[name][1]}; send that one")
    for one in taken:
        why |= dict.fromkeys(one.done.hidden, ("external_id", NOT_YOURS))
        why |= dict.fromkeys(one.done.kept, ("external_id", KEEPERS_ONLY))
        why |= {name: (it.column, it.reason) for name, it in one.refused.items()}
    return why


def _report(done: Sequence[BulkRow], refused: Sequence[BadLine]) -> BulkReport:
    rows = [
        *done,
        *(
            BulkRow(
                line=it.number,
                external_id=it.external_id,
                result=RowResult.refused,
                errors=list(it.errors),
            )
            for it in refused
        ),
    ]
    counts = Counter(it.result for it in rows)
    return BulkReport(
        **{it.value: counts[it] for it in RowResult},
        rows=sorted(rows, key=lambda it: it.line),
    )


def _refused_all(refused: Sequence[BadLine]) -> Problem:
    """Say of all lines that cannot be taken why; nothing was written."""
    errors = [error for it in sorted(refused, key=lambda it: it.number) for error in it.errors]
    first = errors[0]
    detail = (
        f"{first.pointer}: {first.detail}. Of {len(refused)} lines like this none may be left; "
        "nothing was taken."
    )
    return Problem(422, "invalid-request", detail, errors=errors[:MOST_ERRORS])
