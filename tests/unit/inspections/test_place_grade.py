from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.checklist import Checklist
from inspections.domain.checklist_file import parse_items
from inspections.domain.grading import Answer, Grade, assess
from inspections.domain.place_grade import GradeReason, PlaceGrade, Standing, grade_place, worsened

ITEMS = parse_items(files("inspections").joinpath("store/default_checklist.csv").read_bytes())
CHECKLIST = Checklist("default", 1, {item.code: item for item in ITEMS})
RANK = {None: 0, Grade.A: 1, Grade.B: 2, Grade.C: 3, Grade.D: 4}
CODES = st.sampled_from([*CHECKLIST.items, "gone_from_the_checklist"])
STANDING = st.builds(
    Standing,
    item=CODES,
    severity=st.integers(1, 4),
    critical=st.booleans(),
    overdue=st.booleans(),
    repeat=st.booleans(),
)
GOOD = st.frozensets(CODES)
MOST = frozenset(CHECKLIST.items)
LEAK = Standing("leak", 1, critical=False, overdue=False, repeat=False)


def not_better(after: PlaceGrade, before: PlaceGrade) -> bool:
    no_index = (after.index or 0.0) >= (before.index or 0.0) - 1e-9
    return no_index and RANK[after.grade] >= RANK[before.grade]


@given(GOOD, st.lists(STANDING, min_size=1, max_size=8), st.data())
def test_a_finding_that_is_worse_late_or_back_never_betters_the_place(
    good: frozenset[str], standing: list[Standing], data: st.DataObject
) -> None:
    position = data.draw(st.integers(0, len(standing) - 1))
    it = standing[position]
    worse = replace(
        it,
        severity=data.draw(st.integers(it.severity, 4)),
        critical=it.critical or data.draw(st.booleans()),
        overdue=it.overdue or data.draw(st.booleans()),
        repeat=it.repeat or data.draw(st.booleans()),
    )
    after = [*standing[:position], worse, *standing[position + 1 :]]

    assert not_better(grade_place(CHECKLIST, good, after), grade_place(CHECKLIST, good, standing))


@given(GOOD, st.lists(STANDING, max_size=8), CODES)
def test_what_is_not_known_to_be_good_any_more_never_betters_the_place(
    good: frozenset[str], standing: list[Standing], item: str
) -> None:
    known = grade_place(CHECKLIST, good | {item}, standing)
    forgotten = grade_place(CHECKLIST, good - {item}, standing)

    assert forgotten.grade is None or not_better(forgotten, known)
    assert forgotten.coverage <= known.coverage


@given(st.dictionaries(st.sampled_from(list(CHECKLIST.items)), st.integers(0, 4), min_size=1))
def test_a_place_seen_once_has_the_grade_and_index_of_its_inspection(seen: dict[str, int]) -> None:
    inspection = assess(CHECKLIST, [Answer(item, value) for item, value in seen.items()])
    standing = [
        Standing(it.item, it.severity, it.critical, overdue=False, repeat=False)
        for it in inspection.findings
    ]

    place = grade_place(CHECKLIST, {item for item in seen if not seen[item]}, standing)

    assert (place.grade, place.index) == (inspection.grade, pytest.approx(inspection.index))
    assert place.coverage == pytest.approx(inspection.coverage)


@pytest.mark.parametrize(
    ("standing", "grade", "reason", "count"),
    [
        ([], Grade.A, GradeReason.nothing_wrong, 0),
        ([LEAK], Grade.A, GradeReason.nothing_wrong, 0),
        ([replace(LEAK, overdue=True)], Grade.A, GradeReason.nothing_wrong, 0),
        ([replace(LEAK, severity=2)] * 2, Grade.B, GradeReason.moderate, 2),
        ([replace(LEAK, severity=2, overdue=True)], Grade.C, GradeReason.moderate_overdue, 1),
        ([replace(LEAK, severity=3)], Grade.C, GradeReason.serious, 1),
        ([replace(LEAK, severity=3, overdue=True)], Grade.D, GradeReason.serious_overdue, 1),
        ([LEAK, replace(LEAK, critical=True)], Grade.D, GradeReason.danger, 1),
    ],
)
def test_the_worst_that_stands_decides_and_what_is_late_counts_more(
    standing: list[Standing], grade: Grade, reason: GradeReason, count: int
) -> None:
    verdict = grade_place(CHECKLIST, MOST, standing)

    assert (verdict.grade, verdict.reason, verdict.count) == (grade, reason, count)
    assert verdict.coverage == 1.0


def test_many_minor_findings_are_told_by_the_index() -> None:
    minor = [replace(LEAK, item=code) for code in CHECKLIST.items]

    once = grade_place(CHECKLIST, frozenset(), minor)
    again = grade_place(CHECKLIST, frozenset(), [replace(it, repeat=True) for it in minor])
    worse = grade_place(
        CHECKLIST, frozenset(), [replace(it, severity=2, repeat=True) for it in minor]
    )

    assert (once.grade, once.reason, once.index) == (Grade.B, GradeReason.by_index, 25.0)
    assert again.index == pytest.approx(25 * 1.25)
    assert (worse.grade, worse.reason) == (Grade.C, GradeReason.by_index)


def test_a_repeat_never_weighs_more_than_a_danger() -> None:
    worst = [replace(LEAK, severity=4, critical=True, repeat=True)]

    assert grade_place(CHECKLIST, frozenset(), worst).index == 100.0


def test_what_is_not_on_the_checklist_any_more_decides_still() -> None:
    verdict = grade_place(
        CHECKLIST, frozenset(), [replace(LEAK, item="gone", severity=3, overdue=True)]
    )

    assert verdict == PlaceGrade(Grade.D, None, 0.0, GradeReason.serious_overdue, 1)


def test_a_place_of_which_nothing_is_known_has_no_grade() -> None:
    assert grade_place(CHECKLIST, frozenset(), []) == PlaceGrade(None, None, 0.0, None, 0)
    empty = Checklist("empty", 1, {})
    assert grade_place(empty, frozenset(), []) == PlaceGrade(None, None, 0.0, None, 0)
    assert grade_place(empty, frozenset(), [LEAK]).coverage == 0.0


@given(st.sampled_from(Grade), st.lists(STANDING, min_size=1, max_size=8))
def test_the_interval_of_visits_goes_by_what_stands_as_the_grade_of_the_place_does(
    last: Grade, standing: list[Standing]
) -> None:
    told = worsened(
        last,
        danger=any(it.critical for it in standing),
        worst=max(it.severity for it in standing),
        worst_late=max((it.severity for it in standing if it.overdue), default=0),
    )
    whole = grade_place(CHECKLIST, MOST, standing)

    assert RANK[told] >= RANK[last]
    if whole.reason not in {GradeReason.by_index, GradeReason.nothing_wrong}:
        assert RANK[told] == max(RANK[last], RANK[whole.grade])
