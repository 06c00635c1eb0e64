"""What a device's form says: what it leaves out is not taken for good, nor is a room unseen."""

import xml.etree.ElementTree as ET

import pytest
from field_device import filled_in

from inspections.domain.field_answers import (
    FieldAnswer,
    FieldForm,
    FieldFormError,
    FieldRoom,
    read_form,
)


def read(**filled: object) -> FieldForm:
    return read_form(ET.fromstring(filled_in("visit", **filled)))


@pytest.mark.parametrize("namespaced", [True, False])
def test_a_form_names_its_filling_in_with_a_namespace_and_without(namespaced):
    form = read(instance="uuid:1", edits="uuid:0", namespaced=namespaced)

    assert (form.instance_id, form.deprecated_id) == ("uuid:1", "uuid:0")
    assert form.checklist == ("default", 1)


@pytest.mark.parametrize("version", ["", "one", "²-1"])
def test_a_form_of_somebody_else_is_no_checklist_of_ours(version):
    with pytest.raises(FieldFormError, match="no form of ours"):
        _ = read(version=version).checklist


def test_an_open_finding_that_nobody_looked_at_is_no_answer():
    seen = [
        {"open_item": "alarm"},
        {"now": 2},
        {"open_item": "leak", "now": "not_seen", "open_room": "3"},
    ]

    form = read(still=seen)

    assert form.answers == [FieldAnswer("leak", "3", "not_seen")]
    assert form.rooms == [], "a room of which nothing was seen was not seen"


def test_a_room_without_a_label_is_none_and_one_not_seen_tells_nothing():
    rooms = [
        {"a_mould": 3},
        {"room_label": "7", "room_outcome": "refused", "room_reason": "asleep", "a_mould": 3},
        {"room_label": "8", "a_mould": 1},
    ]

    form = read(rooms=rooms)

    assert form.rooms == [FieldRoom("7", "refused", "asleep"), FieldRoom("8", "seen")]
    assert form.answers == [FieldAnswer("mould", "8", 1)]


@pytest.mark.parametrize(("before", "after", "worst"), [(3, 1, 3), (1, 3, 3), ("not_seen", 0, 0)])
def test_of_two_answers_to_one_question_the_worst_counts(before, after, worst):
    still = [{"open_item": "mould", "open_room": "8", "now": before}]

    form = read(still=still, rooms=[{"room_label": "8", "a_mould": after}])

    assert form.answers == [FieldAnswer("mould", "8", worst)]


def test_an_answer_that_is_none_is_told():
    with pytest.raises(FieldFormError, match="'5' is no answer"):
        read(building={"a_alarm": 5})
