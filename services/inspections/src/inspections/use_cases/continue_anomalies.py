"""Continue anomalies with what inspections saw."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.anomaly import Responsibility
from inspections.domain.checklist import Checklist
from inspections.domain.continuity import (
    Anomaly,
    Continuation,
    Past,
    Sighting,
    Subject,
    Turn,
    continued,
)
from inspections.domain.deadline_policy import DeadlinePolicy
from inspections.store import anomalies, deadlines, sightings
from inspections.store.rows import Row
from inspections.use_cases.anomaly_messages import changed_event
from inspections.use_cases.grade_inspections import Graded
from inspections.use_cases.raise_alerts import SeenDanger
from shared import feed
from shared.contracts.inspections.alerts import AlertSource, Danger
from shared.contracts.inspections.anomalies import AnomalyChange
from shared.feed import NewEvent

INSPECTION = "inspection"


@dataclass(frozen=True, slots=True)
class Continued:
    """What became of anomalies: dangers to page about, events to tell.

    By finding, `links` says which anomaly it continues, `due_at` when that must be put right.
    """

    links: Mapping[UUID, UUID]
    due_at: Mapping[UUID, datetime]
    dangers: Sequence[SeenDanger]
    events: Sequence[NewEvent]


async def continue_anomalies(
    session: AsyncSession, organisation: UUID, seen: Sequence[Sighting], policy: DeadlinePolicy
) -> Continued:
    """Take sightings into account and keep what they change, places locked until the end.

    Returns
    -------
    The links of the findings and the events to tell, both left to the caller to write.
    """
    places = {it.subject.accommodation_id for it in seen}
    territories = await anomalies.lock_places(session, places)
    earliest: dict[UUID, datetime] = {}
    for it in seen:
        place = it.subject.accommodation_id
        earliest[place] = min(it.occurred_at, earliest.get(place, it.occurred_at))
    known = await anomalies.of_places(session, earliest)
    stored = await sightings.right_later(session, earliest)
    subjects = {it.subject for it in seen} if stored else ()
    by_subject = _by_subject([*seen, *(it for it in stored if it.subject in subjects)])
    deadlines_of = {place: _Deadline(policy, territory) for place, territory in territories.items()}
    # A full batch has thousands of subjects; other requests are answered meanwhile.
    told = await asyncio.to_thread(_told, by_subject, known, deadlines_of)
    await _keep(session, organisation, policy, told)
    return Continued(
        links={finding: anomaly for it in told for finding, anomaly in it.links.items()},
        due_at={finding: at for it in told for finding, at in it.deadlines().items()},
        dangers=_dangers(told),
        events=_events(told),
    )


async def link_findings(session: AsyncSession, organisation: UUID, *, limit: int) -> int:
    """Give findings that continue no anomaly yet theirs, of so many places; return how many.

    They were recorded before there were anomalies.
    """
    places = await sightings.places_unlinked(session, limit)
    if not places:
        return 0
    await anomalies.lock_places(session, places)
    seen = await sightings.unlinked(session, places)
    policy = await deadlines.chosen(session)
    done = await continue_anomalies(session, organisation, seen, policy)
    await sightings.link(session, done.links)
    await feed.append(session, organisation, done.events)
    return len(done.links)


def sightings_of(
    graded: Sequence[Graded], checklists: Mapping[tuple[str, int], Checklist]
) -> list[Sighting]:
    """Read what inspections saw: what was right as well as what was wrong."""
    return [it for one in graded for it in _sightings(one, checklists)]


def _sightings(
    graded: Graded, checklists: Mapping[tuple[str, int], Checklist]
) -> Iterable[Sighting]:
    form = graded.sent.form
    checklist = checklists[form.checklist, form.checklist_version]
    sighting = partial(
        Sighting,
        inspection_id=graded.id,
        occurred_at=form.occurred_at,
        known_at=graded.known_at,
    )
    for answer in form.answers:
        if answer.value == 0:
            item = checklist.items[answer.item]
            yield sighting(
                subject=Subject(form.accommodation_id, answer.item, answer.room or None),
                finding_id=None,
                severity=0,
                critical=False,
                category=item.category,
                scope=item.scope,
            )
    for id, found in zip(graded.finding_ids, graded.verdict.findings, strict=True):
        yield sighting(
            subject=Subject(form.accommodation_id, found.item, found.room),
            finding_id=id,
            severity=found.severity,
            critical=found.critical,
            category=found.category,
            scope=checklist.items[found.item].scope,
            responsibility=found.responsibility,
        )


def _told(
    by_subject: Mapping[Subject, Sequence[Sighting]],
    known: Mapping[Subject, Sequence[Anomaly]],
    deadlines_of: Mapping[UUID, "_Deadline"],
) -> list[Continuation]:
    return [
        continued(known.get(subject, ()), its, deadlines_of[subject.accommodation_id])
        for subject, its in by_subject.items()
    ]


@dataclass(frozen=True, slots=True)
class _Deadline:
    """The deadlines of a place under a policy."""

    policy: DeadlinePolicy
    territory: str

    def __call__(self, found_at: datetime, severity: int, critical: bool) -> datetime:  # noqa: FBT001 - as the domain calls it
        return self.policy.due_at(found_at, severity, critical=critical, territory=self.territory)


def _by_subject(seen: Iterable[Sighting]) -> dict[Subject, list[Sighting]]:
    found: dict[Subject, list[Sighting]] = {}
    for it in seen:
        found.setdefault(it.subject, []).append(it)
    return found


def _dangers(told: Iterable[Continuation]) -> list[SeenDanger]:
    """Gather new dangers by the inspection that saw them."""
    found: dict[UUID, list[tuple[Anomaly, Sighting]]] = {}
    for one in told:
        for it in one.anomalies:
            seen = one.dangers.get(it.id)
            if seen is not None:
                found.setdefault(seen.inspection_id, []).append((it, seen))
    return [
        SeenDanger(
            accommodation_id=its[0][0].subject.accommodation_id,
            source=AlertSource.inspection,
            source_id=inspection_id,
            occurred_at=its[0][1].occurred_at,
            dangers=tuple(
                Danger(
                    item=it.subject.item,
                    category=it.category,
                    severity=seen.severity,
                    anomaly_id=it.id,
                )
                for it, seen in its
            ),
        )
        for inspection_id, its in found.items()
    ]


async def _keep(
    session: AsyncSession, organisation: UUID, policy: DeadlinePolicy, told: Sequence[Continuation]
) -> None:
    fresh = [
        _row(organisation, policy, it) for one in told for it in one.anomalies if it.id in one.fresh
    ]
    changed = [
        _course(it) for one in told for it in one.anomalies if it.id in one.changed - one.fresh
    ]
    # Ended ones first: one that begins anew must not meet the one it repeats.
    await anomalies.update_courses(session, changed)
    who = {it.id: it.responsibility for one in told for it in one.anomalies}
    steps = [_step(organisation, turn, who[turn.anomaly_id]) for one in told for turn in one.turns]
    await anomalies.insert_new(session, fresh)
    await anomalies.insert_past(
        session, [_past(organisation, it) for one in told for it in one.past]
    )
    await anomalies.insert_steps(session, steps)


def _row(organisation: UUID, policy: DeadlinePolicy, it: Anomaly) -> Row:
    return {
        "organisation": str(organisation),
        "accommodation_id": str(it.subject.accommodation_id),
        "item": it.subject.item,
        "room": it.subject.room,
        "category": it.category,
        "scope": it.scope,
        "responsibility": it.responsibility,
        "known_at": it.known_at.isoformat(),
        "deadline_policy": policy.name,
        "repeat_of": it.repeat_of and str(it.repeat_of),
        "repeats": it.repeats,
        "revision": 1,
    } | _course(it)


def _course(it: Anomaly) -> dict[str, object]:
    course = it.course
    return {
        "id": str(it.id),
        "known_from": it.known_from.isoformat(),
        "state": course.state,
        "state_since": course.state_since.isoformat(),
        "severity": course.severity,
        "critical": course.critical,
        "first_seen_at": course.first_seen_at.isoformat(),
        "last_seen_at": course.last_seen_at.isoformat(),
        "due_at": course.due_at.isoformat(),
        "sightings": course.sightings,
        "false_claims": course.false_claims,
        "review_on": course.review_on and course.review_on.isoformat(),
    }


def _past(organisation: UUID, it: Past) -> Row:
    stood = it.anomaly
    return {
        "organisation": str(organisation),
        "anomaly_id": str(stood.id),
        "known_from": stood.known_from.isoformat(),
        "known_until": it.until.isoformat(),
        "accommodation_id": str(stood.subject.accommodation_id),
        "state": stood.course.state,
        "state_since": stood.course.state_since.isoformat(),
        "severity": stood.course.severity,
        "critical": stood.course.critical,
        "first_seen_at": stood.course.first_seen_at.isoformat(),
        "due_at": stood.course.due_at.isoformat(),
        "responsibility": stood.responsibility,
        "repeat_of": stood.repeat_of and str(stood.repeat_of),
    }


def _step(organisation: UUID, turn: Turn, responsibility: Responsibility) -> Row:
    return {
        "organisation": str(organisation),
        "id": str(uuid4()),
        "anomaly_id": str(turn.anomaly_id),
        "kind": turn.state,
        "occurred_at": turn.sighting.occurred_at.isoformat(),
        "known_at": turn.known_at.isoformat(),
        "severity": turn.severity,
        "inspection_id": str(turn.sighting.inspection_id),
        "responsibility": responsibility,
        "proofs": [],
    }


def _events(told: Sequence[Continuation]) -> list[NewEvent]:
    """Tell, place by place, which anomalies changed their state."""
    turned: dict[UUID, list[tuple[Anomaly, Turn]]] = {}
    for one in told:
        last = {turn.anomaly_id: turn for turn in one.turns}
        for it in one.anomalies:
            if it.id in last:
                turned.setdefault(it.subject.accommodation_id, []).append((it, last[it.id]))
    return [
        changed_event(
            place,
            INSPECTION,
            [_change(anomaly) for anomaly, _ in its],
            max(turn.sighting.occurred_at for _, turn in its),
        )
        for place, its in turned.items()
    ]


def _change(it: Anomaly) -> AnomalyChange:
    return AnomalyChange.model_validate(
        {
            "id": it.id,
            "item": it.subject.item,
            "category": it.category,
            "room": it.subject.room,
            "responsibility": it.responsibility,
            "state": it.course.state,
            "severity": it.course.severity,
            "critical": it.course.critical,
            "due_at": it.course.due_at,
            "repeat": it.repeat_of is not None,
        }
    )
