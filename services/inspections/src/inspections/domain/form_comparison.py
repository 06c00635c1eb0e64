"""How two filled-in checklists of the same visit differ."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Value = str | int | None
SEEN = "seen"


@dataclass(frozen=True, slots=True)
class FilledForm:
    """What a form says of its visit.

    `answers` are keyed by item and room: the severity, or why there is none, and the note.
    `rooms` are the outcomes of rooms by label, empty where the form lists none.
    """

    outcome: str
    checklist: str
    rooms_seen: int
    answers: Mapping[tuple[str, str | None], tuple[Value, str]]
    rooms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something two forms say otherwise; an answer that one of them lacks is None there."""

    what: str
    room: str | None
    recorded: Value
    sent: Value


def differences(recorded: FilledForm, sent: FilledForm) -> tuple[Difference, ...]:
    """List what two forms say otherwise, the order of answers being no difference."""
    return (
        *_of_visit(recorded, sent),
        *_of_rooms(recorded, sent),
        *_of_answers(recorded, sent),
    )


def _of_visit(recorded: FilledForm, sent: FilledForm) -> Iterable[Difference]:
    for name in ("outcome", "checklist", "rooms_seen"):
        one, other = getattr(recorded, name), getattr(sent, name)
        if one != other:
            yield Difference(name, None, one, other)


def _of_rooms(recorded: FilledForm, sent: FilledForm) -> Iterable[Difference]:
    for label in dict.fromkeys((*recorded.rooms, *sent.rooms)):
        one, other = recorded.rooms.get(label), sent.rooms.get(label)
        # That a room was seen may be told by its answers alone.
        if (one or SEEN) != (other or SEEN):
            yield Difference("room", label, one, other)


def _of_answers(recorded: FilledForm, sent: FilledForm) -> Iterable[Difference]:
    nothing = (None, "")
    for key in dict.fromkeys((*recorded.answers, *sent.answers)):
        (one, note), (other, other_note) = (it.answers.get(key, nothing) for it in (recorded, sent))
        item, room = key
        if one != other:
            yield Difference(item, room, one, other)
        if note != other_note:
            yield Difference(f"{item}/note", room, note or None, other_note or None)
