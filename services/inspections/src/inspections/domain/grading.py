"""What an inspection says of a place: findings, insalubrity index, coverage and grade."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from inspections.domain.anomaly import Responsibility
from inspections.domain.checklist import DANGER, Checklist, Item, Scope

# The name of the formulas below; another formula is another name, and old verdicts keep theirs.
METHOD = "insalubrity-1"
SERIOUS = 3
MODERATE = 2
INDEX_OF_C = 40.0
INDEX_OF_B = 15.0


class AnswerError(ValueError):
    """An answer that does not fit its checklist; `position` counts from 0 in the answers."""

    def __init__(self, position: int, field: str, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.field = field
        self.reason = reason


class Unanswered(StrEnum):
    """Why an item has no severity."""

    not_applicable = "not_applicable"
    not_seen = "not_seen"


class Grade(StrEnum):
    """How fit a place is to house people, A good to D dangerous."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was seen of one item, 0 good to 4 danger; without `room`, of the whole place.

    `responsibility` is None where nobody said who answers for it.
    """

    item: str
    value: int | Unanswered
    room: str | None = None
    note: str | None = None
    responsibility: Responsibility | None = None


@dataclass(frozen=True, slots=True)
class GradedFinding:
    """Something wrong that was seen: an answer of 1 to 4."""

    item: str
    category: str
    room: str | None
    severity: int
    critical: bool
    note: str | None
    responsibility: Responsibility | None = None

    @property
    def grades(self) -> bool:
        """Tell whether it counts in the operator's grade."""
        return _is_the_operators(self.responsibility)


@dataclass(frozen=True, slots=True)
class Parts:
    """The index of the parts of a place, each None when nothing of it was answered.

    `place` is all but rooms; of the rooms the mean and the worst, each room weighing the same.
    """

    place: float | None = None
    rooms_mean: float | None = None
    rooms_worst: float | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict of one inspection; it never changes once given.

    `index` and `grade` are None when nothing was answered: not seen is not good. `coverage`
    is the share of the applicable items that were answered.
    """

    index: float | None
    coverage: float
    grade: Grade | None
    findings: tuple[GradedFinding, ...]
    parts: Parts = Parts()


def assess(checklist: Checklist, answers: Sequence[Answer]) -> Assessment:
    """Grade the answers of one inspection.

    The index is 100 Σ(w·s) / Σ(4·w) over the answered items only, the worst room of an item
    counting. Items that are not applicable leave both the index and the coverage alone;
    items not seen leave the index alone and lower the coverage. What somebody else than the
    operator answers for is a finding like any other, and neither in the index nor in the grade.

    Raises
    ------
    AnswerError : for an unknown item, or the same item of the same room answered twice.
    """
    _check(checklist, answers)
    answered = {it.item for it in answers if not isinstance(it.value, Unanswered)}
    not_applicable = {answer.item for answer in answers} - _wanted(answers)
    applicable = len(checklist.items) - len(not_applicable)
    findings = tuple(_findings(checklist, answers))
    index = index_of(checklist, _worst_by_item(answers))
    return Assessment(
        index=index,
        coverage=len(answered) / applicable if applicable else 0.0,
        grade=None if index is None else _grade(index, findings),
        findings=findings,
        parts=_parts(checklist, answers),
    )


def index_of(checklist: Checklist, worst: Mapping[str, float]) -> float | None:
    """Give the insalubrity index of severities by item; None when there is none."""
    if not worst:
        return None
    weight = {code: checklist.items[code].weight for code in worst}
    found = sum(weight[code] * severity for code, severity in worst.items())
    return 100.0 * found / (DANGER * sum(weight.values()))


def _check(checklist: Checklist, answers: Sequence[Answer]) -> None:
    seen: set[tuple[str, str | None]] = set()
    for position, answer in enumerate(answers):
        if answer.item not in checklist.items:
            raise AnswerError(
                position,
                "item",
                f"{answer.item!r} is not an item of checklist {checklist.code!r} "
                f"version {checklist.version}; use one of its codes",
            )
        key = (answer.item, answer.room)
        if key in seen:
            raise AnswerError(
                position,
                "item",
                f"{answer.item!r} is answered twice for the same room; keep one answer",
            )
        seen.add(key)


def _wanted(answers: Sequence[Answer]) -> set[str]:
    """Items with at least one answer other than not applicable."""
    return {answer.item for answer in answers if answer.value != Unanswered.not_applicable}


def _worst_by_item(answers: Iterable[Answer]) -> dict[str, int]:
    worst: dict[str, int] = {}
    for answer in answers:
        if not isinstance(answer.value, Unanswered) and _is_the_operators(answer.responsibility):
            worst[answer.item] = max(answer.value, worst.get(answer.item, 0))
    return worst


def _is_the_operators(responsibility: Responsibility | None) -> bool:
    return responsibility in {None, Responsibility.operator}


def _parts(checklist: Checklist, answers: Iterable[Answer]) -> Parts:
    elsewhere: list[Answer] = []
    rooms: dict[str | None, list[Answer]] = {}
    for answer in answers:
        in_room = checklist.items[answer.item].scope == Scope.room
        (rooms.setdefault(answer.room, []) if in_room else elsewhere).append(answer)
    indices = [index_of(checklist, _worst_by_item(its)) for its in rooms.values()]
    known = [index for index in indices if index is not None]
    return Parts(
        place=index_of(checklist, _worst_by_item(elsewhere)),
        rooms_mean=sum(known) / len(known) if known else None,
        rooms_worst=max(known, default=None),
    )


def _findings(checklist: Checklist, answers: Iterable[Answer]) -> Iterable[GradedFinding]:
    for answer in answers:
        if not isinstance(answer.value, Unanswered) and answer.value > 0:
            yield _finding(checklist.items[answer.item], answer, answer.value)


def _finding(item: Item, answer: Answer, severity: int) -> GradedFinding:
    return GradedFinding(
        item=item.code,
        category=item.category,
        room=answer.room,
        severity=severity,
        critical=item.is_critical(severity),
        note=answer.note,
        responsibility=answer.responsibility,
    )


def _grade(index: float, findings: Sequence[GradedFinding]) -> Grade:
    """Let the worst finding decide, so that an average never hides it."""
    counted = [finding for finding in findings if finding.grades]
    worst = max((finding.severity for finding in counted), default=0)
    if any(finding.critical for finding in counted):
        return Grade.D
    if worst >= SERIOUS or index >= INDEX_OF_C:
        return Grade.C
    if worst >= MODERATE or index >= INDEX_OF_B:
        return Grade.B
    return Grade.A
