from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.duplicates import MOST_IN_BLOCK, RegisteredPlace, find_duplicates

LILAS = {
    "name": "Hôtel des Lilas",
    "address": "12 rue des Lilas",
    "postcode": "93200",
    "city": "Saint-Denis",
    "siret": None,
    "lon": 2.3574,
    "lat": 48.9356,
}


def place(number: int, **values: object) -> RegisteredPlace:
    return RegisteredPlace(id=UUID(int=number), **(LILAS | values))


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        ({}, ("address", "position", "name")),
        ({"name": "Formule 2", "lon": None, "lat": None, "siret": "1"}, None),
        ({"name": "HOTEL LES LILAS", "address": "", "lon": 2.3575}, ("position", "name")),
        (
            {"name": "Formule 2", "address": "12 r. des Lilas", "lon": 2.3575},
            ("address", "position"),
        ),
        ({"lon": None, "lat": None}, ("address", "name")),
        ({"name": "Formule 2", "address": ""}, None),
        ({"address": "", "lon": 2.40}, None),
        ({"postcode": "75011", "lon": 2.40}, None),
    ],
)
def test_two_likenesses_make_a_likely_duplicate(values, reasons) -> None:
    found = find_duplicates([place(1), place(2, **values)])

    assert [it.reasons for it in found] == ([] if reasons is None else [reasons])


def test_the_same_establishment_is_a_duplicate_wherever_it_is_said_to_be() -> None:
    one = place(1, siret="73282932000074")
    other = place(
        2, name="X", address="", postcode="75011", siret="73282932000074", lon=None, lat=None
    )

    (found,) = find_duplicates([one, other])

    assert (found.reasons, found.likeness) == (("siret",), 0.6)


def test_the_likeliest_pair_comes_first_and_each_once() -> None:
    places = [place(1), place(2, lon=None, lat=None), place(3)]

    found = find_duplicates(places)

    assert [(it.first.int, it.second.int) for it in found] == [(1, 3), (1, 2), (2, 3)]


@given(st.floats(-0.0003, 0.0003), st.floats(-0.0003, 0.0003), st.floats(2.0, 2.01))
def test_neighbours_are_found_wherever_the_squares_of_the_map_end(dx, dy, lon) -> None:
    one = place(1, address="", lon=lon)
    other = place(2, address="", postcode="93210", lon=lon + dx, lat=48.9356 + dy)

    assert len(find_duplicates([one, other])) == 1


def test_an_address_that_everybody_gives_is_no_sign() -> None:
    crowd = [
        place(n, name=f"{n:03} X", lon=None, lat=None, city=str(n))
        for n in range(MOST_IN_BLOCK + 1)
    ]

    assert find_duplicates(crowd) == []
