"""Invent the past: years of visits by inspectors of differing strictness, and what they found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID, uuid5

from gateway.demo.places import Place
from gateway.demo.size import Size
from gateway.demo.symptoms import Item, base_rates, chance, draw_severity, season
from gateway.demo.world import INSPECTORS, NAMESPACE, PESTS, Nature, World, make_world

Answer = dict[str, object]
Message = dict[str, object]

_YEAR_DAYS = 365.25
_MONTH_DAYS = _YEAR_DAYS / 12
_SELDOM, _SELDOM_FACTOR = 0.15, 0.4
_COMPLAINTS_PER_YEAR, _COMPLAINT_EFFECT = 0.1, 0.5
_NO_ACCESS = 0.035
_REINSPECTED, _STILL_THERE = 0.9, 0.3
_OUTBREAK_EFFECT = 1.6
_COMES_BACK = 0.5
_NOT_SEEN = 0.015
_THAT_DAY = 0.3
_LOCAL_INSPECTOR = 0.7
_NO_ACCESS_OUTCOMES = ("nobody_there", "refused", "closed")
_NO_ACCESS_WEIGHTS = (5, 3, 2)
_FRIDAY = 5


@dataclass(frozen=True, slots=True)
class _Checklist:
    items: tuple[Item, ...]
    rates: dict[str, float]
    good: dict[str, Answer]
    unseen: dict[str, Answer]


@dataclass(slots=True)
class _Case:
    """One place as its visits are drawn one after another.

    `wrong` and `rooms` are the severity and the rooms of what the last visit found, by item.
    """

    place: Place
    nature: Nature
    rng: Random
    wrong: dict[str, int] = field(default_factory=dict)
    rooms: dict[str, list[str]] = field(default_factory=dict)

    def level(self, years: float) -> float:
        return self.nature.level + self.nature.yearly_drift * years


@dataclass(frozen=True, slots=True)
class _Visit:
    day: date
    years: float
    kind: str


def make_history(
    places: Sequence[Place], items: Sequence[Item], size: Size, today: date
) -> list[Message]:
    """Draw all inspections up to yesterday, oldest first, as `InspectionInput` messages.

    `accommodation_id` holds the place's external id: see `addressed`. The same arguments give the
    same messages, `instance_id` included.
    """
    world = make_world(places, size)
    checklist = _Checklist(
        items=tuple(items),
        rates=base_rates(items),
        good={item.code: {"item": item.code, "value": 0} for item in items},
        unseen={item.code: {"item": item.code, "value": "not_seen"} for item in items},
    )
    messages = [
        message
        for place in places
        for message in _place_history(place, world, checklist, size=size, today=today)
    ]
    return sorted(messages, key=lambda message: str(message["occurred_at"]))


def addressed(messages: Sequence[Message], ids: Mapping[str, UUID]) -> Iterator[Message]:
    """Put the register's ids in place of the external ones."""
    for message in messages:
        yield {**message, "accommodation_id": str(ids[str(message["accommodation_id"])])}


def _place_history(
    place: Place, world: World, checklist: _Checklist, *, size: Size, today: date
) -> Iterator[Message]:
    rng = Random(f"history {size.seed} {place.external_id}")  # noqa: S311 - an invented past
    case = _Case(place, world.natures[place.external_id], rng)
    first = today - timedelta(days=round(size.years * _YEAR_DAYS))
    follow_up: date | None = None
    for day, kind in _appointments(case, size, first, today):
        if follow_up is not None and follow_up < day:
            yield from _reinspection(
                case, world, checklist, _dated(follow_up, first, "reinspection")
            )
            follow_up = None
        visit = _dated(day, first, kind)
        message, found = _inspection(case, world, checklist, visit)
        yield message
        if _any_critical(checklist, found) and rng.random() < _REINSPECTED:
            follow_up = _weekday(day + timedelta(days=rng.randint(4, 13)))
    if follow_up is not None and follow_up < today:
        yield from _reinspection(case, world, checklist, _dated(follow_up, first, "reinspection"))


def _dated(day: date, first: date, kind: str) -> _Visit:
    return _Visit(day, (day - first).days / _YEAR_DAYS, kind)


def _appointments(case: _Case, size: Size, first: date, today: date) -> Iterator[tuple[date, str]]:
    """Draw the days of routine and complaint visits, in order, each day at most once."""
    rng = case.rng
    seldom = _SELDOM_FACTOR if rng.random() < _SELDOM else 1.0
    interval = _YEAR_DAYS / (size.visits_per_year * seldom)
    days: dict[date, str] = {}
    at = rng.uniform(0, interval)
    while (day := _weekday(first + timedelta(days=round(at)))) < today:
        days[day] = "routine"
        at += interval * rng.uniform(0.6, 1.4)
    yearly = chance(_COMPLAINTS_PER_YEAR, case.nature.level)
    at = rng.expovariate(yearly) * _YEAR_DAYS
    while at < size.years * _YEAR_DAYS:
        day = _weekday(first + timedelta(days=round(at)))
        if day < today:
            days.setdefault(day, "complaint")
        at += rng.expovariate(yearly) * _YEAR_DAYS
    yield from sorted(days.items())


def _weekday(day: date) -> date:
    """Move a weekend day to the Monday after."""
    return day + timedelta(days=max(0, 8 - day.isoweekday())) if day.isoweekday() > _FRIDAY else day


def _inspection(
    case: _Case, world: World, checklist: _Checklist, visit: _Visit
) -> tuple[Message, dict[str, int]]:
    """Draw one routine or complaint visit: its message, and the worst severity by item found."""
    rng = case.rng
    team = _team(case, world)
    if rng.random() < _NO_ACCESS:
        outcome = rng.choices(_NO_ACCESS_OUTCOMES, _NO_ACCESS_WEIGHTS)[0]
        return _message(case, visit, team, outcome=outcome, answers=[]), {}
    mood = world.strictness[team[0]] + rng.gauss(0, _THAT_DAY)
    mood += _COMPLAINT_EFFECT * (visit.kind == "complaint")
    found = _draw_findings(case, world, checklist, visit, mood=mood)
    answers = [
        answer
        for item in checklist.items
        for answer in _answers(case, checklist, item, found.get(item.code, 0))
    ]
    case.wrong = found
    return _message(case, visit, team, outcome="done", answers=answers), found


def _draw_findings(
    case: _Case, world: World, checklist: _Checklist, visit: _Visit, *, mood: float
) -> dict[str, int]:
    """Draw what is wrong: what was not repaired, what the season brings, what spreads."""
    rng = case.rng
    level = case.level(visit.years) + mood
    danger = case.nature.danger + mood
    effects = season(visit.day)
    month = int(visit.years * _YEAR_DAYS / _MONTH_DAYS)
    for pest in PESTS:
        if month in world.outbreaks[case.place.external_id][pest]:
            effects[pest] = effects.get(pest, 0) + _OUTBREAK_EFFECT
    found = {}
    for item in checklist.items:
        likely = chance(checklist.rates[item.code], level + effects.get(item.code, 0))
        if item.code in case.wrong:
            likely = max(likely, _COMES_BACK * (1 - case.nature.repairs))
        if rng.random() < likely:
            found[item.code] = draw_severity(danger, rng)
    return found


def _answers(case: _Case, checklist: _Checklist, item: Item, severity: int) -> Iterator[Answer]:
    """Answer one item: of the place, or of each room where something is, or was, wrong."""
    rng = case.rng
    if severity == 0 and rng.random() < _NOT_SEEN:
        yield checklist.unseen[item.code]
    elif severity == 0:
        yield from _put_right(case, checklist, item)
    elif item.scope == "room":
        rooms = case.rooms.setdefault(item.code, _rooms(case))
        for room in rooms:
            yield {"item": item.code, "value": severity, "room": room}
            severity = max(1, severity - rng.randint(0, 2))
    else:
        yield {"item": item.code, "value": severity}


def _put_right(case: _Case, checklist: _Checklist, item: Item) -> Iterator[Answer]:
    """Say that nothing is wrong, in each room where something was."""
    rooms = case.rooms.pop(item.code, [])
    yield from ({"item": item.code, "value": 0, "room": room} for room in rooms)
    if not rooms:
        yield checklist.good[item.code]


def _rooms(case: _Case) -> list[str]:
    """Draw one to four rooms, named floor by floor."""
    rng = case.rng
    count = min(case.place.rooms, rng.choices((1, 2, 3, 4), (62, 22, 11, 5))[0])
    rooms = rng.sample(range(case.place.rooms), count)
    return [f"{100 * (room // 12 + 1) + room % 12 + 1}" for room in rooms]


def _reinspection(
    case: _Case, world: World, checklist: _Checklist, visit: _Visit
) -> Iterator[Message]:
    """Look again at what was wrong; the rest of the checklist is not seen."""
    rng = case.rng
    still = {code: severity for code, severity in case.wrong.items() if rng.random() < _STILL_THERE}
    answers: list[Answer] = []
    for item in checklist.items:
        if item.code in still:
            answers.extend(_still_wrong(case, item, max(1, still[item.code] - 1)))
        elif item.code in case.wrong:
            answers.extend(_put_right(case, checklist, item))
        else:
            answers.append(checklist.unseen[item.code])
    case.wrong = still
    yield _message(case, visit, _team(case, world), outcome="done", answers=answers)


def _still_wrong(case: _Case, item: Item, severity: int) -> Iterator[Answer]:
    answer: Answer = {"item": item.code, "value": severity}
    rooms = case.rooms.get(item.code, [])
    yield from ({**answer, "room": room} for room in rooms)
    if not rooms:
        yield answer


def _any_critical(checklist: _Checklist, found: Mapping[str, int]) -> bool:
    return any(item.critical(found.get(item.code, 0)) for item in checklist.items)


def _team(case: _Case, world: World) -> list[UUID]:
    """Draw two inspectors, the lead first; most lead in their own sector."""
    rng = case.rng
    local = [who for who in INSPECTORS if world.home_sector[who] == case.place.sector]
    lead = rng.choice(local if local and rng.random() < _LOCAL_INSPECTOR else INSPECTORS)
    return [lead, rng.choice([who for who in INSPECTORS if who != lead])]


def _message(
    case: _Case, visit: _Visit, team: Sequence[UUID], *, outcome: str, answers: list[Answer]
) -> Message:
    rng = case.rng
    begins = time(rng.randint(8, 14), rng.randrange(0, 60, 5), tzinfo=UTC)
    occurred_at = datetime.combine(visit.day, begins)
    known_at = occurred_at + timedelta(hours=rng.choice((1, 2, 3, 5)))
    name = (
        f"{case.place.external_id} {occurred_at.isoformat()} {visit.kind} {case.nature.level:.9f}"
    )
    return {
        "instance_id": str(uuid5(NAMESPACE, name)),
        "accommodation_id": case.place.external_id,
        "visit_kind": visit.kind,
        "outcome": outcome,
        "occurred_at": occurred_at.isoformat(),
        "known_at": known_at.isoformat(),
        "inspector_ids": [str(who) for who in team],
        "rooms_seen": min(case.place.rooms, rng.randint(6, 14)) if outcome == "done" else 0,
        "answers": answers,
    }
