"""What a filled-in form of a field app says, read from its XML.

Names are matched without their namespaces: some clients write `meta` with one, some without. What
a device left out was not asked or not answered; it is never taken for good.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from inspections.domain.field_form import ANSWER, FORM_PREFIX, NOTE, PHOTO, SEEN

_UNSEEN = ("not_seen", "not_applicable")
_REPEATS = frozenset({"open", "rooms"})


class FieldFormError(ValueError):
    """What came is no filled-in form of ours; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class FieldAnswer:
    """What was seen of an item: a severity, or that there was nothing to see."""

    item: str
    room: str | None
    value: int | str
    note: str | None = None

    @property
    def rank(self) -> int:
        """Order answers to the same question: the worst one counts."""
        return self.value if isinstance(self.value, int) else _UNSEEN.index(self.value) - 2


@dataclass(frozen=True, slots=True)
class FieldRoom:
    """What became of a room, and why it was seen where it was not drawn."""

    label: str
    outcome: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FieldPhoto:
    """A photo that the form names, and what it shows."""

    name: str
    item: str
    room: str | None


@dataclass(frozen=True, slots=True)
class FieldForm:
    """A filled-in form; `instance_id` and `deprecated_id` as the device wrote them."""

    form_id: str
    version: str
    instance_id: str
    deprecated_id: str | None
    visit: str
    outcome: str
    started: str
    answers: Sequence[FieldAnswer] = ()
    rooms: Sequence[FieldRoom] = ()
    photos: Sequence[FieldPhoto] = ()

    @property
    def checklist(self) -> tuple[str, int]:
        """The checklist and its version that were filled in.

        Raises
        ------
        FieldFormError : a form of somebody else
        """
        code = self.form_id.removeprefix(FORM_PREFIX)
        version = self.version.partition("-")[0]
        if code == self.form_id or not (version.isascii() and version.isdigit()):
            raise FieldFormError(f"{self.form_id!r} version {self.version!r} is no form of ours")
        return code, int(version)


@dataclass(slots=True)
class _Found:
    answers: list[FieldAnswer] = field(default_factory=list)
    rooms: list[FieldRoom] = field(default_factory=list)
    photos: list[FieldPhoto] = field(default_factory=list)


def read_form(root: Element) -> FieldForm:
    """Read a filled-in form.

    Raises
    ------
    FieldFormError : it does not say which form it is, or which filling-in
    """
    meta = _child(root, "meta")
    instance = None if meta is None else _text(meta, "instanceID")
    form_id = root.get("id")
    if meta is None or not instance or not form_id:
        raise FieldFormError("a form names itself in `id`, its filling-in in `meta/instanceID`")
    found = _Found()
    seen = _child(root, SEEN)
    if seen is not None:
        for it in _all(seen, "open"):
            _read_open(it, found)
        for part in _leaves(seen):
            _read_items(part, None, found)
        for it in _all(seen, "rooms"):
            _read_room(it, found)
    return FieldForm(
        form_id=form_id,
        version=root.get("version") or "",
        instance_id=instance,
        deprecated_id=_text(meta, "deprecatedID"),
        visit=_text(root, "visit") or "",
        outcome=_text(root, "outcome") or "",
        started=_text(root, "started") or "",
        answers=_worst(found.answers),
        rooms=_once(found.rooms),
        photos=found.photos,
    )


def _read_open(element: Element, found: _Found) -> None:
    item, room = _text(element, "open_item"), _text(element, "open_room")
    value = _text(element, "now")
    if item is None or value is None:
        return
    answer = FieldAnswer(item, room, _value(value), _text(element, "now_note"))
    found.answers.append(answer)
    photo = _text(element, "now_photo")
    if photo is not None:
        found.photos.append(FieldPhoto(photo, item, room))
    if room is not None and isinstance(answer.value, int):
        found.rooms.append(FieldRoom(room, SEEN))


def _read_room(element: Element, found: _Found) -> None:
    label = _text(element, "room_label")
    if label is None:
        return
    outcome = _text(element, "room_outcome") or SEEN
    found.rooms.append(FieldRoom(label, outcome, _text(element, "room_reason")))
    if outcome == SEEN:
        for part in _leaves(element):
            _read_items(part, label, found)


def _read_items(part: Element, room: str | None, found: _Found) -> None:
    """Read the answers to items that stand side by side."""
    for element in part:
        name = _name(element)
        value = (element.text or "").strip()
        if not value:
            continue
        if name.startswith(ANSWER):
            item = name.removeprefix(ANSWER)
            note = _text(part, f"{NOTE}{item}")
            found.answers.append(FieldAnswer(item, room, _value(value), note))
        elif name.startswith(PHOTO):
            found.photos.append(FieldPhoto(value, name.removeprefix(PHOTO), room))


def _leaves(element: Element) -> Iterator[Element]:
    """Give the groups of an element, itself first, without its repeats."""
    yield element
    for child in element:
        if len(child) and _name(child) not in _REPEATS:
            yield from _leaves(child)


def _value(text: str) -> int | str:
    if text in _UNSEEN:
        return text
    if text not in {"0", "1", "2", "3", "4"}:
        raise FieldFormError(f"{text!r} is no answer: 0 to 4, not_seen or not_applicable")
    return int(text)


def _worst(answers: Iterable[FieldAnswer]) -> list[FieldAnswer]:
    """Keep one answer to each question, in the order of the form."""
    kept: dict[tuple[str, str | None], FieldAnswer] = {}
    for it in answers:
        key = (it.item, it.room)
        if key not in kept or it.rank > kept[key].rank:
            kept[key] = it
    return list(kept.values())


def _once(rooms: Iterable[FieldRoom]) -> list[FieldRoom]:
    """Keep one line a room: what was seen of it counts, and a reason that was given."""
    kept: dict[str, FieldRoom] = {}
    for it in rooms:
        known = kept.get(it.label)
        if known is None:
            kept[it.label] = it
        else:
            outcome = SEEN if SEEN in {it.outcome, known.outcome} else known.outcome
            kept[it.label] = FieldRoom(it.label, outcome, known.reason or it.reason)
    return list(kept.values())


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(element: Element, name: str) -> list[Element]:
    return [child for child in element if _name(child) == name]


def _child(element: Element, name: str) -> Element | None:
    return next(iter(_all(element, name)), None)


def _text(element: Element, name: str) -> str | None:
    child = _child(element, name)
    return None if child is None else (child.text or "").strip() or None
