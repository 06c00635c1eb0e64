"""A week's plan joins who could be visited with what a visit is worth, and becomes visits."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from gateway.use_cases import ask_weekly_plan
from gateway.use_cases.accept_weekly_plan import visits_of
from gateway.use_cases.ask_weekly_plan import join
from shared.contracts.audits import AuditPick
from shared.contracts.inspections.candidates import Candidate
from shared.contracts.inspections.visits import ScoreSnapshot, VisitKind, VisitOrigin
from shared.contracts.message import JobState, Label, Position
from shared.contracts.routing.plans import Plan, Round, Stop
from shared.contracts.scoring import Priority, PriorityParts, Reason

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SNAPSHOT = ScoreSnapshot(
    score_id=UUID(int=9), method="rule", as_of=NOW, probability=0.2, priority_points=30
)


def candidate(number: int, *, must: bool = False) -> Candidate:
    return Candidate(
        accommodation_id=UUID(int=number),
        name=f"Hôtel {number}",
        territory="93",
        sector="93",
        position=Position(lon=2.3, lat=48.8),
        rooms_to_see=5,
        fixed_min=20,
        person_min=60,
        windows=[],
        visit_kind=VisitKind.reinspection if must else VisitKind.routine,
        due_on=date(2026, 11, 1),
        must_visit=must,
        must_reason=Label(fr="À revoir", en="To be seen again") if must else None,
        skills=["mediation"],
        announced=True,
        last_visit_on=None,
    )


def priority(number: int, points: float, *shares: float) -> Priority:
    parts = PriorityParts(
        probability=0.2,
        people_exposed=10,
        exposure_factor=1,
        days_overdue=0,
        overdue_factor=1,
        raw=0.2,
    )
    reasons = [
        Reason(
            group="own",
            direction="up" if share > 0 else "down",
            share=share,
            text=Label(fr=f"raison {share}", en=f"reason {share}"),
        )
        for share in shares
    ]
    return Priority(
        accommodation_id=UUID(int=number),
        priority_points=points,
        parts=parts,
        reasons=reasons,
        score_snapshot=SNAPSHOT,
    )


def stop(number: int) -> Stop:
    return Stop(
        stop_id=UUID(int=100 + number),
        sequence=number,
        accommodation_id=UUID(int=number),
        name=f"Hôtel {number}",
        position=Position(lon=2.3, lat=48.8),
        arrives_at=NOW,
        starts_at=NOW + timedelta(minutes=5),
        ends_at=NOW + timedelta(minutes=45),
        travel_s=300,
        wait_s=300,
        priority_points=30,
        must_visit=False,
        visit_kind=VisitKind.reinspection,
        origin=VisitOrigin.targeted,
        score_snapshot=SNAPSHOT,
        why=[],
    )


def plan(stops: list[Stop]) -> Plan:
    tour = Round(
        round_id="nord 2026-11-23",
        team_id="nord",
        team_name="Nord",
        inspector_ids=[UUID(int=7), UUID(int=8)],
        day=NOW.date(),
        leaves_at=NOW,
        returns_at=NOW,
        lunch=None,
        stops=stops,
        travel_s=600,
        service_s=2400,
        points=30,
    )
    job = JobState(id=UUID(int=1), kind="solve_plan", state="done", attempt=1, created_at=NOW)
    return Plan(
        id=UUID(int=50),
        state="done",
        starts_on=NOW.date(),
        days=1,
        job=job,
        graph_id=None,
        engine=None,
        rounds=[tour],
        unvisited=[],
        totals=None,
        baselines=[],
        certificate=None,
        accepted_at=None,
        created_at=NOW,
        attribution="",
    )


def test_a_candidate_carries_its_priority_and_what_raises_it_first():
    (joined,) = join([candidate(1)], [priority(1, 42, -0.2, 0.5, 0.1)])
    assert (joined.priority_points, joined.score_snapshot) == (42, SNAPSHOT)
    assert joined.origin is VisitOrigin.targeted
    assert [why.en for why in joined.why] == ["reason 0.5", "reason 0.1", "reason -0.2"]
    assert (joined.name, joined.skills, joined.announced) == ("Hôtel 1", ["mediation"], True)


def pick(number: int) -> AuditPick:
    return AuditPick(
        accommodation_id=UUID(int=number), territory="93", stratum="93 longer", propensity=0.02
    )


def test_a_place_drawn_for_audit_must_be_visited_and_keeps_how_likely_it_was():
    places = [candidate(1), candidate(2, must=True), candidate(3)]
    scores = [priority(1, 42, 0.5), priority(2, 42)]
    drawn, due, unknown = join(places, scores, [pick(1), pick(2), pick(3)])
    assert (drawn.must_visit, drawn.origin) == (True, VisitOrigin.audit)
    assert drawn.why[0] == drawn.must_reason
    assert "Drawn at random" in drawn.why[0].en
    assert drawn.score_snapshot is not None
    assert drawn.score_snapshot.propensity == 0.02
    assert SNAPSHOT.propensity is None
    # What is due is due anyway, but it was drawn all the same.
    assert (due.origin, due.why[0].en) == (VisitOrigin.due, "To be seen again")
    assert due.score_snapshot is not None
    assert due.score_snapshot.propensity == 0.02
    assert (unknown.origin, unknown.score_snapshot) == (VisitOrigin.audit, None)


def test_a_must_visit_is_due_and_says_so_before_all_else():
    (joined,) = join([candidate(1, must=True)], [priority(1, 42, 1, 2, 3, 4, 5, 6)])
    assert joined.origin is VisitOrigin.due
    assert joined.visit_kind is VisitKind.reinspection
    assert joined.why[0].en == "To be seen again"
    assert len(joined.why) == 5


def test_a_place_scoring_does_not_know_can_be_visited_but_is_worth_nothing():
    (joined,) = join([candidate(1)], [priority(2, 42)])
    assert (joined.priority_points, joined.score_snapshot, joined.why) == (0, None, [])


def test_too_many_candidates_leave_out_the_least_wanted(monkeypatch):
    monkeypatch.setattr(ask_weekly_plan, "MOST_CANDIDATES", 2)
    places = [candidate(1), candidate(2, must=True), candidate(3)]
    joined = join(places, [priority(1, 10), priority(2, 0), priority(3, 20)])
    assert [it.accommodation_id.int for it in joined] == [2, 3]


def test_each_stop_becomes_an_appointment_with_what_was_believed():
    week = plan([stop(1), stop(2)])
    first, second = visits_of(week.id, week.rounds)
    assert (first.plan_id, first.stop_id) == (UUID(int=50), UUID(int=101))
    assert (first.scheduled_at, first.scheduled_end_at) == (
        NOW + timedelta(minutes=5),
        NOW + timedelta(minutes=45),
    )
    assert first.kind is VisitKind.reinspection
    assert first.inspector_ids == [UUID(int=7), UUID(int=8)]
    assert (second.sequence, second.round_id) == (2, "nord 2026-11-23")
    assert second.score_snapshot == SNAPSHOT
