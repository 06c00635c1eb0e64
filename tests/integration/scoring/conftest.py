"""A scoring service on a fresh database, and events as the feed of inspections tells them."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import numpy as np
import pytest

from scoring.main import HANDLERS, create_app
from scoring.settings import Settings
from scoring.use_cases.follow_inspections import follow_inspections
from scoring.use_cases.follow_routing import follow_routing
from scoring.use_cases.score_places import Workshop, score_all_stale
from shared.blobs import Blobs
from shared.contracts.inspections.complaints import ComplaintRecorded, ComplaintSource
from shared.contracts.inspections.inspection import InspectionRecorded, RecordedFinding
from shared.contracts.inspections.places import AccommodationMerged
from shared.contracts.inspections.register import (
    AccommodationChanged,
    AccommodationKind,
    ContractState,
)
from shared.contracts.inspections.reviews import InspectionReviewed, ReviewState
from shared.contracts.inspections.visits import VisitKind, VisitOrigin, VisitState
from shared.contracts.message import Event, Position
from shared.contracts.routing.plan_events import PlanOutcome, PlanWithdrawn
from shared.contracts.routing.revisions import PlanOverride
from shared.db import Database
from shared.jobs import Jobs, Pace
from shared.testing import OURS, in_process

NOW = datetime.now(UTC).replace(microsecond=0)
INSPECTORS = [uuid5(OURS, f"inspector-{number}") for number in range(6)]


def place_id(number, organisation=OURS):
    return uuid5(organisation, f"place-{number}")


def plan_id(number):
    return uuid5(OURS, f"plan-{number}")


class Feed:
    """Makes events with growing positions."""

    def __init__(self, organisation=OURS):
        self.organisation = organisation
        self.position = 0

    def event(self, kind, subject, data, occurred_at=NOW):
        self.position += 1
        return Event(
            position=self.position,
            organisation=self.organisation,
            kind=kind,
            subject_id=subject,
            occurred_at=occurred_at,
            recorded_at=datetime.now(UTC),
            data=data.model_dump(mode="json"),
        )

    def place(self, number, **changes):
        values = {
            "kind": AccommodationKind.hotel,
            "territory": "75" if number % 2 else "93",
            "sector": "",
            "position": Position(lon=2.3 + number % 20 * 0.01, lat=48.8 + number // 20 * 0.01),
            "rooms": 10 + number % 30,
            "capacity": 30 + number % 50,
            "operator": f"Operator {number % 9}",
            "contract_state": ContractState.active,
            "opened_on": None,
        } | changes
        subject = place_id(number, self.organisation)
        return self.event("accommodation.changed", subject, AccommodationChanged(**values))

    def merged(self, gone, kept):
        """Tell that a place was another one entered twice."""
        data = AccommodationMerged(into=place_id(kept, self.organisation), reason="entered twice")
        return self.event("accommodation.merged", place_id(gone, self.organisation), data)

    def visit(self, number, visit, *, days_ago=30.0, severities=(), **changes):
        occurred = NOW - timedelta(days=days_ago)
        findings = [
            RecordedFinding(
                item="wires",
                category="electrical",
                room=None,
                severity=severity,
                critical=severity == 4,
                repeat=False,
            )
            for severity in severities
        ]
        values = {
            "accommodation_id": place_id(number, self.organisation),
            "visit_id": uuid5(self.organisation, f"visit-{visit}"),
            "visit_kind": VisitKind.routine,
            "outcome": VisitState.done,
            "origin": None,
            "inspector_ids": [INSPECTORS[visit % 6]],
            "occurred_at": occurred,
            "known_at": occurred + timedelta(days=1),
            "rooms_seen": 3,
            "grade": "A",
            "insalubrity_index": 3.0,
            "findings": findings,
            "next_due_on": None,
        } | changes
        subject = uuid5(self.organisation, f"inspection-{visit}")
        return self.event("inspection.recorded", subject, InspectionRecorded(**values), occurred)

    def withdrawn(self, number, visit):
        """Tell that a reviewer took an inspection out."""
        data = InspectionReviewed(
            accommodation_id=place_id(number, self.organisation),
            visit_id=uuid5(self.organisation, f"visit-{visit}"),
            state=ReviewState.voided,
            counts=False,
        )
        subject = uuid5(self.organisation, f"inspection-{visit}")
        return self.event("inspection.reviewed", subject, data)

    def complaint(self, number, complaint, *, verified=True, severity=4, **changes):
        values = {
            "accommodation_id": place_id(number, self.organisation),
            "source": ComplaintSource.authority,
            "verified": verified,
            "severity": severity,
            "occurred_at": NOW,
            "known_at": NOW,
        } | changes
        subject = uuid5(self.organisation, f"complaint-{complaint}")
        return self.event("complaint.recorded", subject, ComplaintRecorded(**values))

    def override(self, number, plan, revision, *, change="dropped", at=NOW):
        """Tell that people changed a plan; `at` may be before or after scores."""
        data = PlanOverride(
            plan_id=plan_id(plan),
            revision=revision,
            accommodation_id=place_id(number, self.organisation),
            change=change,
            reason="Mrs Martin says so.",
            before=None,
            after=None,
            priority_points=40.0,
            origin=VisitOrigin.targeted,
            score_snapshot=None,
        )
        return self.event("plan.overridden", plan_id(plan), data, at)

    def accepted(self, plan, revision):
        """Tell that a plan is driven as it is in a revision."""
        data = PlanOutcome(
            plan_id=plan_id(plan),
            starts_on=NOW.date(),
            days=5,
            visited=[],
            left_out={},
            revision=revision,
        )
        return self.event("plan.accepted", plan_id(plan), data)

    def not_driven(self, plan):
        """Tell that the acceptance of a plan was taken back."""
        data = PlanWithdrawn(plan_id=plan_id(plan), starts_on=NOW.date(), days=5)
        return self.event("plan.withdrawn", plan_id(plan), data)

    def town(self, places=60, visits=600, seed=1):
        """Invent places of which some are lastingly worse, and their visits over four years."""
        random = np.random.default_rng(seed)
        worse = random.random(places) < 0.3
        events = [self.place(number) for number in range(places)]
        days = -np.sort(-random.uniform(1, 1500, visits))
        for visit, days_ago in enumerate(days.tolist()):
            number = int(random.integers(places))
            danger = random.random() < (0.7 if worse[number] else 0.08)
            severities = [4] * danger + random.integers(1, 4, random.integers(0, 4)).tolist()
            events.append(self.visit(number, visit, days_ago=days_ago, severities=severities))
        return events


class Scoring:
    """The service with its worker's parts, on one database."""

    def __init__(self, client, database, jobs, workshop):
        self.client = client
        self.database = database
        self.jobs = jobs
        self.workshop = workshop

    async def keep(self, events, organisation=OURS):
        async with self.database.session(organisation) as session:
            await follow_inspections(session, events)

    async def keep_plans(self, events, organisation=OURS):
        async with self.database.session(organisation) as session:
            await follow_routing(session, events)

    async def score(self):
        await score_all_stale(self.database, self.workshop.blobs)

    async def follow(self, events, organisation=OURS):
        await self.keep(events, organisation)
        await self.score()


@pytest.fixture
def scoring(database, tmp_path):
    """Open the service: `async with scoring() as service`."""

    @asynccontextmanager
    async def opened():
        settings = Settings(blobs_url=f"file://{tmp_path}", **database("scoring").settings())
        own = Database(settings.database_url, settings.system_url)
        workshop = Workshop(Blobs(settings.blobs_url))
        jobs = Jobs(own, HANDLERS, services=workshop, pace=Pace())
        try:
            async with in_process(create_app(settings)) as client:
                yield Scoring(client, own, jobs, workshop)
        finally:
            await own.dispose()

    return opened


@pytest.fixture
def feed():
    """Give a feed of our organisation."""
    return Feed()


@pytest.fixture
def feed_of():
    """Give the maker of feeds of any organisation."""
    return Feed


@pytest.fixture
def id_of():
    """Give the id of a numbered place."""

    def find(number: int, organisation: UUID = OURS) -> UUID:
        return place_id(number, organisation)

    return find
