from datetime import UTC, datetime, timedelta

import pytest

from inspections.domain.free_text import mentions_in, without
from inspections.domain.retention import DEFAULTS, Kept, cutoffs


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Moisissures autour de la fenêtre, chambre 12", []),
        ("RAS, VMC en panne au RDC", []),
        ("Panne VMC au rez-de-chaussée", []),
        ("Mme Diallo demande un lit", [("name", "Mme Diallo")]),
        ("vu avec Monsieur de La Tour", [("name", "Monsieur de La Tour")]),
        ("Fatou NDIAYE est absente", [("name", "Fatou NDIAYE")]),
        ("la famille Traoré a froid", [("name", "famille Traoré")]),
        ("appeler le 06 12 34 56 78 ce soir", [("phone", "06 12 34 56 78")]),
        ("tel +33 6.12.34.56.78", [("phone", "+33 6.12.34.56.78")]),
        ("écrire à a.b@exemple.org", [("email", "a.b@exemple.org")]),
        ("né le 3 mars 1990", [("birth_date", "né le 3 mars 1990")]),
        ("2 85 05 75 123 456 78", [("social_security", "2 85 05 75 123 456 78")]),
        (
            "M. Koné, 0612345678, k@x.fr",
            [("name", "M. Koné"), ("phone", "0612345678"), ("email", "k@x.fr")],
        ),
    ],
)
def test_what_may_name_people_is_found_and_what_is_of_the_place_is_not(text, found):
    mentions = mentions_in(text)

    assert [(it.kind, it.text) for it in mentions] == found
    assert all(text[it.start : it.end] == it.text for it in mentions)


def test_mentions_that_overlap_are_told_once():
    assert [it.text for it in mentions_in("Mme Awa NDIAYE")] == ["Mme Awa NDIAYE"]


def test_words_are_replaced_whatever_their_capitals_and_blanks():
    told = "Zoé  Martin, puis zoé martin; Martine reste."

    assert without(told, ["Zoé Martin", " "], "[x]") == "[x], puis [x]; Martine reste."
    assert without("a+b", ["a+b"], "") == ""


def test_what_an_organisation_chose_is_counted_from_now():
    now = datetime(2026, 3, 2, tzinfo=UTC)

    before = cutoffs({"mail": 10}, now)

    assert before[Kept.mail] == now - timedelta(days=10)
    assert before[Kept.import_file] == now - timedelta(days=DEFAULTS[Kept.import_file].days)
