import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.registry_file import parse_register
from inspections.domain.sheet import RowProblem, SheetError

HEADER = "external_id;name;postcode;city;rooms;lat;lon"
GOOD = "H1;Hôtel de l'Étoile;75011;Paris;20;48,86;2,38"


def problem_of(*rows: str, header: str = HEADER) -> RowProblem:
    (problem,) = parse_register("\n".join([header, *rows]).encode()).problems
    return problem


def row(**cells: str) -> tuple[str, str]:
    """A header and its row: the good cells, with some replaced or added."""
    good = {"external_id": "H1", "name": "N", "postcode": "75011", "city": "Paris", "rooms": "20"}
    all_cells = good | cells
    return ";".join(all_cells), ";".join(all_cells.values())


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_register_reads_the_same_however_it_was_saved(
    delimiter: str, encoding: str, line_end: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(["Identifiant", "Nom", "Code postal", "Ville", "Chambres", "LAT", "Longitude"])
    writer.writerow(["H1", "Hôtel de l'Étoile", "75011", "Paris", "20", "48,86", "2,38"])

    register = parse_register(text.getvalue().encode(encoding))

    (place,) = register.places
    assert register.problems == ()
    assert (place.external_id, place.name, place.territory) == ("H1", "Hôtel de l'Étoile", "75")
    assert place.position == (2.38, 48.86)
    assert (place.kind, place.contract_state, place.capacity) == ("hotel", "active", None)


def test_a_nul_that_utf_16_lets_through_is_dropped() -> None:
    (place,) = parse_register(f"{HEADER}\n{GOOD}\0".encode("utf-16")).places

    assert place.position == (2.38, 48.86)


def test_every_column_is_understood_in_french() -> None:
    header = (
        "identifiant;nom;type;adresse;code_postal;ville;secteur;latitude;longitude;chambres;"
        "capacité;gestionnaire;statut;adresse confidentielle;ouverture;remarque"
    )
    line = (
        'A;"Le ""Foyer"" ; nord";Résidence;"1, rue X";1000;Bourg;Est;46.2;5.2;1 200;30;'
        "ASSO;Suspendu;oui;31/01/2020;ignored"
    )

    (place,) = parse_register(f"{header}\n{line}".encode()).places

    assert place.name == 'Le "Foyer" ; nord'
    assert (place.kind, place.postcode, place.territory) == ("residence", "01000", "01")
    assert (place.rooms, place.capacity, place.operator) == (1200, 30, "ASSO")
    assert (place.contract_state, place.confidential_address) == ("suspended", True)
    assert (place.opened_on, place.sector, place.address) == (
        date(2020, 1, 31),
        "Est",
        "1, rue X",
    )


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-31",
        "2020/1/31",
        "31/01/2020",
        "31.01.2020",
        "31-01-2020",
        "2020-01-31T00:00:00Z",
        '="2020-01-31"',
    ],
)
def test_a_date_is_read_in_its_usual_shapes(text: str) -> None:
    header, line = row(opened_on=text.replace('"', '""') if text.startswith("=") else text)
    quoted = line.replace('=""2020-01-31""', '"=""2020-01-31"""')

    (place,) = parse_register(f"{header}\n{quoted}".encode()).places

    assert place.opened_on == date(2020, 1, 31)


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"external_id": ""}, "external_id", "is empty; fill it in"),
        ({"name": "n" * 201}, "name", "shorten it to 200"),
        ({"rooms": "0"}, "rooms", "whole number from 1 to 5000"),
        ({"rooms": "2,5"}, "rooms", "whole number from 1 to 5000"),
        ({"rooms": "many"}, "rooms", "must be a number"),
        ({"rooms": "=SUM(A1:A9)"}, "rooms", "is a formula; paste its value"),
        ({"capacity": "20001"}, "capacity", "whole number from 0 to 20000"),
        ({"postcode": "751"}, "postcode", "five digits"),
        ({"postcode": "00123"}, "postcode", "no département"),
        ({"kind": "castle"}, "kind", "must be one of hotel, residence"),
        ({"contract_state": "maybe"}, "contract_state", "one of active, suspended, withdrawn"),
        ({"confidential_address": "perhaps"}, "confidential_address", "yes or no"),
        ({"opened_on": "last year"}, "opened_on", "2024-01-31"),
        ({"opened_on": "31/02/2020"}, "opened_on", "day"),
        ({"lat": "48.8", "lon": ""}, "lon", "give both"),
        ({"lat": "", "lon": "2.3"}, "lat", "give both"),
        ({"lat": "0", "lon": "0"}, "lat", "0, 0 is no address"),
        ({"lat": "2.35", "lon": "48.85"}, "lat", "look swapped"),
        ({"lat": "151.2", "lon": "33.8"}, "lat", "look swapped"),
        ({"lat": "200", "lon": "2"}, "lat", "decimal degrees"),
        ({"siret": "73282932000075"}, "siret", "wrong digit"),
        ({"siret": "7328"}, "siret", "14 digits"),
        ({"insee_commune": "20004"}, "insee_commune", "begin with 2A or 2B"),
        ({"insee_commune": "Paris"}, "insee_commune", "INSEE commune code"),
        ({"erp_category": "6"}, "erp_category", "from 1 to 5"),
        (
            {"safety_opinion": "good", "safety_opinion_on": "2025-01-01"},
            "safety_opinion",
            "one of favourable",
        ),
        ({"safety_opinion": "favorable"}, "safety_opinion_on", "give both or none"),
        ({"safety_opinion_on": "2025-01-01"}, "safety_opinion", "give both or none"),
        ({"safety_opinion_on": "soon"}, "safety_opinion_on", "2024-01-31"),
        ({"reception_phone": "ask"}, "reception_phone", "telephone number"),
        ({"access_notes": "n" * 2001}, "access_notes", "shorten it to 2000"),
        ({"languages": "french"}, "languages", "'french' is no such code"),
        ({"languages": " ".join(["fr"] * 21)}, "languages", "20 at the most"),
        ({"skills": ",".join("abcdefghijk")}, "skills", "10 at the most"),
        ({"visit_hours": "lun 9h-25h"}, "visit_hours", "no time of day"),
        ({"visit_hours": "lundi"}, "visit_hours", "no hours that can be read"),
        ({"visit_hours": "9h-12h sometimes"}, "visit_hours", "no hours that can be read"),
        ({"visit_hours": "foo 9h-12h"}, "visit_hours", "'foo' is no day"),
        ({"visit_hours": "lun 12h-9h"}, "visit_hours", "closes must be later"),
        ({"visit_hours": "tous les jours " + "9h-10h " * 5}, "visit_hours", "28 at the most"),
    ],
)
def test_a_bad_cell_is_reported_with_its_line_column_value_and_way_out(
    cells: dict[str, str], column: str, reason: str
) -> None:
    header, line = row(**cells)

    problem = problem_of(line, header=header)

    assert (problem.line, problem.column) == (2, column)
    assert problem.value == cells.get(column, "")[:200]
    assert reason in problem.reason


def test_places_overseas_and_abroad_keep_their_coordinates() -> None:
    rows = ["R;Réunion;97400;Saint-Denis;9;-20,88;55,45", "X;Elsewhere;75001;Paris;9;-33.9;18.4"]

    places = parse_register("\n".join([HEADER, *rows]).encode()).places

    assert [place.position for place in places] == [(55.45, -20.88), (18.4, -33.9)]


def test_all_the_bad_cells_of_a_row_are_told_at_once() -> None:
    register = parse_register(f"{HEADER}\n;;750;;x;;".encode())

    assert [p.column for p in register.problems] == [
        "external_id",
        "name",
        "postcode",
        "city",
        "rooms",
    ]
    assert (register.row_count, register.rejected, register.places) == (1, 1, ())


def test_good_rows_are_kept_beside_bad_ones_and_lines_count_breaks_inside_cells() -> None:
    register = parse_register(
        f'{HEADER}\nH1;"two\nlines";75011;Paris;20;;\n\n;;;;;;\nH2;N;x;Paris;20;;\n'
        "H3;N;75012;Paris;20".encode()
    )

    assert [place.external_id for place in register.places] == ["H1", "H3"]
    assert [(p.line, p.column, p.value) for p in register.problems] == [(6, "postcode", "x")]
    assert (register.row_count, register.rejected) == (3, 1)


def test_a_second_row_of_the_same_place_is_reported_and_the_first_kept() -> None:
    register = parse_register(f"{HEADER}\n{GOOD}\nH1;Other;75012;Paris;9;;".encode())

    assert [place.name for place in register.places] == ["Hôtel de l'Étoile"]
    assert register.problems == (
        RowProblem(3, "external_id", "H1", "is already on line 2; keep one row for each place"),
    )


def test_a_separator_left_unquoted_is_reported() -> None:
    problem = problem_of(GOOD + ";more")

    assert problem.value == "more"
    assert "quote cells that hold a separator" in problem.reason
    assert parse_register(f"{HEADER}\n{GOOD};;".encode()).problems == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no column for external_id; name one of them: external_id, identifiant"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not a text file"),
        (b"name;\x81\n", "characters cannot be read"),
        (b"\xff\xfea", "characters cannot be read"),
        (b"id;nom;cp;ville;chambres;name\n", "two columns for name"),
        (b"id;nom;cp;ville\n", "no column for rooms"),
        (b"id;nom;cp;ville;chambres\n" + b"x" * 200_000, "line 2: field larger than"),
    ],
)
def test_a_file_that_is_no_register_is_refused_whole(content: bytes, message: str) -> None:
    with pytest.raises(SheetError, match=message):
        parse_register(content)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_register_or_a_clear_refusal(content: bytes) -> None:
    try:
        register = parse_register(HEADER.encode() + b"\n" + content)
    except SheetError:
        return
    assert register.row_count == len(register.places) + register.rejected


def test_what_identifies_a_place_and_leads_into_it_is_read_as_people_write_it() -> None:
    header, line = row(
        siret="732 829 320 00074",
        insee_commune="75111",
        reception_phone="140000000",
        languages="fr, ar|ti",
        skills="arabic, ladder",
        safety_opinion="Défavorable",
        safety_opinion_on="12/06/2025",
    )

    (place,) = parse_register(f"{header}\n{line}".encode()).places

    assert (place.siret, place.insee_commune, place.territory) == ("73282932000074", "75111", "75")
    assert (place.reception_phone, place.languages) == ("0140000000", ("fr", "ar", "ti"))
    assert (place.skills, place.safety_opinion) == (("arabic", "ladder"), "unfavourable")
    assert place.safety_opinion_on == date(2025, 6, 12)
