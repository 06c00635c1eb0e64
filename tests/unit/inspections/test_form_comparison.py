from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.form_comparison import Difference, FilledForm, differences

KEYS = st.tuples(st.sampled_from(["leak", "mould"]), st.sampled_from([None, "1", "2"]))
VALUES = st.tuples(st.integers(0, 4) | st.just("not_seen"), st.sampled_from(["", "wet"]))
FORMS = st.builds(
    FilledForm,
    outcome=st.sampled_from(["done", "refused"]),
    checklist=st.sampled_from(["default 1", "default 2"]),
    rooms_seen=st.integers(0, 3),
    answers=st.dictionaries(KEYS, VALUES),
    rooms=st.dictionaries(st.sampled_from("12"), st.sampled_from(["household_refused"])),
)
FORM = FilledForm("done", "default 1", 2, {("leak", "1"): (3, ""), ("mould", None): (0, "dry")})


@given(FORMS, FORMS)
def test_forms_differ_only_where_one_says_otherwise_and_both_ways_alike(
    one: FilledForm, other: FilledForm
) -> None:
    found = differences(one, other)

    assert (found == ()) == (one == other)
    back = {replace(it, recorded=it.sent, sent=it.recorded) for it in differences(other, one)}
    assert back == set(found)


def test_what_two_forms_say_otherwise_is_told_field_by_field() -> None:
    sent = FilledForm("refused", "default 1", 2, {("leak", "1"): (2, ""), ("mould", None): (0, "")})

    assert differences(FORM, sent) == (
        Difference("outcome", None, "done", "refused"),
        Difference("leak", "1", 3, 2),
        Difference("mould/note", None, "dry", None),
    )


def test_an_answer_that_one_form_lacks_is_none_there() -> None:
    sent = replace(FORM, answers={("leak", "1"): (3, ""), ("noise", "7"): ("not_seen", "")})

    assert differences(FORM, sent) == (
        Difference("mould", None, 0, None),
        Difference("mould/note", None, "dry", None),
        Difference("noise", "7", None, "not_seen"),
    )


def test_a_room_that_only_one_form_lists_differs_unless_it_was_seen() -> None:
    listed = replace(FORM, rooms={"1": "seen", "2": "household_absent"})

    assert differences(FORM, listed) == (Difference("room", "2", None, "household_absent"),)
    assert differences(replace(FORM, rooms={"2": "out_of_use"}), listed) == (
        Difference("room", "2", "out_of_use", "household_absent"),
    )
