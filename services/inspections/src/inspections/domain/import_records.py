"""Turn the rows of a table into records of their kind, each known again when it comes again."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID, uuid5

from inspections.domain.import_fields import Kind
from inspections.domain.import_rows import CellProblem, ReadRow
from inspections.domain.registry_cells import key_of

# So that the same row of the same source is the same record in every import.
NAMESPACE = UUID("5b2ac1e2-6f0c-5c0e-9d3a-6d7f10a4c4e1")
NOTE_LENGTH = 2000
# Rows that make no record of their own, and are only counted.
SILENT_AT_ONCE = 10_000
# What is noticed is counted in full and shown so often.
EXAMPLES = 100
SHARED = frozenset({"place", "occurred_at", "known_at", "visit"})
ANSWERED = ("severity", "room", "note", "responsibility")
# Records of these kinds that have no key may be several alike: they are numbered.
REPEATABLE = frozenset({Kind.visits, Kind.inspections, Kind.complaints})


@dataclass(slots=True)
class Record:
    """Something of the record that one or several rows tell; `identity` is of its source."""

    identity: str
    lines: list[int]
    values: dict[str, object]


@dataclass(slots=True)
class Batch:
    """Some of a table's records in the order of its rows, with what became of the other rows."""

    records: list[Record] = field(default_factory=list)
    rows: int = 0
    rejected: int = 0
    doubles: int = 0
    problems: list[CellProblem] = field(default_factory=list)
    noticed: Counter[str] = field(default_factory=Counter)
    examples: list[CellProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Source:
    """Whose rows they are, and by what name: identities of two sources never meet."""

    organisation: UUID
    name: str

    def id_of(self, kind: Kind, identity: str) -> UUID:
        """Give the id of a record of this source."""
        return uuid5(NAMESPACE, joined(str(self.organisation), self.name, kind, identity))


def joined(*texts: str) -> str:
    """Join what makes a record itself, so that no two lists of texts give the same."""
    return "\x1f".join(texts)


@dataclass(slots=True)
class _Unit:
    """A record with its rows, or rows that make none."""

    batch: Batch
    record: Record | None = None


class Gathering:
    """The records of a table while its rows are told, in the order of their first rows."""

    def __init__(self, kind: Kind, items: Mapping[str, str]) -> None:
        self._kind = kind
        self._items = items
        self._units: list[_Unit] = []
        self._records: dict[str, Record] = {}
        self._raw: dict[tuple[str, ...], int] = {}
        self._keys: dict[str, int] = {}
        self._shown: Counter[str] = Counter()

    def tell(self, row: ReadRow) -> None:
        """Take one row into account."""
        unit = _Unit(Batch(rows=1, noticed=Counter(it.code for it in row.noticed)))
        unit.batch.examples = [it for it in row.noticed if self._is_to_be_shown(it)]
        problem = self._place(row, unit)
        if problem is not None or row.problems:
            unit.batch.rejected = 1
            unit.batch.problems = [*row.problems, *([problem] if problem else [])]
        self._raw.setdefault(row.raw, row.line)
        self._units.append(unit)

    def _is_to_be_shown(self, it: CellProblem) -> bool:
        self._shown[it.code] += 1
        return self._shown[it.code] <= EXAMPLES

    def _place(self, row: ReadRow, unit: _Unit) -> CellProblem | None:
        """Let a row make a record or join one; return why it does neither."""
        before = self._raw.get(row.raw)
        if before is not None:
            if row.values is not None:
                self._note_double(row, before, unit)
            return None
        if row.values is None:
            return None
        if self._kind == Kind.findings:
            return self._join(row, row.values, unit)
        return self._begin(row, row.values, unit)

    def _note_double(self, row: ReadRow, before: int, unit: _Unit) -> None:
        unit.batch.doubles = 1
        noticed = CellProblem(row.line, "", "", "double", f"says what line {before} says")
        unit.batch.noticed[noticed.code] += 1
        if self._is_to_be_shown(noticed):
            unit.batch.examples.append(noticed)

    def _begin(self, row: ReadRow, values: Mapping[str, object], unit: _Unit) -> CellProblem | None:
        identity = identity_of(self._kind, row.texts, values)
        keyed = bool(values.get("key")) or self._kind not in REPEATABLE
        number = self._keys.get(identity, 0)
        told: dict[str, object] = dict(row.texts if self._kind in WHOLE_TEXTS else values)
        if row.answers:
            told["answers"] = [{"item": item, "value": it} for item, it in row.answers.items()]
        if keyed and identity in self._records:
            first = self._records[identity]
            line = first.lines[0]
            if first.values == told:
                self._note_double(row, line, unit)
                return None
            name, value = _naming(self._kind, values)
            reason = f"is already on line {line} with other content; keep one of them"
            return CellProblem(row.line, name, value, "key_twice", reason)
        self._keys[identity] = number + 1
        unit.record = Record(_numbered(identity, number), [row.line], told)
        self._records[identity] = unit.record
        return None

    def _join(self, row: ReadRow, values: Mapping[str, object], unit: _Unit) -> CellProblem | None:
        """Make a finding an answer of its inspection, which the first of them begins."""
        item = self._items.get(key_of(str(values["item"])))
        if item is None:
            reason = "is no item of the checklist; say in the mapping's values which one it means"
            return CellProblem(row.line, "item", str(values["item"]), "no_such_item", reason)
        key = str(values["key"] or "")
        if key and key in self._keys:
            reason = f"is already on line {self._keys[key]} with other content; keep one of them"
            return CellProblem(row.line, "key", key, "key_twice", reason)
        if key:
            self._keys[key] = row.line
        identity = identity_of(self._kind, row.texts, values)
        known = self._records.get(identity)
        if known is None:
            unit.record = Record(
                identity,
                [row.line],
                {name: values[name] for name in SHARED} | {"answers": [_answer(item, values)]},
            )
            self._records[identity] = unit.record
        else:
            self._add(known, row, _answer(item, values), unit)
        return None

    def _add(self, record: Record, row: ReadRow, answer: dict[str, object], unit: _Unit) -> None:
        record.lines.append(row.line)
        answers = record.values["answers"]
        same = [it for it in answers if _subject(it) == _subject(answer)]  # type: ignore[attr-defined] # a list of ours
        if not same:
            answers.append(answer)  # type: ignore[attr-defined] # likewise
            return
        _merge(same[0], answer)
        unit.batch.noticed["merged"] += 1
        noticed = CellProblem(
            row.line,
            "item",
            str(answer["item"]),
            "merged",
            "the same item and room in one inspection: the worst counts, notes are joined",
        )
        if self._is_to_be_shown(noticed):
            unit.batch.examples.append(noticed)

    def batches(self, size: int) -> Iterator[Batch]:
        """Give what was gathered, so many records at once.

        Inspections come place by place, oldest first: to continue its anomalies, a place is then
        read once or twice instead of with every batch.
        """
        telling = [it for it in self._units if it.record is not None]
        silent = [it for it in self._units if it.record is None]
        if self._kind in {Kind.inspections, Kind.findings}:
            telling.sort(key=_place_and_time)
        for units, at_once in ((telling, size), (silent, SILENT_AT_ONCE)):
            rest = iter(units)
            while some := list(islice(rest, at_once)):
                yield _together(some)


# Kinds whose rows are read again where they are taken, from their texts.
WHOLE_TEXTS = frozenset({Kind.accommodations})


def _place_and_time(it: _Unit) -> tuple[str, str]:
    values = {} if it.record is None else it.record.values
    return str(values.get("place")), str(values.get("occurred_at"))


def _together(units: Sequence[_Unit]) -> Batch:
    whole = Batch()
    for it in units:
        whole.rows += it.batch.rows
        whole.rejected += it.batch.rejected
        whole.doubles += it.batch.doubles
        whole.problems += it.batch.problems
        whole.noticed.update(it.batch.noticed)
        whole.examples += it.batch.examples
        if it.record is not None:
            whole.records.append(it.record)
    return whole


def _text_of(values: Mapping[str, object], *names: str) -> str:
    return joined(*(str(values.get(name) or "") for name in names))


_BY_CONTENT: Mapping[Kind, Callable[[Mapping[str, str], Mapping[str, object]], str]] = {
    Kind.accommodations: lambda _, values: _text_of(values, "external_id"),
    Kind.checklist: lambda _, values: _text_of(values, "code"),
    Kind.occupancy: lambda _, values: _text_of(values, "place", "day"),
    Kind.visits: lambda _, values: _text_of(values, "place", "scheduled_at", "kind"),
    Kind.inspections: lambda texts, _: joined(*(f"{n}={it}" for n, it in texts.items() if it)),
    Kind.complaints: lambda texts, _: joined(*(f"{n}={it}" for n, it in texts.items() if it)),
    Kind.findings: lambda _, values: _text_of(values, "place", "occurred_at"),
}


def identity_of(kind: Kind, texts: Mapping[str, str], values: Mapping[str, object]) -> str:
    """Tell what makes a row's record itself: its key, or else what it says."""
    if kind == Kind.findings:
        for name in ("inspection", "visit"):
            if values.get(name):
                return joined(name, str(values[name]))
    elif values.get("key"):
        return joined("key", str(values["key"]))
    return _BY_CONTENT[kind](texts, values)


def _numbered(identity: str, number: int) -> str:
    return identity if number == 0 else joined(identity, str(number))


def _naming(kind: Kind, values: Mapping[str, object]) -> tuple[str, str]:
    name = {Kind.accommodations: "external_id", Kind.checklist: "code", Kind.occupancy: "day"}
    column = name.get(kind, "key")
    return column, str(values.get(column) or "")


def _subject(answer: Mapping[str, object]) -> tuple[object, object]:
    return answer["item"], answer.get("room")


def _answer(item: str, values: Mapping[str, object]) -> dict[str, object]:
    told = {name: values[name] for name in ANSWERED if values[name] not in {None, ""}}
    return {"item": item, "value": told.pop("severity")} | told


def _merge(into: dict[str, object], answer: Mapping[str, object]) -> None:
    into["value"] = max(int(str(into["value"])), int(str(answer["value"])))
    notes = [str(it["note"]) for it in (into, answer) if it.get("note")]
    if notes:
        into["note"] = " | ".join(notes)[:NOTE_LENGTH]


def items_by_word(labels: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Give the codes of items by their codes and labels, as `key_of` reduces them."""
    known = {key_of(label): code for code, its in labels.items() for label in its}
    return known | {key_of(code): code for code in labels}
