"""A checklist as linked data, with what its items refer to."""

import csv
import json
from importlib.resources import files

import pytest
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, SKOS

from inspections.domain.checklist_file import parse_items
from inspections.domain.references import Listing, references_of
from inspections.domain.vocabulary import CATEGORIES, Titled, vocabulary

# rdflib reads JSON-LD by what it calls deprecated itself.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
WHERE = "https://ronde.example/v1/checklists/default/versions/1/vocabulary.jsonld"
SHEET = files("inspections.store").joinpath("default_checklist.csv").read_bytes()
ROWS = {it["code"]: it for it in csv.DictReader(SHEET.decode("utf-8-sig").splitlines())}


@pytest.fixture(scope="module")
def graph() -> Graph:
    titled = Titled("default", 1, "Grille", "Checklist", parse_items(SHEET))
    return Graph().parse(data=json.dumps(vocabulary(titled)), format="json-ld", publicID=WHERE)


def item(code):
    return URIRef(f"{WHERE}#item-{code}")


def notations(graph, code, match):
    return {str(graph.value(it, SKOS.notation)) for it in graph.objects(item(code), match)}


def test_every_row_of_the_sheet_is_a_concept_with_its_labels_below_its_category(graph):
    own = set(graph.subjects(SKOS.inScheme, URIRef(WHERE)))
    categories = set(graph.objects(URIRef(WHERE), SKOS.hasTopConcept))

    assert own - categories == {item(code) for code in ROWS}
    assert len(categories) == len({it["category"] for it in ROWS.values()}) == 10
    for code, row in ROWS.items():
        labels = {
            Literal(row["label_fr"].strip(), lang="fr"),
            Literal(row["label_en"].strip(), lang="en"),
        }
        assert set(graph.objects(item(code), SKOS.prefLabel)) == labels
        (above,) = graph.objects(item(code), SKOS.broader)
        assert str(graph.value(above, SKOS.notation)) == row["category"]
        assert (above, SKOS.narrower, item(code)) in graph
        assert str(graph.value(item(code), SKOS.notation)) == code


def test_items_are_linked_to_what_their_references_name(graph):
    assert notations(graph, "gas_co", SKOS.relatedMatch) == {"6", "9"}
    assert notations(graph, "gas_co", SKOS.closeMatch) == {"securite_gaz"}
    assert notations(graph, "sanitary", SKOS.relatedMatch) == {
        "R1331-26, 4°",
        "R1331-26, 5°",
        "17",
    }
    assert notations(graph, "collapse", SKOS.closeMatch) == {
        "securite_plafond",
        "securite_sol",
        "securite_murs",
    }
    assert {str(it) for it in graph.objects(item("fridge"), SKOS.note)} == {
        "charte qualité hôtelière"
    }
    # What was annulled is told as it is written, and is no link.
    assert "R1331-20" not in str(notations(graph, "ceiling_height", SKOS.relatedMatch))


def test_as_many_items_are_linked_to_a_list_as_rows_of_the_sheet_name_it(graph):
    schemes = {it: URIRef(f"{WHERE}#{it}") for it in Listing}
    assert set(graph.subjects(RDF.type, SKOS.ConceptScheme)) == {URIRef(WHERE), *schemes.values()}
    linked = {listing: set() for listing in Listing}
    for match in (SKOS.closeMatch, SKOS.relatedMatch):
        for subject, listed in graph.subject_objects(match):
            for listing, scheme in schemes.items():
                if (listed, SKOS.inScheme, scheme) in graph:
                    linked[listing].add(subject)

    def rows(mark):
        return {
            item(code)
            for code, it in ROWS.items()
            if any(part.strip().startswith(mark) for part in it["refs"].split(";"))
        }

    assert linked[Listing.hhsrs] == rows("HHSRS ")
    assert linked[Listing.csp] == rows("CSP ")
    # One row names no code but says what it means.
    assert rows("SL ") - linked[Listing.signal_logement] == {item("no_window")}
    assert all(graph.value(it, DCTERMS.source) for it in schemes.values())


@pytest.mark.parametrize(
    ("text", "known", "notes"),
    [
        ("HHSRS 21-22", ["21", "22"], ()),
        ("HHSRS 30", [], ("HHSRS 30",)),
        ("HHSRS", [], ("HHSRS",)),
        ("CSP L1331-23; CSP L1331-23", ["L1331-23"], ()),
        ("CSP R1331-26 8° et 10°", ["R1331-26, 8°", "R1331-26, 10°"], ()),
        ("SL bruit/", [], ("SL bruit/",)),
        ("SL bruit/eau", ["bruit", "eau"], ()),
        ("", [], ()),
        (" ; ", [], ()),
    ],
)
def test_a_reference_that_is_in_no_list_stays_what_it_says(text, known, notes):
    found = references_of(text)

    assert [it.notation for it in found.known] == known
    assert found.notes == notes


def test_a_category_of_an_organisations_own_is_called_by_its_code():
    assert "own_words" not in CATEGORIES
    (one,) = parse_items(
        b"code;category;scope;label_fr;label_en;weight\nmine;own_words;room;Ici;Here;1\n"
    )
    told = vocabulary(Titled("own", 2, "A", "B", [one]))["@graph"]

    assert {"fr": "own words", "en": "own words"} in [it.get("label") for it in told]
    assert references_of(one.references).known == ()
