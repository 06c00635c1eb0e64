"""What the columns of exported tables are in the Humanitarian Exchange Language (HXL 1.1).

Whoever gathers tables of many organisations tells columns by these, whatever their titles.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

# A département is the second level below France, under the region.
TAGS: Mapping[str, str] = MappingProxyType(
    {
        "id": "#meta+id",
        "external_id": "#meta+id+external",
        "accommodation": "#loc+code",
        "accommodation_name": "#loc+name",
        "name": "#loc+name",
        "kind": "#loc+type",
        "territory": "#adm2+code",
        "sector": "#region+sector",
        "address": "#loc+address",
        "postcode": "#loc+postcode",
        "city": "#adm4+name",
        "insee_commune": "#adm4+code",
        "siret": "#org+operator+code",
        "operator": "#org+operator+name",
        "contract_state": "#status+contract",
        "rooms": "#capacity+rooms",
        "capacity": "#capacity+people",
        "occupied_on": "#date+occupancy",
        "rooms_booked": "#output+rooms+booked",
        "people": "#affected+people",
        "children_under_three": "#affected+infants+age_lt3",
        "erp_category": "#loc+type+erp",
        "safety_opinion": "#status+safety",
        "safety_opinion_on": "#date+safety",
        "opened_on": "#date+opened",
        "confidential_address": "#meta+confidential",
        "position_source": "#geo+source",
        "lon": "#geo+lon",
        "lat": "#geo+lat",
        "visit_id": "#meta+id+visit",
        "visit_kind": "#activity+visit+type",
        "inspection_id": "#meta+id+inspection",
        "anomaly_id": "#meta+id+anomaly",
        "outcome": "#status+outcome",
        "state": "#status",
        "scheduled_at": "#date+planned",
        "announced": "#modality+announced",
        "started_at": "#date+start",
        "ended_at": "#date+end",
        "occurred_at": "#date+occurred",
        "known_at": "#date+known",
        "recorded_at": "#date+recorded",
        "created_at": "#date+created",
        "updated_at": "#date+updated",
        "day": "#date",
        "checklist": "#meta+checklist+code",
        "checklist_version": "#meta+checklist+version",
        "rooms_seen": "#output+rooms+seen",
        "rooms_total": "#capacity+rooms",
        "grade": "#indicator+grade",
        "insalubrity_index": "#indicator+insalubrity+num",
        "coverage": "#indicator+coverage+pct",
        "grading": "#meta+method",
        "reinspect_by": "#date+due",
        "category": "#subsector+code",
        "item": "#indicator+item+code",
        "item_fr": "#indicator+item+name+i_fr",
        "item_en": "#indicator+item+name+i_en",
        "room": "#loc+room",
        "severity": "#severity+num",
        "critical": "#severity+critical",
        "repeat": "#event+repeat",
        "due_on": "#date+due",
        "note": "#description+note",
        "place": "#loc+told",
        "source": "#meta+source",
        "text": "#description",
        "verdict": "#status+verdict",
        "judged_at": "#date+judged",
        "duplicate_of": "#meta+id+duplicate",
        "reason": "#cause",
        "visited_at": "#date+visit+latest",
        "places": "#loc+num",
        "places_visited": "#reached+loc+num",
        "grade_a": "#indicator+grade_a+num",
        "grade_b": "#indicator+grade_b+num",
        "grade_c": "#indicator+grade_c+num",
        "grade_d": "#indicator+grade_d+num",
        "standing_minor": "#event+standing+minor+num",
        "standing_moderate": "#event+standing+moderate+num",
        "standing_serious": "#event+standing+serious+num",
        "standing_danger": "#event+standing+danger+num",
        "overdue": "#event+overdue+num",
    }
)
# A name that means something else in one table.
OWN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "accommodations": {"external_id": "#loc+code"},
        "visits": {"kind": "#activity+visit+type"},
    }
)


def hxl_tags(table: str, names: Iterable[str]) -> list[str]:
    """Give the hashtags of the columns of a table."""
    own = OWN.get(table, {})
    return [own.get(name) or TAGS[name] for name in names]
