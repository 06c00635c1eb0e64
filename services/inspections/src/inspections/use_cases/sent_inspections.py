"""Inspections as they are sent: what makes two sendings one, and which rooms they speak of."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from inspections.domain.checklist import Checklist, Scope
from inspections.domain.room_visits import Draw, RoomError, RoomOutcome, RoomVisit, settle_rooms
from inspections.store.accommodations import StandingPlace
from shared.contracts.inspections.inspection import InspectionInput
from shared.problems import invalid

# Fields of a form that came after the first forms were recorded.
SINCE_ADDED = {"started_at", "ended_at", "rooms"}


@dataclass(frozen=True)
class SentInspection:
    """A filled-in checklist as it was sent; `pointer` is where it stands in the request.

    `known_digest` is that of the form when it came, where it is recorded later.
    """

    pointer: str
    form: InspectionInput
    known_digest: str | None = None

    @cached_property
    def digest(self) -> str:
        """Give the same for the same content, however it was written.

        What forms could not say at first counts only where they say it: a form recorded before
        is still known when it comes again.
        """
        if self.known_digest is not None:
            return self.known_digest
        silent: dict[str, bool | dict[int, set[str]]] = {
            name: True for name in SINCE_ADDED if not getattr(self.form, name)
        }
        silent["answers"] = {
            n: {"responsibility"}
            for n, answer in enumerate(self.form.answers)
            if answer.responsibility is None
        }
        return hashlib.sha256(self.form.model_dump_json(exclude=silent).encode()).hexdigest()


def at_standing_places(
    sent: Iterable[SentInspection], places: Mapping[UUID, StandingPlace]
) -> list[SentInspection]:
    """Lead forms that name a place merged away to the one that stands; unknown ones stay."""
    return [_at(it, places.get(it.form.accommodation_id)) for it in sent]


def _at(it: SentInspection, place: StandingPlace | None) -> SentInspection:
    if place is None or place.id == it.form.accommodation_id:
        return it
    form = it.form.model_copy(update={"accommodation_id": place.id})
    return SentInspection(it.pointer, form, known_digest=it.digest)


def rooms_visited(
    sent: SentInspection, checklist: Checklist, draw: Draw | None
) -> tuple[RoomVisit, ...]:
    """Tell what became of rooms: as the form lists them, or else those its answers speak of.

    Raises
    ------
    Problem : 422 for rooms that cannot have been visited so, and for what is said to have been
        seen of a room that was not
    """
    form = sent.form
    if not form.rooms:
        return tuple(_spoken_of(sent, checklist, draw))
    listed = [
        RoomVisit(
            it.room,
            RoomOutcome(it.outcome),
            it.drawn,
            it.instead_of,
            None if it.reason is None else it.reason.value,
        )
        for it in form.rooms
    ]
    try:
        settled = settle_rooms(listed, draw)
    except RoomError as error:
        pointer = f"{sent.pointer}/rooms/{error.position}/{error.field}"
        raise invalid(pointer, error.reason) from error
    _check_count(sent, settled)
    _check_answers(sent, checklist, settled)
    return tuple(settled)


def _spoken_of(
    sent: SentInspection, checklist: Checklist, draw: Draw | None
) -> Iterable[RoomVisit]:
    numbers = {} if draw is None else {label: n for n, label in enumerate(draw.order, 1) if label}
    labels = {
        it.room
        for it in sent.form.answers
        if it.room and isinstance(it.value, int) and checklist.items[it.item].scope == Scope.room
    }
    for label in sorted(labels):
        yield RoomVisit(label, drawn=numbers.get(label))


def _check_count(sent: SentInspection, rooms: Iterable[RoomVisit]) -> None:
    seen = sum(it.outcome == RoomOutcome.seen for it in rooms)
    if sent.form.rooms_seen not in {0, seen}:
        raise invalid(f"{sent.pointer}/rooms_seen", f"rooms lists {seen} seen; leave it out")


def _check_answers(sent: SentInspection, checklist: Checklist, rooms: Iterable[RoomVisit]) -> None:
    outcomes = {it.room: it.outcome for it in rooms}
    for n, it in enumerate(sent.form.answers):
        in_room = it.room and checklist.items[it.item].scope == Scope.room
        if not in_room or not isinstance(it.value, int) or it.room is None:
            continue
        outcome = outcomes.get(it.room)
        if outcome != RoomOutcome.seen:
            said = "is not among rooms" if outcome is None else f"is {outcome}"
            raise invalid(
                f"{sent.pointer}/answers/{n}/room",
                f"room {it.room!r} {said}, so nothing was seen of it; say not_seen, or list it",
            )
