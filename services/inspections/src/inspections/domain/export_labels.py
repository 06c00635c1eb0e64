"""What the columns of exported tables are called where people read them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

# French, English. A column that is not here keeps its name.
LABELS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "id": ("Identifiant", "Id"),
        "external_id": ("Code", "Code"),
        "accommodation": ("Code de l'hébergement", "Accommodation code"),
        "accommodation_name": ("Hébergement", "Accommodation"),
        "name": ("Nom", "Name"),
        "kind": ("Type", "Kind"),
        "territory": ("Territoire", "Territory"),
        "sector": ("Secteur", "Sector"),
        "address": ("Adresse", "Address"),
        "postcode": ("Code postal", "Postcode"),
        "city": ("Ville", "City"),
        "insee_commune": ("Code INSEE", "INSEE commune"),
        "siret": ("SIRET", "SIRET"),
        "operator": ("Gestionnaire", "Operator"),
        "contract_state": ("État du contrat", "Contract state"),
        "rooms": ("Chambres", "Rooms"),
        "capacity": ("Capacité", "Capacity"),
        "occupied_on": ("Occupation relevée le", "Occupancy counted on"),
        "rooms_booked": ("Chambres réservées", "Rooms booked"),
        "people": ("Personnes", "People"),
        "children_under_three": ("Enfants de moins de trois ans", "Children under three"),
        "erp_category": ("Catégorie ERP", "Public-access category"),
        "safety_opinion": ("Avis de la commission de sécurité", "Safety opinion"),
        "safety_opinion_on": ("Date de l'avis", "Safety opinion on"),
        "opened_on": ("Ouvert le", "Opened on"),
        "confidential_address": ("Adresse confidentielle", "Confidential address"),
        "position_source": ("Origine de la position", "Position source"),
        "lon": ("Longitude", "Longitude"),
        "lat": ("Latitude", "Latitude"),
        "visit_id": ("Visite", "Visit"),
        "visit_kind": ("Motif de la visite", "Visit kind"),
        "inspection_id": ("Évaluation", "Inspection"),
        "anomaly_id": ("Anomalie", "Anomaly"),
        "outcome": ("Issue", "Outcome"),
        "state": ("État", "State"),
        "scheduled_at": ("Prévue le", "Scheduled at"),
        "announced": ("Annoncée", "Announced"),
        "started_at": ("Arrivée", "Started at"),
        "ended_at": ("Départ", "Ended at"),
        "occurred_at": ("Date", "Occurred at"),
        "known_at": ("Connu le", "Known at"),
        "recorded_at": ("Enregistré le", "Recorded at"),
        "created_at": ("Créé le", "Created at"),
        "updated_at": ("Modifié le", "Updated at"),
        "day": ("Jour", "Day"),
        "checklist": ("Grille", "Checklist"),
        "checklist_version": ("Version de la grille", "Checklist version"),
        "rooms_seen": ("Chambres vues", "Rooms seen"),
        "rooms_total": ("Chambres en tout", "Rooms in all"),
        "grade": ("Note", "Grade"),
        "insalubrity_index": ("Indice d'insalubrité", "Insalubrity index"),
        "coverage": ("Couverture", "Coverage"),
        "grading": ("Méthode de notation", "Grading"),
        "reinspect_by": ("À revoir avant le", "Re-inspect by"),
        "category": ("Catégorie", "Category"),
        "item": ("Critère", "Item"),
        "item_fr": ("Critère (français)", "Item (French)"),
        "item_en": ("Critère (anglais)", "Item (English)"),
        "room": ("Chambre", "Room"),
        "severity": ("Gravité", "Severity"),
        "critical": ("Critique", "Critical"),
        "repeat": ("Récidive", "Repeat"),
        "due_on": ("À corriger avant le", "Due on"),
        "note": ("Remarque", "Note"),
        "place": ("Lieu indiqué", "Place told"),
        "source": ("Origine", "Source"),
        "text": ("Texte", "Text"),
        "verdict": ("Conclusion", "Verdict"),
        "judged_at": ("Conclu le", "Judged at"),
        "duplicate_of": ("Doublon de", "Double of"),
        "reason": ("Motif", "Reason"),
    }
)
LANGUAGES = ("fr", "en")


def headers(names: Iterable[str], language: str | None) -> list[str]:
    """Give the titles of columns in a language; without one, their names."""
    if language is None:
        return list(names)
    place = LANGUAGES.index(language)
    return [LABELS[name][place] for name in names]
