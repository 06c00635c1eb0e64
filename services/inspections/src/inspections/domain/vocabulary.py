"""Write a version of a checklist as a vocabulary of linked data: SKOS, in JSON-LD.

Names are relative to where the document is read, so that each organisation has its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from inspections.domain.checklist import Item
from inspections.domain.references import Listing, Reference, references_of
from inspections.domain.registry_cells import key_of

CONTEXT = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct": "http://purl.org/dc/terms/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "id": "@id",
    "type": "@type",
    "title": {"@id": "dct:title", "@container": "@language"},
    "label": {"@id": "skos:prefLabel", "@container": "@language"},
    "notation": "skos:notation",
    "note": "skos:note",
    "version": "owl:versionInfo",
    "source": {"@id": "dct:source", "@type": "@id"},
} | {
    name: {"@id": f"skos:{name}", "@type": "@id"}
    for name in (
        "inScheme",
        "topConceptOf",
        "hasTopConcept",
        "broader",
        "narrower",
        "closeMatch",
        "relatedMatch",
    )
}
CATEGORIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "daily_life": ("Vie quotidienne", "Daily life"),
        "damp_mould": ("Humidité et moisissures", "Damp and mould"),
        "electrical": ("Électricité", "Electricity"),
        "fire_safety": ("Sécurité incendie", "Fire safety"),
        "heating_water": ("Chauffage et eau", "Heating and water"),
        "hygiene": ("Hygiène", "Hygiene"),
        "pests": ("Nuisibles", "Pests"),
        "relations": ("Relations", "Relations"),
        "space_light": ("Surface et lumière", "Space and light"),
        "structure": ("Bâti", "Structure"),
    }
)
# What the State's list calls nearly the same is the same to a search; a hazard or an article is
# about more than one thing to look at, and only related to it.
MATCHES = {
    Listing.signal_logement: "closeMatch",
    Listing.hhsrs: "relatedMatch",
    Listing.csp: "relatedMatch",
}
LISTS = {
    Listing.hhsrs: (
        {
            "fr": "Système anglais d'évaluation des dangers du logement (HHSRS)",
            "en": "Housing Health and Safety Rating System (HHSRS)",
        },
        "https://www.legislation.gov.uk/uksi/2005/3208",
    ),
    Listing.csp: (
        {"fr": "Code de la santé publique", "en": "French public health code"},
        "https://www.legifrance.gouv.fr/codes/texte_lc/LEGITEXT000006072665",
    ),
    Listing.signal_logement: (
        {"fr": "Désordres de Signal Logement", "en": "Disorders of Signal Logement"},
        "https://signal-logement.beta.gouv.fr",
    ),
}
Node = dict[str, object]


@dataclass(frozen=True, slots=True)
class Titled:
    """A version of a checklist with its titles."""

    code: str
    version: int
    title_fr: str
    title_en: str
    items: Sequence[Item]


def vocabulary(checklist: Titled) -> Node:
    """Write a checklist as a scheme of concepts, its items below their categories."""
    categories = dict.fromkeys(it.category for it in checklist.items)
    references = {it.code: references_of(it.references) for it in checklist.items}
    known = dict.fromkeys(one for it in references.values() for one in it.known)
    return {
        "@context": CONTEXT,
        "@graph": [
            _scheme(checklist, categories),
            *(_category(it, checklist.items) for it in categories),
            *(_item(it) for it in checklist.items),
            *(_list(it) for it in dict.fromkeys(one.listing for one in known)),
            *(_listed(it) for it in known),
        ],
    }


def _scheme(checklist: Titled, categories: Iterable[str]) -> Node:
    return {
        "id": "",
        "type": "skos:ConceptScheme",
        "title": {"fr": checklist.title_fr, "en": checklist.title_en},
        "notation": checklist.code,
        "version": str(checklist.version),
        "hasTopConcept": [_category_id(it) for it in categories],
    }


def _category(code: str, items: Iterable[Item]) -> Node:
    said = code.replace("_", " ")
    french, english = CATEGORIES.get(code, (said, said))
    return {
        "id": _category_id(code),
        "type": "skos:Concept",
        "inScheme": "",
        "topConceptOf": "",
        "notation": code,
        "label": {"fr": french, "en": english},
        "narrower": [_item_id(it) for it in items if it.category == code],
    }


def _item(it: Item) -> Node:
    references = references_of(it.references)
    node: Node = {
        "id": _item_id(it),
        "type": "skos:Concept",
        "inScheme": "",
        "notation": it.code,
        "label": {"fr": it.label_fr, "en": it.label_en},
        "broader": _category_id(it.category),
    }
    for match in sorted(set(MATCHES.values())):
        alike = [_listed_id(one) for one in references.known if MATCHES[one.listing] == match]
        if alike:
            node[match] = alike
    if references.notes:
        node["note"] = list(references.notes)
    return node


def _list(listing: Listing) -> Node:
    title, source = LISTS[listing]
    return {
        "id": f"#{listing}",
        "type": "skos:ConceptScheme",
        "title": title,
        "source": source,
    }


def _listed(it: Reference) -> Node:
    return {
        "id": _listed_id(it),
        "type": "skos:Concept",
        "inScheme": f"#{it.listing}",
        "notation": it.notation,
    }


def _category_id(code: str) -> str:
    return f"#category-{code}"


def _item_id(it: Item) -> str:
    return f"#item-{it.code}"


def _listed_id(it: Reference) -> str:
    return f"#{it.listing}-{key_of(it.notation)}"
