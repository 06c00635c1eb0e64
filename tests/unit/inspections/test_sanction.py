"""The ladder of sanctions: nobody alone, nobody unheard, no rung left out but for a danger."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain import sanction
from inspections.domain.sanction import (
    LADDER,
    Hold,
    Proposal,
    SanctionRefused,
    SanctionStep,
    Standing,
    check_contract,
    check_decision,
    check_proposal,
)
from shared.contracts.inspections import sanctions as messages

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
WEEK = timedelta(days=7)


def standing(**values: object) -> Standing:
    told = {
        "in_force": None,
        "since": None,
        "open_danger": False,
        "overdue": 0,
        "graded_at": None,
        "grade": None,
    }
    return Standing(**told | values)


def proposal(step: SanctionStep, **values: object) -> Proposal:
    return Proposal(
        **{"step": step, "proposed_by": "claire", "proposed_at": NOW, "reply_by": NOW + WEEK}
        | values
    )


any_standing = st.builds(
    standing,
    in_force=st.sampled_from([None, *LADDER]),
    since=st.just(NOW - WEEK),
    open_danger=st.booleans(),
    overdue=st.integers(0, 2),
    graded_at=st.sampled_from([None, NOW - 2 * WEEK, NOW]),
    grade=st.sampled_from([None, *"ABCD"]),
)
any_proposal = st.builds(
    proposal,
    st.sampled_from(SanctionStep),
    reply_by=st.sampled_from([None, NOW + WEEK]),
    replied_at=st.sampled_from([None, NOW + timedelta(hours=1)]),
)


@given(any_proposal, any_standing, st.sampled_from(["claire", "omar"]), st.booleans())
def test_whatever_is_decided_was_decided_by_two_after_a_reply(asked, where, by, later):
    now = NOW + (2 * WEEK if later else timedelta(hours=2))
    try:
        check_decision(asked, where, decided_by=by, decided_at=now)
    except SanctionRefused:
        return
    if asked.step == SanctionStep.reminder:
        return
    assert by != asked.proposed_by
    if asked.step == SanctionStep.reinstatement:
        assert where.grade in {"A", "B"}
        assert where.graded_at > where.since
        assert not where.open_danger
        assert where.overdue == 0
        return
    assert asked.replied_at is not None or asked.reply_by < now
    below = -1 if where.in_force is None else LADDER.index(where.in_force)
    rung = LADDER.index(asked.step)
    assert rung > below
    assert where.open_danger or rung <= max(below, 0) + 1


def test_a_formal_notice_may_be_the_first_step_and_a_reminder_is_always_possible():
    check_proposal(proposal(SanctionStep.formal_notice), standing())
    check_proposal(proposal(SanctionStep.reminder), standing(in_force=SanctionStep.suspension))


def test_a_danger_allows_to_leave_rungs_out():
    with pytest.raises(SanctionRefused, match="relocation first"):
        check_proposal(
            proposal(SanctionStep.withdrawal), standing(in_force=SanctionStep.suspension)
        )
    check_proposal(proposal(SanctionStep.relocation), standing(open_danger=True))


@pytest.mark.parametrize("reply_by", [None, NOW + timedelta(hours=23), NOW + timedelta(days=91)])
def test_the_operator_has_from_one_to_ninety_days_to_reply(reply_by):
    with pytest.raises(SanctionRefused) as refused:
        check_proposal(proposal(SanctionStep.formal_notice, reply_by=reply_by), standing())
    assert refused.value.field == "reply_by"


def test_a_place_whose_bookings_are_open_cannot_be_reinstated():
    formal = standing(in_force=SanctionStep.formal_notice, since=NOW)
    for where in (standing(), formal):
        with pytest.raises(SanctionRefused, match="nothing to reinstate"):
            check_proposal(proposal(SanctionStep.reinstatement), where)


def test_a_clean_visit_reinstates_unless_something_is_still_dangerous_or_overdue():
    clean = {
        "in_force": SanctionStep.suspension,
        "since": NOW - WEEK,
        "graded_at": NOW,
        "grade": "B",
    }
    check_proposal(proposal(SanctionStep.reinstatement), standing(**clean))
    for more in ({"open_danger": True}, {"overdue": 1}):
        with pytest.raises(SanctionRefused, match="danger is open"):
            check_proposal(proposal(SanctionStep.reinstatement), standing(**clean | more))
    for grade in ("C", None):
        with pytest.raises(SanctionRefused, match="grade A or B"):
            check_proposal(
                proposal(SanctionStep.reinstatement), standing(**clean | {"grade": grade})
            )


@pytest.mark.parametrize(
    ("wanted", "hold", "refused"),
    [
        ("active", Hold(), False),
        ("active", Hold(unsettled=True), False),
        ("active", Hold(step="suspension"), True),
        ("withdrawn", Hold(), False),
        ("withdrawn", Hold(unsettled=True), True),
        ("withdrawn", Hold(step="formal_notice"), True),
        ("suspended", Hold(), True),
    ],
)
def test_the_register_changes_no_contract_that_takes_a_sanction(
    wanted: str, hold: Hold, refused: bool
) -> None:
    if not refused:
        check_contract(wanted, hold)
        return
    with pytest.raises(SanctionRefused, match="/v1/sanctions") as error:
        check_contract(wanted, hold)
    assert error.value.field == "contract_state"


@pytest.mark.parametrize("name", ["SanctionStep", "SanctionState", "BookingStatus"])
def test_the_messages_know_the_same_words_as_the_ladder(name: str) -> None:
    assert list(getattr(messages, name)) == list(getattr(sanction, name))
