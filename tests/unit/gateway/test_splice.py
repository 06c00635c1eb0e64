"""Members are added to a JSON object that stays unread."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.plan_actions import allowed_actions
from gateway.domain.splice import with_members

OBJECTS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4)


@given(OBJECTS, OBJECTS)
def test_both_objects_are_in_the_result_and_the_document_wins(
    document: dict[str, object], members: dict[str, object]
):
    spliced = with_members(json.dumps(document, indent=1).encode(), json.dumps(members).encode())
    assert json.loads(spliced) == members | document


@pytest.mark.parametrize("wrong", [b"[]", b"", b"null"])
def test_what_is_no_object_is_refused(wrong: bytes):
    with pytest.raises(ValueError, match="not a JSON object"):
        with_members(wrong, b"{}")
    with pytest.raises(ValueError, match="not a JSON object"):
        with_members(b"{}", wrong)


@pytest.mark.parametrize(
    ("roles", "step", "state", "sound", "actions"),
    [
        ({"reader"}, "asked", "done", True, []),
        ({"planner"}, "asked", "done", True, ["accept"]),
        ({"planner"}, "asked", "done", False, []),
        ({"planner"}, "asked", "running", False, ["cancel"]),
        ({"admin"}, "gathering", "queued", False, ["cancel"]),
        ({"manager"}, "accepted", "done", False, []),
    ],
)
def test_only_what_would_be_done_is_offered(*, roles, step, state, sound, actions):
    found = allowed_actions(roles=roles, step=step, state=state, can_be_accepted=sound)
    assert found == actions
