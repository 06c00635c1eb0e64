from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.anomaly import Responsibility
from inspections.domain.checklist import Checklist, Scope
from inspections.domain.checklist_file import parse_items
from inspections.domain.grading import (
    Answer,
    AnswerError,
    Assessment,
    Grade,
    Parts,
    Unanswered,
    assess,
)

ITEMS = parse_items(files("inspections").joinpath("store/default_checklist.csv").read_bytes())
CHECKLIST = Checklist("default", 1, {item.code: item for item in ITEMS})
RANK = {None: 0, Grade.A: 1, Grade.B: 2, Grade.C: 3, Grade.D: 4}
SEVERITIES = st.integers(0, 4)
RESPONSIBILITIES = st.sampled_from([None, None, *Responsibility])
VALUES = st.one_of(SEVERITIES, st.sampled_from(Unanswered))


@st.composite
def answers(draw: st.DrawFn) -> list[Answer]:
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(list(CHECKLIST.items)), st.sampled_from([None, "1", "2"])),
            unique=True,
            max_size=30,
        )
    )
    return [
        Answer(item, draw(VALUES), room, responsibility=draw(RESPONSIBILITIES))
        for item, room in keys
    ]


def without(item: str) -> Checklist:
    kept = {code: one for code, one in CHECKLIST.items.items() if code != item}
    return replace(CHECKLIST, items=kept)


def not_better(after: Assessment, before: Assessment) -> bool:
    """Neither the grade, nor any index (but for the last digit of a sum) is better."""
    indices = [
        (after.index, before.index),
        (after.parts.place, before.parts.place),
        (after.parts.rooms_mean, before.parts.rooms_mean),
        (after.parts.rooms_worst, before.parts.rooms_worst),
    ]
    no_index = all((one or 0.0) >= (other or 0.0) - 1e-9 for one, other in indices)
    return no_index and RANK[after.grade] >= RANK[before.grade]


@given(answers(), st.data())
def test_a_worse_answer_never_gives_a_better_verdict(given_: list[Answer], data: st.DataObject):
    graded = [n for n, answer in enumerate(given_) if not isinstance(answer.value, Unanswered)]
    if not graded:
        return
    position = data.draw(st.sampled_from(graded))
    answer = given_[position]
    assert not isinstance(answer.value, Unanswered)
    worse = replace(answer, value=data.draw(st.integers(answer.value, 4)))
    after = [*given_[:position], worse, *given_[position + 1 :]]

    assert not_better(assess(CHECKLIST, after), assess(CHECKLIST, given_))


@given(answers(), st.sampled_from(list(CHECKLIST.items)))
def test_not_applicable_is_as_if_the_item_were_not_on_the_checklist(
    given_: list[Answer], item: str
) -> None:
    others = [answer for answer in given_ if answer.item != item]

    marked = assess(CHECKLIST, [*others, Answer(item, Unanswered.not_applicable)])

    assert marked == assess(without(item), others)


@given(answers(), st.sampled_from(list(CHECKLIST.items)))
def test_not_seen_changes_no_verdict_and_covers_nothing(given_: list[Answer], item: str) -> None:
    others = [answer for answer in given_ if answer.item != item]
    silent = assess(CHECKLIST, others)

    not_seen = assess(CHECKLIST, [*others, Answer(item, Unanswered.not_seen)])
    good = assess(CHECKLIST, [*others, Answer(item, 0)])

    assert not_seen == silent
    assert not_seen.coverage < good.coverage


@given(answers(), st.data())
def test_what_was_good_and_is_not_seen_never_gives_a_better_verdict(
    given_: list[Answer], data: st.DataObject
) -> None:
    good = [n for n, answer in enumerate(given_) if answer.value == 0]
    if not good:
        return
    position = data.draw(st.sampled_from(good))
    unseen = replace(given_[position], value=Unanswered.not_seen)
    before = assess(CHECKLIST, given_)

    after = assess(CHECKLIST, [*given_[:position], unseen, *given_[position + 1 :]])

    assert after.index is None or not_better(after, before)
    assert after.coverage <= before.coverage
    assert after.findings == before.findings


@given(answers())
def test_a_household_that_lets_nobody_in_changes_no_verdict(given_: list[Answer]) -> None:
    refused = [Answer(item, Unanswered.not_seen, "99") for item in CHECKLIST.items]

    after = assess(CHECKLIST, [*given_, *refused])
    before = assess(CHECKLIST, given_)

    assert (after.index, after.grade, after.findings, after.parts) == (
        before.index,
        before.grade,
        before.findings,
        before.parts,
    )


@given(answers(), st.sampled_from([it for it in Responsibility if it != Responsibility.operator]))
def test_what_the_operator_does_not_answer_for_grades_nobody(
    given_: list[Answer], who: Responsibility
) -> None:
    theirs = [replace(answer, responsibility=who) for answer in given_]

    verdict = assess(CHECKLIST, theirs)

    assert (verdict.index, verdict.grade, verdict.parts) == (None, None, Parts())
    assert [(it.item, it.severity) for it in verdict.findings] == [
        (it.item, it.value) for it in given_ if not isinstance(it.value, Unanswered) and it.value
    ]


def test_a_danger_that_is_not_the_operators_is_critical_and_leaves_his_grade() -> None:
    verdict = assess(
        CHECKLIST,
        [
            Answer("wires", 4, "12", responsibility=Responsibility.household),
            Answer("leak", 1, "12"),
            *(Answer(item, 0) for item in ("mould", "noise")),
        ],
    )

    assert verdict.grade == Grade.A
    assert [(it.item, it.critical, it.grades) for it in verdict.findings] == [
        ("wires", True, False),
        ("leak", False, True),
    ]
    assert verdict.coverage == pytest.approx(4 / 44)


def test_the_parts_of_a_place_have_an_index_of_their_own() -> None:
    assert CHECKLIST.items["stairs"].scope == Scope.common_parts
    verdict = assess(
        CHECKLIST,
        [
            Answer("stairs", 1),
            Answer("leak", 4, "1"),
            Answer("noise", 0, "1"),
            Answer("leak", 0, "2"),
            Answer("mould", Unanswered.not_seen, "3"),
        ],
    )

    worst = 100 * (4 * 4) / (4 * (4 + 2))
    assert verdict.parts == Parts(
        place=pytest.approx(25.0),
        rooms_mean=pytest.approx((worst + 0) / 2),
        rooms_worst=pytest.approx(worst),
    )


@given(answers())
def test_index_and_coverage_stay_within_their_bounds(given_: list[Answer]) -> None:
    verdict = assess(CHECKLIST, given_)

    assert verdict.index is None or 0 <= verdict.index <= 100
    assert 0 <= verdict.coverage <= 1


def test_the_index_weighs_answered_items_and_the_worst_room_counts() -> None:
    verdict = assess(
        CHECKLIST,
        [
            Answer("leak", 1, "12"),
            Answer("leak", 3, "14", note="ceiling"),
            Answer("noise", 0),
            Answer("mould", Unanswered.not_seen),
        ],
    )

    assert verdict.index == pytest.approx(100 * (4 * 3) / (4 * (4 + 2)))
    assert verdict.coverage == pytest.approx(2 / 44)
    assert [(f.item, f.room, f.severity, f.note) for f in verdict.findings] == [
        ("leak", "12", 1, None),
        ("leak", "14", 3, "ceiling"),
    ]


@pytest.mark.parametrize(
    ("given_", "grade"),
    [
        ([Answer("noise", 0)], Grade.A),
        ([Answer("noise", 1), *(Answer(i, 0) for i in ("mould", "leak"))], Grade.A),
        ([Answer("noise", 1)], Grade.B),
        ([Answer("noise", 2), *(Answer(i, 0) for i in ("mould", "leak", "wires"))], Grade.B),
        ([Answer("noise", 2)], Grade.C),
        ([Answer("noise", 3), *(Answer(i, 0) for i in ("mould", "leak", "wires"))], Grade.C),
        ([Answer("noise", 4), *(Answer(i, 0) for i in CHECKLIST.items if i != "noise")], Grade.D),
        ([Answer("gas_co", 1), *(Answer(i, 0) for i in CHECKLIST.items if i != "gas_co")], Grade.D),
        ([Answer("noise", Unanswered.not_seen)], None),
        ([], None),
    ],
)
def test_the_worst_finding_decides_the_grade(given_: list[Answer], grade: Grade | None) -> None:
    assert assess(CHECKLIST, given_).grade == grade


def test_a_place_where_nothing_applies_is_covered_by_nothing() -> None:
    nothing = [Answer(item, Unanswered.not_applicable) for item in CHECKLIST.items]

    assert assess(CHECKLIST, nothing) == Assessment(None, 0.0, None, ())


@pytest.mark.parametrize(
    ("given_", "position", "reason"),
    [
        ([Answer("leak", 0), Answer("roof", 0)], 1, "'roof' is not an item of checklist 'default'"),
        ([Answer("leak", 0, "1"), Answer("leak", 2, "1")], 1, "'leak' is answered twice"),
    ],
)
def test_an_answer_off_the_checklist_is_refused_by_its_position(
    given_: list[Answer], position: int, reason: str
) -> None:
    with pytest.raises(AnswerError, match=reason) as caught:
        assess(CHECKLIST, given_)

    assert (caught.value.position, caught.value.field) == (position, "item")
