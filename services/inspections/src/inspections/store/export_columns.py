"""Which columns of which tables are exported, and what they are read from.

Names stay the same from release to release.
"""

from collections.abc import Mapping
from types import MappingProxyType

from inspections.store import places_known

PLACE = {
    "accommodation": "accommodation.external_id",
    "accommodation_name": "accommodation.name",
    "territory": "accommodation.territory",
    "sector": "accommodation.sector",
}


# Counts of a territory, and beside them the share of its places that were visited.
COUNTED = (
    "places",
    "places_visited",
    "rooms",
    "capacity",
    "grade_a",
    "grade_b",
    "grade_c",
    "grade_d",
    "standing_minor",
    "standing_moderate",
    "standing_serious",
    "standing_danger",
    "overdue",
)
FIGURES = ("territory", *COUNTED, "coverage")


def _kept(name: str) -> str:
    """Read what would tell where a place is: of a confidential one, for keepers only."""
    return f"case when :keeper or accommodation.confidential_address is not true then {name} end"


POSITION = {name: _kept(f"accommodation.{name}") for name in ("lon", "lat")}


def _of_it(*names: str) -> dict[str, str]:
    return {name: f"it.{name}" for name in names}


COLUMNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "findings": {
            "id": "it.id",
            **PLACE,
            **_of_it("inspection_id", "anomaly_id", "occurred_at", "known_at", "category", "item"),
            "item_fr": "label.fr",
            "item_en": "label.en",
            **_of_it("room", "severity", "critical", "repeat", "due_on", "note"),
            **POSITION,
        },
        "inspections": {
            "id": "it.id",
            **PLACE,
            **_of_it(
                "visit_id",
                "visit_kind",
                "outcome",
                "occurred_at",
                "known_at",
                "checklist",
                "checklist_version",
                "rooms_seen",
                "rooms_total",
                "grade",
                "insalubrity_index",
                "coverage",
                "grading",
                "reinspect_by",
            ),
            **POSITION,
        },
        "accommodations": {
            "id": "it.id",
            **_of_it("external_id", "name", "kind", "territory", "sector"),
            **{
                name: _kept(f"accommodation.{name}")
                for name in ("address", "postcode", "city", "insee_commune", "siret")
            },
            **_of_it(
                "operator",
                "contract_state",
                "rooms",
                "capacity",
                "occupied_on",
                "rooms_booked",
                "people",
                "children_under_three",
                "erp_category",
                "safety_opinion",
                "safety_opinion_on",
                "opened_on",
                "confidential_address",
                "position_source",
                "created_at",
                "updated_at",
            ),
            **POSITION,
            "visited_at": "last.visited_at",
            "grade": places_known.GRADE,
        },
        "visits": {
            "id": "it.id",
            **PLACE,
            **_of_it(
                "external_id",
                "kind",
                "state",
                "scheduled_at",
                "announced",
                "started_at",
                "ended_at",
                "rooms_seen",
                "reason",
                "created_at",
            ),
            **POSITION,
        },
        "complaints": {
            "id": "it.id",
            **PLACE,
            "place": _kept("it.place"),
            **_of_it(
                "source",
                "occurred_at",
                "known_at",
                "severity",
                "category",
                "item",
            ),
            "item_fr": "label.fr",
            "item_en": "label.en",
            **_of_it("room", "text", "state", "verdict", "judged_at", "duplicate_of", "reason"),
            **POSITION,
        },
        "occupancy": {
            "id": "it.accommodation_id || ':' || it.day",
            **PLACE,
            **_of_it("day", "rooms_booked", "people", "children_under_three", "recorded_at"),
            **POSITION,
        },
        "territories": {name: name for name in FIGURES},
    }
)
# An item is called what its newest version calls it.
LABELS = (
    "left join (select distinct on (one->>'code') one->>'code' as code, one->>'label_fr' as fr, "
    "one->>'label_en' as en from checklist cross join jsonb_array_elements(items) as one "
    "order by one->>'code', version desc) as label on label.code = it.item "
)
JOINED = (
    "join accommodation on accommodation.organisation = it.organisation "
    "and accommodation.id = it.accommodation_id "
)
PLACES_ONCE = (
    "join accommodation on accommodation.organisation = it.organisation "
    "and accommodation.id = it.id and it.merged_into is null "
    f"{places_known.JOINED}"
)
# Visits to come that are not announced are for those who plan and make them.
VISITS = (
    f"visit as it {JOINED}"
    "and (:surprises or it.announced or it.state not in ('planned', 'en_route', 'cancelled')) "
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "findings": f"finding as it {LABELS}{JOINED}",
        "inspections": f"inspection as it {JOINED}",
        "accommodations": f"accommodation as it {PLACES_ONCE}",
        "visits": VISITS,
        "complaints": f"complaint as it {LABELS}left {JOINED}",
        "occupancy": f"occupancy as it {JOINED}",
    }
)
# When a row happened and when it was known, and what sorts rows of one moment.
TIMES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "findings": ("it.occurred_at", "it.known_at", "it.id"),
        "inspections": ("it.occurred_at", "it.known_at", "it.id"),
        "accommodations": ("it.created_at", "it.created_at", "it.id"),
        "visits": ("it.scheduled_at", "it.created_at", "it.id"),
        "complaints": ("it.occurred_at", "it.known_at", "it.id"),
        "occupancy": ("it.day", "it.recorded_at", "it.accommodation_id"),
    }
)
MOMENTS = frozenset(
    {
        "occurred_at",
        "known_at",
        "scheduled_at",
        "started_at",
        "ended_at",
        "created_at",
        "updated_at",
        "judged_at",
        "recorded_at",
        "visited_at",
    }
)
DAYS = frozenset({"due_on", "reinspect_by", "day", "opened_on", "occupied_on", "safety_opinion_on"})
FLAGS = frozenset({"critical", "repeat", "announced", "confidential_address"})
FRACTIONS = frozenset({"lon", "lat", "insalubrity_index", "coverage"})
COUNTS = frozenset(
    {
        *COUNTED,
        "severity",
        "checklist_version",
        "rooms_seen",
        "rooms_total",
        "rooms_booked",
        "people",
        "children_under_three",
        "erp_category",
    }
)
