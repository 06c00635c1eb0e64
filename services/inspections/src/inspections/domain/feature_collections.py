"""What the record shows on maps of others: collections of features and what each tells.

Of each at most one property is a time; other days are numbers, as 20260331. GDAL takes any
comparison with what looks like a time for one with the time of the feature, asks for that alone
and trusts the answer; and what it knows to be text it compares as 2026/03/31.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from inspections.domain.feature_query import QueryError

MOST_DIGITS = 9
LONGEST_TEXT = 200
FLAGS = MappingProxyType({"true": True, "1": True, "false": False, "0": False})
Value = str | int | bool


class Kind(StrEnum):
    """What the values of a property are."""

    text = "text"
    day = "day"
    moment = "moment"
    whole = "whole"
    number = "number"
    flag = "flag"


class Shape(StrEnum):
    """What the geometries of a collection are; a feature without a position has none."""

    point = "Point"
    line = "LineString"


@dataclass(frozen=True, slots=True)
class Property:
    """What a feature tells; of `asked` ones, features may be asked for by value.

    `scored` ones say what was thought of a place before anybody looked.
    """

    kind: Kind
    says: str
    asked: bool = False
    values: tuple[str, ...] = ()
    scored: bool = False

    def value_of(self, name: str, text: str) -> Value:
        """Read a value to ask for.

        Raises
        ------
        QueryError : the property has no such values
        """
        if self.kind == Kind.flag:
            if text not in FLAGS:
                raise QueryError(name, "send true or false")
            return FLAGS[text]
        if self.kind in {Kind.whole, Kind.day}:
            if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
                raise QueryError(name, "send a whole number")
            return int(text)
        if self.values and text not in self.values:
            raise QueryError(name, f"send one of {', '.join(self.values)}")
        if len(text) > LONGEST_TEXT or "\0" in text:
            raise QueryError(name, f"send a text of {LONGEST_TEXT} characters at the most")
        return text


@dataclass(frozen=True, slots=True)
class FeatureCollection:
    """Features of one kind; `time` names the property that is their time, if they have one.

    Those whose time never changes are given by it (`timed`), the others by their id: pages of
    what moves meanwhile would give it twice, or not at all.
    """

    id: str
    title: str
    says: str
    shape: Shape
    properties: Mapping[str, Property]
    time: str | None = None
    timed: bool = False

    @property
    def asked(self) -> Mapping[str, Property]:
        """The properties by whose values features may be asked for."""
        return {name: it for name, it in self.properties.items() if it.asked}


def _text(says: str, *values: str, asked: bool = True) -> Property:
    return Property(Kind.text, says, asked=asked, values=values)


PLACE = {
    "accommodation": _text("Code of the accommodation in the register."),
    "accommodation_name": _text("Its name.", asked=False),
    "city": _text("Its city."),
    "territory": _text("Its département."),
    "sector": _text("The visiting teams' own division."),
}
ACCOMMODATIONS = FeatureCollection(
    "accommodations",
    "Accommodations",
    "The places of the register as they stand today, withdrawn ones included.",
    Shape.point,
    {
        "external_id": _text("Code in the register."),
        "name": _text("What it is called."),
        "kind": _text(
            "What kind of place it is.",
            *("hotel", "residence", "hostel", "guest_house", "apartment"),
        ),
        "city": PLACE["city"],
        "territory": PLACE["territory"],
        "sector": PLACE["sector"],
        "rooms": Property(Kind.whole, "How many rooms it has.", asked=True),
        "contract_state": _text(
            "Whether it is booked.", *("active", "suspended", "withdrawn"), asked=True
        ),
        "grade": _text("A to D by all that is known today; null if never inspected.", asked=False),
        "anomalies_open": Property(Kind.whole, "Anomalies nobody has seen to be right."),
        "anomalies_overdue": Property(Kind.whole, "Those of them past their deadline."),
        "last_visit_on": Property(
            Kind.day, "Local day of the last inspection that saw something, as 20260331."
        ),
        "priority_points": Property(
            Kind.number,
            "What a visit was worth, 0 to 100, when one was last planned by scores.",
            scored=True,
        ),
        "scored_on": Property(Kind.day, "Local day those points are of, as 20260331.", scored=True),
    },
)
FINDINGS = FeatureCollection(
    "findings",
    "Findings",
    "What inspections found wrong, at the places where they found it.",
    Shape.point,
    {
        **PLACE,
        "item": _text("Code of the item in the checklist."),
        "category": _text("Category of the item."),
        "severity": Property(Kind.whole, "1 minor to 4 danger.", asked=True),
        "critical": Property(Kind.flag, "Severity 4, or the item's danger threshold.", asked=True),
        "repeat": Property(Kind.flag, "Found wrong again within twelve months.", asked=True),
        "room": _text("Label of the room; null if it is of the whole place.", asked=False),
        "due_on": Property(Kind.day, "By when it must be put right, as 20260331."),
        "occurred_at": Property(Kind.moment, "When it was seen."),
    },
    time="occurred_at",
    timed=True,
)
VISITS = FeatureCollection(
    "visits",
    "Visits",
    "The visits to come, and those of the 31 days before, with their state.",
    Shape.point,
    {
        **PLACE,
        "kind": _text(
            "Why it takes place.", *("routine", "complaint", "reinspection", "opening"), asked=True
        ),
        "state": _text(
            "How far it is.",
            *("planned", "en_route", "done", "refused", "closed"),
            *("nobody_there", "wrong_address", "cancelled"),
        ),
        "announced": Property(Kind.flag, "Whether the operator was told.", asked=True),
        "round_id": _text("The round it is part of, if any."),
        "scheduled_at": Property(Kind.moment, "When it is to begin."),
    },
    time="scheduled_at",
)
ROUNDS = FeatureCollection(
    "rounds",
    "Rounds",
    "The rounds to come, and those of the 31 days before: straight lines from stop to stop in "
    "their order, never from or to anybody's home. A round of one stop has no geometry.",
    Shape.line,
    {
        "round_id": _text("The round; one per team and day."),
        "day": Property(Kind.day, "Local day, as 20260331.", asked=True),
        "stops": Property(Kind.whole, "Visits of the round that are not cancelled."),
        "stops_to_come": Property(Kind.whole, "Those of them that have not ended."),
        "starts_at": Property(Kind.moment, "When its first visit is to begin."),
    },
    time="starts_at",
)
COLLECTIONS: Mapping[str, FeatureCollection] = MappingProxyType(
    {it.id: it for it in (ACCOMMODATIONS, FINDINGS, VISITS, ROUNDS)}
)
