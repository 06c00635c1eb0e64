"""The life of an anomaly: whatever is asked of it, it never stands in an illegal state."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from inspections.domain.anomaly import (
    ACTIVE,
    MOVES,
    AnomalyState,
    Asked,
    Course,
    Move,
    MoveRefused,
    make_move,
)
from inspections.domain.checklist import Scope
from inspections.domain.continuity import (
    Anomaly,
    Continuation,
    Sighting,
    Subject,
    continued,
    is_repeat,
)

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)
SUBJECT = Subject(uuid4(), "mould", "12")
STATES = AnomalyState
# Told apart from the code: from each state, the states one change may lead to.
LEGAL = {
    STATES.open: {STATES.notified, STATES.claimed_fixed, STATES.accepted_risk, STATES.verified},
    STATES.notified: {STATES.claimed_fixed, STATES.accepted_risk, STATES.verified},
    STATES.claimed_fixed: {STATES.verified, STATES.reopened, STATES.accepted_risk},
    STATES.reopened: {
        STATES.notified,
        STATES.claimed_fixed,
        STATES.accepted_risk,
        STATES.verified,
    },
    STATES.accepted_risk: {STATES.reopened, STATES.verified},
    STATES.verified: set(),
}
LEGAL[STATES.notified].add(STATES.notified)


def deadline(found_at: datetime, severity: int, critical: bool) -> datetime:
    return found_at + (timedelta(hours=24) if critical else timedelta(days=14))


def sighting(at: datetime, severity: int, **values: object) -> Sighting:
    told = {
        "subject": SUBJECT,
        "inspection_id": uuid4(),
        "finding_id": uuid4() if severity else None,
        "occurred_at": at,
        "known_at": at,
        "severity": severity,
        "critical": severity == 4,
        "category": "damp_mould",
        "scope": Scope.room,
    }
    return Sighting(**told | values)


def course(state: AnomalyState = STATES.open, **values: object) -> Course:
    told = {
        "state": state,
        "state_since": BEGIN,
        "severity": 2,
        "critical": False,
        "first_seen_at": BEGIN,
        "last_seen_at": BEGIN,
        "due_at": BEGIN + timedelta(days=14),
    }
    return Course(**told | values)


class Life(RuleBasedStateMachine):
    """A subject that is seen, claimed, notified, … in any order; time runs mostly forward."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.anomalies: list[Anomaly] = []
        self.seen_wrong = 0

    def by_id(self) -> dict[object, Anomaly]:
        return {it.id: it for it in self.anomalies}

    def check_changes(self, before: dict[object, Anomaly]) -> None:
        for id, now in self.by_id().items():
            if id in before and before[id].course.state != now.course.state:
                assert now.course.state in LEGAL[before[id].course.state]
            if id in before and before[id].course.state == STATES.verified:
                assert now.course.state == STATES.verified
                assert now.course.state_since == before[id].course.state_since

    @rule(severity=st.integers(0, 4), hours=st.integers(-24 * 40, 24 * 40))
    def inspect(self, severity: int, hours: int) -> None:
        at = max(BEGIN - timedelta(days=60), self.now + timedelta(hours=hours))
        late = at <= self.now
        self.now = max(self.now, at)
        before = self.by_id()
        told = continued(self.anomalies, [sighting(at, severity)], deadline)
        self.anomalies = told.anomalies
        self.seen_wrong += severity > 0
        assert len(told.links) == (severity > 0)
        self.check_changes(before)
        if late and told.turns and told.turns[-1].state != STATES.open:
            turned = before[told.turns[-1].anomaly_id].course
            assert at > turned.last_seen_at

    @rule(move=st.sampled_from(Move), hours=st.integers(0, 24 * 40), grounds=st.booleans())
    def ask(self, move: Move, hours: int, grounds: bool) -> None:
        if not self.anomalies:
            return
        self.now += timedelta(hours=hours)
        asked = Asked(
            move,
            self.now,
            reason="agreed" if grounds else "",
            proofs=int(grounds),
            review_on=(self.now + timedelta(days=30)).date() if grounds else None,
        )
        number = len(self.anomalies) - 1
        it = self.anomalies[number]
        try:
            moved = make_move(it.course, asked)
        except MoveRefused:
            return
        assert moved.state in LEGAL[it.course.state]
        assert moved.state == MOVES[move][0]
        if moved.state == STATES.accepted_risk:
            assert not moved.critical
            assert moved.review_on is not None
        self.anomalies[number] = Anomaly(
            **{name: getattr(it, name) for name in Anomaly.__dataclass_fields__} | {"course": moved}
        )

    @invariant()
    def stands_where_it_may(self) -> None:
        active = [it for it in self.anomalies if it.course.state in ACTIVE]
        assert len(active) <= 1
        assert sum(it.course.sightings for it in self.anomalies) == self.seen_wrong
        for it in self.anomalies:
            its = it.course
            assert its.first_seen_at <= its.last_seen_at
            assert 1 <= its.severity <= 4
            assert its.due_at.tzinfo is not None
            assert (its.review_on is None) or its.state == STATES.accepted_risk
            assert (it.repeat_of is None) == (it.repeats == 0)
            assert its.allowed == () if its.state == STATES.verified else its.allowed
            assert its.is_overdue(its.due_at) is False


Life.TestCase.settings = settings(
    max_examples=500,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAnAnomalyNeverStandsInAnIllegalState = Life.TestCase


def told(*seen: Sighting, known: list[Anomaly] | None = None):
    return continued(known or [], seen, deadline)


def test_what_is_seen_again_is_the_same_anomaly_until_it_is_seen_to_be_right():
    day = timedelta(days=1)
    told_of = told(sighting(BEGIN, 2), sighting(BEGIN + 9 * day, 3), sighting(BEGIN + 20 * day, 0))
    (it,) = told_of.anomalies

    assert (it.course.state, it.course.sightings, it.course.severity) == (STATES.verified, 2, 3)
    assert set(told_of.links.values()) == {it.id}
    assert [turn.state for turn in told_of.turns] == [STATES.open, STATES.verified]


@pytest.mark.parametrize(
    ("again_at", "repeats"),
    [
        (datetime(2027, 4, 1, 10, tzinfo=UTC), 1),
        (datetime(2027, 4, 1, 10, 0, 1, tzinfo=UTC), 0),
    ],
)
def test_what_comes_back_within_twelve_months_of_being_right_is_a_repeat(again_at, repeats):
    right_at = datetime(2026, 4, 1, 10, tzinfo=UTC)
    first, second = told(sighting(BEGIN, 2), sighting(right_at, 0), sighting(again_at, 1)).anomalies

    assert second.repeats == repeats
    assert second.repeat_of == (first.id if repeats else None)


def test_a_leap_day_has_its_year_too():
    leap = datetime(2024, 2, 29, 12, tzinfo=UTC)

    assert is_repeat(leap, datetime(2025, 2, 28, 12, tzinfo=UTC))
    assert not is_repeat(leap, datetime(2025, 2, 28, 12, 1, tzinfo=UTC))


def test_what_was_claimed_fixed_and_is_seen_wrong_is_reopened_and_the_claim_counted():
    (it,) = told(sighting(BEGIN, 2)).anomalies
    claimed = make_move(it.course, Asked(Move.claim_fixed, BEGIN + timedelta(days=3)))
    known = [
        Anomaly(it.id, SUBJECT, it.category, it.scope, it.responsibility, claimed, BEGIN, BEGIN)
    ]

    (early,) = told(sighting(BEGIN + timedelta(days=2), 2), known=known).anomalies
    (late,) = told(sighting(BEGIN + timedelta(days=4), 2), known=known).anomalies

    assert (early.course.state, early.course.false_claims) == (STATES.claimed_fixed, 0)
    assert (late.course.state, late.course.false_claims) == (STATES.reopened, 1)


def test_an_accepted_risk_is_open_again_only_when_it_is_worse():
    accepted = course(STATES.accepted_risk, review_on=date(2026, 6, 1))
    known = [
        Anomaly(uuid4(), SUBJECT, "damp_mould", Scope.room, "operator", accepted, BEGIN, BEGIN)
    ]
    later = BEGIN + timedelta(days=2)

    (same,) = told(sighting(later, 2), known=known).anomalies
    (worse,) = told(sighting(later, 4), known=known).anomalies

    assert same.course.state == STATES.accepted_risk
    assert (worse.course.state, worse.course.review_on) == (STATES.reopened, None)


def test_growing_worse_brings_the_deadline_forward_and_never_back():
    (it,) = told(sighting(BEGIN, 2)).anomalies
    next_day = BEGIN + timedelta(days=1)

    (worse,) = told(sighting(next_day, 4), known=[it]).anomalies
    (better,) = told(sighting(next_day + timedelta(days=1), 1), known=[worse]).anomalies

    assert worse.course.due_at == next_day + timedelta(hours=24)
    assert better.course.due_at == worse.course.due_at


def test_an_older_visit_told_late_adds_to_the_account_and_changes_no_state():
    day = timedelta(days=1)
    known = told(sighting(BEGIN, 2), sighting(BEGIN + 9 * day, 0)).anomalies

    (it,) = told(sighting(BEGIN - 5 * day, 3), sighting(BEGIN + 8 * day, 0), known=known).anomalies

    assert (it.course.state, it.course.sightings, it.course.severity) == (STATES.verified, 2, 2)
    assert it.course.first_seen_at == BEGIN - 5 * day
    assert it.course.state_since == BEGIN + 9 * day


def test_a_visit_told_late_opens_nothing_that_a_later_one_saw_to_be_right():
    later = sighting(BEGIN + timedelta(days=9), 0, stored=True)
    told_of = told(sighting(BEGIN, 3), later)

    assert [it.course.state for it in told_of.anomalies] == [STATES.verified]


def test_what_was_recorded_before_is_not_told_again_to_what_knew_of_it():
    (it,) = told(sighting(BEGIN, 2)).anomalies

    again = told(sighting(BEGIN + timedelta(days=1), 0, stored=True), known=[it])

    assert (again.anomalies, again.turns, again.changed) == ([it], [], set())


def test_what_is_between_people_is_not_supposed_to_be_anybodys():
    (it,) = told(sighting(BEGIN, 2, scope=Scope.relation)).anomalies
    assert it.responsibility == "unknown"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked(Move.claim_fixed, BEGIN - timedelta(seconds=1)), "at"),
        (Asked(Move.reopen, BEGIN, reason="x"), "move"),
        (Asked(Move.verify, BEGIN), "proofs"),
        (Asked(Move.accept_risk, BEGIN), "reason"),
        (Asked(Move.accept_risk, BEGIN, reason="x"), "review_on"),
        (Asked(Move.accept_risk, BEGIN, reason="x", review_on=date(2028, 1, 1)), "review_on"),
    ],
)
def test_a_move_that_is_refused_names_what_is_missing(asked, field):
    with pytest.raises(MoveRefused) as refused:
        make_move(course(), asked)
    assert refused.value.field == field


def test_a_danger_is_never_accepted_and_never_verified_on_paper():
    danger = course(severity=4, critical=True)
    for move in (Move.accept_risk, Move.verify):
        with pytest.raises(MoveRefused) as refused:
            make_move(danger, Asked(move, BEGIN, reason="x", proofs=2, review_on=date(2026, 5, 1)))
        assert refused.value.field == "move"


def test_reopening_without_an_inspection_needs_a_reason():
    claimed = course(STATES.claimed_fixed)
    with pytest.raises(MoveRefused, match="say why"):
        make_move(claimed, Asked(Move.reopen, BEGIN))
    assert make_move(claimed, Asked(Move.reopen, BEGIN, reason="a photo of 2019")).false_claims == 1


def test_a_deadline_passes_only_for_what_nobody_says_is_done():
    after = BEGIN + timedelta(days=15)
    assert course().is_overdue(after)
    assert not course().is_overdue(BEGIN + timedelta(days=14))
    assert not course(STATES.claimed_fixed).is_overdue(after)


def test_what_was_seen_without_a_finding_links_none():
    told_of = told(sighting(BEGIN, 2, finding_id=None))
    assert (len(told_of.anomalies), told_of.links) == (1, {})


@pytest.mark.parametrize(("severity", "days"), [(2, 9), (4, -4)])
def test_a_sighting_told_late_counts_the_time_from_when_it_was_first_seen(
    severity: int, days: int
) -> None:
    known = continued([], [sighting(BEGIN, 2)], deadline).anomalies
    before = BEGIN - timedelta(days=5)

    (late,) = continued(known, [sighting(before, severity)], deadline).anomalies
    told = [sighting(before, severity), sighting(BEGIN, 2)]
    in_order = continued([], told, deadline)

    assert set(in_order.deadlines()) == {it.finding_id for it in told}
    assert set(in_order.deadlines().values()) == {late.course.due_at}
    assert late.course.due_at == BEGIN + timedelta(days=days)
    assert late.course.due_at == in_order.anomalies[0].course.due_at
    assert (late.course.severity, late.course.sightings) == (2, 2)


def test_a_day_the_operator_was_told_is_not_brought_forward_by_what_is_told_late() -> None:
    (opened,) = continued([], [sighting(BEGIN, 2)], deadline).anomalies
    notified = replace(opened, course=make_move(opened.course, Asked(Move.notify, BEGIN)))

    told = continued([notified], [sighting(BEGIN - timedelta(days=5), 2)], deadline)

    assert told.anomalies[0].course.due_at == opened.course.due_at


def stood_at(told_of: Continuation, moment: datetime) -> list[tuple[object, ...]]:
    """Tell how the anomalies stood as far as was known at a moment, without their ids."""
    known = [it for it in told_of.anomalies if it.known_from <= moment] + [
        it.anomaly for it in told_of.past if it.anomaly.known_from <= moment < it.until
    ]
    looks = ("state", "state_since", "severity", "critical", "first_seen_at", "due_at")
    return sorted(tuple(getattr(it.course, name) for name in looks) for it in known)


SEEN = st.tuples(st.integers(0, 20), st.integers(0, 30), st.sampled_from((0, 0, 1, 2, 4)))


@given(st.lists(SEEN, min_size=1, max_size=6, unique_by=(lambda it: it[0], lambda it: it[1])))
def test_many_told_at_once_stood_at_each_moment_as_when_told_one_by_one(
    seen: list[tuple[int, int, int]],
) -> None:
    told_of_all = [
        sighting(
            BEGIN + timedelta(days=day),
            severity,
            known_at=BEGIN + timedelta(days=day + delay, minutes=delay),
        )
        for day, delay, severity in seen
    ]
    in_order = sorted(told_of_all, key=lambda it: it.known_at)
    together = told(*told_of_all)
    one_by_one = told(in_order[0])
    past = list(one_by_one.past)
    for number, it in enumerate(in_order[1:], 1):
        stored = [replace(one, stored=True) for one in in_order[:number] if one.severity == 0]
        one_by_one = told(*stored, it, known=one_by_one.anomalies)
        past += one_by_one.past
    one_by_one.past[:] = past

    for it in in_order:
        assert stood_at(together, it.known_at) == stood_at(one_by_one, it.known_at)
        assert stood_at(together, it.known_at) == stood_at(
            told(*(one for one in told_of_all if one.known_at <= it.known_at)), it.known_at
        )
