"""One anomaly across visits: what later visits see of it continues it, ends it or brings it back.

The same item of the same room of a place is the same anomaly until it is seen to be right. Seen
wrong again within twelve months of that, it is a repeat. Visits may become known in any order:
one that is older than what is known adds to the account and changes no state, but the time to put
it right counts from when it was first seen, as long as the operator was told no other day. How an
anomaly stood before something else was known of it is kept, for answers as of a day.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from inspections.domain.anomaly import (
    AnomalyState,
    Asked,
    Course,
    Move,
    Responsibility,
    make_move,
)
from inspections.domain.checklist import Scope


@dataclass(frozen=True, slots=True)
class Subject:
    """What an anomaly is about, its identity while it lasts; without `room`, the whole place."""

    accommodation_id: UUID
    item: str
    room: str | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one inspection saw of a subject: `severity` 0 right, 1 to 4 wrong.

    `finding_id` names the finding it made, if any; `responsibility` is who the visit said has to
    put it right. `stored` when it was recorded before: it then
    tells only of anomalies that were not known at the time.
    """

    subject: Subject
    inspection_id: UUID
    finding_id: UUID | None
    occurred_at: datetime
    known_at: datetime
    severity: int
    critical: bool
    category: str
    scope: Scope
    stored: bool = False
    responsibility: Responsibility | None = None


@dataclass(frozen=True, slots=True)
class Anomaly:
    """An anomaly with its course, known from a moment on; `repeat_of` is the one it brings back."""

    id: UUID
    subject: Subject
    category: str
    scope: Scope
    responsibility: Responsibility
    course: Course
    known_at: datetime
    known_from: datetime
    repeat_of: UUID | None = None
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """How an anomaly stood until something else was known of it."""

    anomaly: Anomaly
    until: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of state that an inspection brought; `state` is where it led, once it was known."""

    anomaly_id: UUID
    state: AnomalyState
    sighting: Sighting
    known_at: datetime
    severity: int


# When an anomaly must be put right: by when it was seen, its severity and whether it is a danger.
Deadline = Callable[[datetime, int, bool], datetime]


@dataclass(slots=True)
class Continuation:
    """The anomalies of one subject while sightings are told to it, in the order they were known.

    What is told is never known before what it continues. `past` keeps how anomalies stood before;
    `links` says which anomaly each finding continues, `dangers` which anomalies an inspection
    found to be a danger that were none before, or were said to be fixed.
    """

    anomalies: list[Anomaly]
    deadline: Deadline
    fresh: set[UUID] = field(default_factory=set)
    changed: set[UUID] = field(default_factory=set)
    past: list[Past] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    links: dict[UUID, UUID] = field(default_factory=dict)
    dangers: dict[UUID, Sighting] = field(default_factory=dict)

    def tell(self, it: Sighting) -> None:
        """Take one sighting into account."""
        active = self._active()
        if it.stored and (active is None or active.id not in self.fresh):
            return
        if it.severity == 0:
            if active is not None and it.occurred_at > active.course.last_seen_at:
                self._keep(_verified(active, it), it)
        else:
            self._see(it, self._of(it, active))

    def deadlines(self) -> dict[UUID, datetime]:
        """Give, by finding, when the anomaly it continues must be put right."""
        due_at = {it.id: it.course.due_at for it in self.anomalies}
        return {finding: due_at[anomaly] for finding, anomaly in self.links.items()}

    def _see(self, it: Sighting, known: Anomaly | None) -> None:
        if known is None:
            known = self._open(it)
        else:
            self._keep(_seen_again(known, it, self.deadline), it)
        if it.finding_id is not None:
            self.links[it.finding_id] = known.id

    def _active(self) -> Anomaly | None:
        return next((it for it in self.anomalies if it.course.state != AnomalyState.verified), None)

    def _of(self, it: Sighting, active: Anomaly | None) -> Anomaly | None:
        """Find the anomaly a sighting belongs to; None when it begins one."""
        for past in self.anomalies:
            if past is not active and it.occurred_at <= past.course.state_since:
                return past
        return active

    def _known_from(self, it: Sighting) -> datetime:
        return max([it.known_at, *(known.known_from for known in self.anomalies)])

    def _open(self, it: Sighting) -> Anomaly:
        known_from = self._known_from(it)
        past = max(self.anomalies, key=lambda a: a.course.state_since, default=None)
        repeats = past is not None and is_repeat(past.course.state_since, it.occurred_at)
        anomaly = Anomaly(
            id=uuid4(),
            subject=it.subject,
            category=it.category,
            scope=it.scope,
            responsibility=it.responsibility or responsible_for(it.scope),
            course=Course(
                state=AnomalyState.open,
                state_since=it.occurred_at,
                severity=it.severity,
                critical=it.critical,
                first_seen_at=it.occurred_at,
                last_seen_at=it.occurred_at,
                due_at=self.deadline(it.occurred_at, it.severity, it.critical),
            ),
            known_at=it.known_at,
            known_from=known_from,
            repeat_of=past.id if past is not None and repeats else None,
            repeats=past.repeats + 1 if past is not None and repeats else 0,
        )
        self.fresh.add(anomaly.id)
        self.anomalies.append(anomaly)
        self.turns.append(Turn(anomaly.id, AnomalyState.open, it, known_from, it.severity))
        if it.critical:
            self.dangers[anomaly.id] = it
        return anomaly

    def _keep(self, anomaly: Anomaly, it: Sighting) -> None:
        place = next(n for n, kept in enumerate(self.anomalies) if kept.id == anomaly.id)
        known, known_from = self.anomalies[place], self._known_from(it)
        before, after = known.course, anomaly.course
        turned = before.state != after.state
        if turned:
            self.turns.append(Turn(anomaly.id, after.state, it, known_from, after.severity))
        if _looks(before) != _looks(after):
            if known_from > known.known_from:
                self.past.append(Past(known, known_from))
            anomaly = replace(anomaly, known_from=known_from)
        self.changed.add(anomaly.id)
        if not after.critical or after.state == AnomalyState.verified:
            self.dangers.pop(anomaly.id, None)
        elif turned or not before.critical:
            self.dangers[anomaly.id] = it
        self.anomalies[place] = anomaly


def continued(
    anomalies: Iterable[Anomaly], sightings: Sequence[Sighting], deadline: Deadline
) -> Continuation:
    """Tell the sightings of one subject, in the order they were known, to its known anomalies.

    Many told at once come to the same as one after the other: what was known to be right before
    it became known what was wrong earlier is told again to the anomaly that this begins.
    """
    continuation = Continuation(sorted(anomalies, key=lambda it: it.course.first_seen_at), deadline)
    right: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda it: (it.known_at, it.occurred_at)):
        begun = len(continuation.fresh)
        continuation.tell(sighting)
        if len(continuation.fresh) > begun:
            for later in sorted(right, key=lambda it: it.occurred_at):
                continuation.tell(later)
        if sighting.severity == 0:
            right.append(replace(sighting, stored=True))
    return continuation


def is_repeat(righted_at: datetime, seen_at: datetime) -> bool:
    """Tell whether what was right at one moment was wrong again within twelve months."""
    return righted_at <= seen_at <= _a_year_after(righted_at)


def responsible_for(scope: Scope) -> Responsibility:
    """Suppose who answers for an item until somebody says otherwise.

    The building, its papers and its rooms are the operator's; what is between people is not
    supposed to be anybody's.
    """
    return Responsibility.unknown if scope == Scope.relation else Responsibility.operator


def _looks(course: Course) -> tuple[object, ...]:
    """Give what is told of an anomaly as of a day."""
    return (
        course.state,
        course.state_since,
        course.severity,
        course.critical,
        course.first_seen_at,
        course.due_at,
    )


def _verified(active: Anomaly, it: Sighting) -> Anomaly:
    # A claim may be told later than the visit that saw it come true.
    at = max(it.occurred_at, active.course.state_since)
    return replace(active, course=make_move(active.course, Asked(Move.verify, at, seen=True)))


def _seen_again(known: Anomaly, it: Sighting, deadline: Deadline) -> Anomaly:
    before = known.course
    course = replace(
        before,
        sightings=before.sightings + 1,
        first_seen_at=min(before.first_seen_at, it.occurred_at),
    )
    new_due_at = deadline(it.occurred_at, it.severity, it.critical)
    if before.state == AnomalyState.verified or it.occurred_at < before.last_seen_at:
        if before.state == AnomalyState.open:
            # Nobody was told another day yet.
            course = replace(course, due_at=min(before.due_at, new_due_at))
        return replace(known, course=course)
    worse = it.severity > before.severity or (it.critical and not before.critical)
    course = replace(
        course,
        severity=it.severity,
        critical=it.critical,
        last_seen_at=it.occurred_at,
        due_at=min(before.due_at, new_due_at) if worse else before.due_at,
    )
    if it.occurred_at > before.state_since and _must_reopen(before.state, worse=worse):
        course = make_move(course, Asked(Move.reopen, it.occurred_at, seen=True))
    return replace(known, course=course)


def _must_reopen(state: AnomalyState, *, worse: bool) -> bool:
    return state == AnomalyState.claimed_fixed or (state == AnomalyState.accepted_risk and worse)


def _a_year_after(moment: datetime) -> datetime:
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year + 1, day=28)
