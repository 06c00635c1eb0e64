"""What two revisions of a record differ in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A field, what it was and what it is."""

    field: str
    before: object
    after: object


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    """Yield the fields that are not the same, by name; what is absent is nothing."""
    for field in sorted(before.keys() | after.keys()):
        was, became = before.get(field), after.get(field)
        if was != became:
            yield Change(field, was, became)
