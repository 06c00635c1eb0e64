"""The grade of a place as of a day, apart from those of its inspections, which are frozen.

It knows what no single inspection does: what was found before and not seen to be right since,
what missed its deadline, and what came back.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from inspections.domain.checklist import DANGER, Checklist
from inspections.domain.grading import (
    INDEX_OF_B,
    INDEX_OF_C,
    MODERATE,
    SERIOUS,
    Grade,
    index_of,
)

METHOD = "place-1"
# What came back within twelve months weighs a quarter more.
REPEAT_WEIGHT = 1.25
# So long an item that was seen to be good is known to be good.
GOOD_FOR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Standing:
    """Something wrong that nobody has seen to be right: how bad when last seen, and how it stands.

    Only what the operator answers for belongs here.
    """

    item: str
    severity: int
    critical: bool
    overdue: bool
    repeat: bool


class GradeReason(StrEnum):
    """What decided the grade of a place."""

    danger = "danger"
    serious_overdue = "serious_overdue"
    serious = "serious"
    moderate_overdue = "moderate_overdue"
    moderate = "moderate"
    by_index = "by_index"
    nothing_wrong = "nothing_wrong"


@dataclass(frozen=True, slots=True)
class PlaceGrade:
    """The verdict on a place; None where nothing is known.

    `reason` decided the grade, and `count` is how many findings have it. `coverage` is the share
    of the items of the checklist that are known.
    """

    grade: Grade | None
    index: float | None
    coverage: float
    reason: GradeReason | None
    count: int


def grade_place(
    checklist: Checklist, good: AbstractSet[str], standing: Sequence[Standing]
) -> PlaceGrade:
    """Grade a place by what stands and by the items `good` that were seen to be good lately.

    The index is that of an inspection, repeats weighing more, over the items known; a finding of
    an item that the checklist has no more decides the grade still.
    """
    worst = _worst_by_item(checklist, good, standing)
    index = index_of(checklist, worst)
    coverage = len(worst) / len(checklist.items) if checklist.items else 0.0
    if index is None and not standing:
        return PlaceGrade(None, None, 0.0, None, 0)
    grade, reason, count = _decide(index or 0.0, standing)
    return PlaceGrade(grade, index, coverage, reason, count)


def worsened(grade: Grade, *, danger: bool, worst: int, worst_late: int) -> Grade:
    """Grade a place by its last inspection and by what stands: the worse of the two counts.

    `worst` and `worst_late` are the highest severities of what the operator answers for and of
    what of it is past its deadline, 0 for none.
    """
    if danger or worst_late >= SERIOUS:
        return Grade.D
    if worst >= SERIOUS or worst_late >= MODERATE:
        return max(grade, Grade.C)
    return max(grade, Grade.B) if worst >= MODERATE else grade


def _worst_by_item(
    checklist: Checklist, good: AbstractSet[str], standing: Iterable[Standing]
) -> Mapping[str, float]:
    worst = {code: 0.0 for code in checklist.items if code in good}
    for it in standing:
        if it.item in checklist.items:
            weighed = min(float(DANGER), it.severity * (REPEAT_WEIGHT if it.repeat else 1.0))
            worst[it.item] = max(weighed, worst.get(it.item, 0.0))
    return worst


def _decide(index: float, standing: Sequence[Standing]) -> tuple[Grade, GradeReason, int]:
    for grade, reason, found in (
        (Grade.D, GradeReason.danger, [it.critical for it in standing]),
        (Grade.D, GradeReason.serious_overdue, [_late(it, SERIOUS) for it in standing]),
        (Grade.C, GradeReason.serious, [it.severity >= SERIOUS for it in standing]),
        (Grade.C, GradeReason.moderate_overdue, [_late(it, MODERATE) for it in standing]),
        (Grade.C, GradeReason.by_index, [index >= INDEX_OF_C]),
        (Grade.B, GradeReason.moderate, [it.severity >= MODERATE for it in standing]),
        (Grade.B, GradeReason.by_index, [index >= INDEX_OF_B]),
    ):
        if any(found):
            return grade, reason, sum(found)
    return Grade.A, GradeReason.nothing_wrong, 0


def _late(it: Standing, severity: int) -> bool:
    return it.overdue and it.severity >= severity
