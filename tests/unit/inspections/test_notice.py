"""What a notice may say: the operator's matters, what bound him, rooms only for repairs."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.anomaly import UNDONE, AnomalyState, Responsibility
from inspections.domain.checklist import Scope
from inspections.domain.notice import (
    COLUMNS,
    REPAIRED_IN_THE_ROOM,
    LawError,
    Noted,
    Rule,
    paragraphs,
    parse_law,
)
from inspections.store.charters import law

SEEN_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
WRITTEN_ON = date(2026, 3, 9)


def noted(**values: object) -> Noted:
    told = {
        "anomaly_id": uuid4(),
        "item": "mould",
        "category": "damp_mould",
        "scope": Scope.room,
        "room": "12",
        "severity": 2,
        "critical": False,
        "responsibility": Responsibility.operator,
        "state": AnomalyState.open,
        "first_seen_at": SEEN_AT,
        "last_seen_at": SEEN_AT,
        "due_at": SEEN_AT + timedelta(days=14),
        "is_repeat": False,
    }
    return Noted(**told | values)


any_noted = st.builds(
    noted,
    item=st.sampled_from(["mould", "bedding", "conduct"]),
    category=st.sampled_from(["damp_mould", "hygiene", "relations"]),
    scope=st.sampled_from(Scope),
    room=st.sampled_from([None, "1", "2"]),
    responsibility=st.sampled_from(Responsibility),
    state=st.sampled_from(AnomalyState),
    severity=st.integers(1, 4),
    critical=st.booleans(),
)


@given(st.lists(any_noted, max_size=8))
def test_nothing_is_notified_but_what_is_the_operators_and_undone(its):
    said = paragraphs(its, law(), WRITTEN_ON)
    ids = [id for it in said for id in it.anomaly_ids]
    by_id = {it.anomaly_id: it for it in its}

    assert len(ids) == len(set(ids))
    for it in (by_id[id] for id in ids):
        assert it.responsibility == Responsibility.operator
        assert it.state in UNDONE
        assert it.scope != Scope.relation
    for it in said:
        its_rooms = [by_id[id].room for id in it.anomaly_ids if by_id[id].room is not None]
        assert len(it.rooms) + it.other_rooms == len(its_rooms)
        assert it.rooms == () or any(
            by_id[id].category in REPAIRED_IN_THE_ROOM for id in it.anomaly_ids
        )
    assert [it.critical for it in said] == sorted((it.critical for it in said), reverse=True)


@pytest.mark.parametrize(
    ("seen_on", "written_on", "binds"),
    [
        (date(2023, 9, 30), date(2023, 10, 5), False),
        (date(2023, 10, 1), date(2023, 10, 5), True),
        (date(2024, 8, 28), date(2024, 8, 28), True),
        # Annulled since: taken never to have been.
        (date(2024, 8, 28), date(2024, 8, 29), False),
    ],
)
def test_a_text_is_cited_where_it_was_in_force_at_the_visit_and_not_annulled_since(
    seen_on, written_on, binds
):
    (rule,) = (it for it in law() if it.name == "CSP R1331-20")
    assert rule.binds("ceiling_height", seen_on, written_on) is binds
    assert rule.binds("mould", seen_on, written_on) is False


def test_a_text_that_ended_binds_until_the_day_before():
    rule = Rule("x", "x", "x", frozenset({"mould"}), date(2020, 1, 1), date(2021, 1, 1))
    assert rule.binds("mould", date(2020, 12, 31), WRITTEN_ON)
    assert not rule.binds("mould", date(2021, 1, 1), WRITTEN_ON)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,items\n", "line 1"),
        (",".join(COLUMNS) + "\nx,x,x,mould,soon,,,x\n", "line 2"),
        (",".join(COLUMNS) + "\nx,x,x,mould,2020-01-01,,never,x\n", "line 2"),
    ],
)
def test_a_list_of_law_that_cannot_be_read_names_the_line(text, reason):
    with pytest.raises(LawError, match=reason):
        parse_law(text)
