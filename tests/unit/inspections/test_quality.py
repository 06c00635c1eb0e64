from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inspections.domain.anomaly import AnomalyState, Course
from inspections.domain.quality import Submission, flags_of
from inspections.domain.withdrawal import Moved, Seen, without

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANSWERS = {(f"item{n}", None): n % 3 for n in range(12)}
SOUND = Submission(
    answers=ANSWERS,
    last_answers=None,
    started_at=AT,
    ended_at=AT + timedelta(hours=1),
    rooms_seen=5,
    rooms_known=20,
    elsewhere=False,
)
GOOD = dict.fromkeys(ANSWERS, 0)
FEW = {("a", None): 0}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"started_at": None, "ended_at": None}, []),
        ({"answers": GOOD}, ["all_good"]),
        ({"answers": FEW, "last_answers": FEW}, []),
        ({"last_answers": dict(ANSWERS)}, ["copy_of_last"]),
        ({"last_answers": ANSWERS | {("item1", None): 4}}, []),
        ({"ended_at": AT + timedelta(minutes=2)}, ["impossible_times"]),
        ({"ended_at": AT + timedelta(hours=13)}, ["impossible_times"]),
        ({"elsewhere": True}, ["two_places_at_once"]),
        ({"rooms_seen": 21}, ["out_of_range"]),
        ({"answers": {("a", str(n)): n % 2 for n in range(21)}}, ["out_of_range"]),
    ],
)
def test_what_looks_wrong_is_flagged_and_what_is_sound_is_not(changes, codes):
    assert [it.code for it in flags_of(replace(SOUND, **changes))] == codes


COURSE = Course(
    state=AnomalyState.verified,
    state_since=AT + timedelta(days=20),
    severity=4,
    critical=True,
    first_seen_at=AT,
    last_seen_at=AT + timedelta(days=10),
    due_at=AT + timedelta(days=30),
    sightings=3,
)


def test_an_anomaly_stands_by_the_findings_and_steps_that_still_count():
    seen = [Seen(AT + timedelta(days=5), 2, False), Seen(AT, 1, False)]

    opened = without(COURSE, seen, [])
    claimed = without(COURSE, seen, [Moved(AnomalyState.claimed_fixed, AT + timedelta(days=6))])

    assert (opened.state, opened.state_since) == (AnomalyState.open, AT)
    assert (opened.severity, opened.critical, opened.sightings) == (2, False, 2)
    assert (opened.last_seen_at, opened.due_at) == (AT + timedelta(days=5), COURSE.due_at)
    assert claimed.state == AnomalyState.claimed_fixed


def test_an_anomaly_nobody_saw_any_more_never_was_and_nothing_repeats_it():
    gone = without(COURSE, [], [Moved(AnomalyState.open, AT)])

    assert (gone.state, gone.sightings) == (AnomalyState.verified, 0)
    assert gone.state_since < AT - timedelta(days=366)


def test_the_day_of_review_stays_with_a_risk_that_is_still_accepted():
    course = replace(COURSE, review_on=AT.date())
    seen = [Seen(AT, 1, False)]

    accepted = without(course, seen, [Moved(AnomalyState.accepted_risk, AT)])

    assert accepted.review_on == AT.date()
    assert without(course, seen, []).review_on is None
