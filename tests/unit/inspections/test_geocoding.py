import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.addresses import (
    AddressFileError,
    read_addresses,
    street_key,
    wanted_address,
)
from inspections.domain.geocoding import Streets, locate

HEADER = (
    "id;id_fantoir;numero;rep;nom_voie;code_postal;code_insee;nom_commune;"
    "code_insee_ancienne_commune;nom_ancienne_commune;x;y;lon;lat;type_position"
)


def line(number: object, street: str, lon: float = 2.35, **values: object) -> str:
    """A line of the base."""
    told = {
        "id": f"{street}-{number}-{values.get('rep', '')}",
        "rep": "",
        "postcode": "93200",
        "commune": "93066",
        "city": "Saint-Denis",
        "lat": 48.93,
    } | values
    return (
        f"{told['id']};;{number};{told['rep']};{street};{told['postcode']};{told['commune']};"
        f"{told['city']};;;0;0;{lon};{told['lat']};entrée"
    )


LINES = [
    HEADER,
    *(line(n, "Rue des Lilas", 2.35 + n / 10_000) for n in range(1, 40)),
    line(12, "Rue des Lilas", 2.40, rep="bis"),
    *(line(n, "Rue Jean Martin", 2.50) for n in range(1, 10)),
    *(line(n, "Rue Joan Martin", 2.51) for n in range(1, 10)),
    *(line(n, "Avenue du Président Wilson", 2.36) for n in range(1, 60)),
    *(line(n, "Boulevard Carnot", 2.37, postcode="93210") for n in range(1, 20)),
]
STREETS = Streets(read_addresses(LINES))


def found(address: str, postcode: str = "93200"):
    return locate(wanted_address(address, postcode, "Saint-Denis"), STREETS)


@pytest.mark.parametrize(
    ("address", "lon"),
    [
        ("12 rue des Lilas", 2.3512),
        ("12, RUE DES LILAS", 2.3512),
        ("12 r. des lilas", 2.3512),
        ("12 bis rue des Lilas", 2.40),
        ("12bis rue des Lilas", 2.40),
        ("7 av. du Pdt Wilson", 2.36),
        ("7 avenue président wilson", 2.36),
    ],
)
def test_an_address_written_in_its_ways_is_found_exactly(address: str, lon: float) -> None:
    located = found(address)

    assert (located.lon, located.confidence) == (pytest.approx(lon), 1.0)
    assert located.label.endswith("93200 Saint-Denis")


@pytest.mark.parametrize(
    ("address", "postcode", "least", "most"),
    [
        ("12 rue des Lilaz", "93200", 0.5, 0.99),
        ("12 ter rue des Lilas", "93200", 0.9, 0.9),
        ("43 rue des Lilas", "93200", 0.7, 0.8),
        ("399 rue des Lilas", "93200", 0.45, 0.45),
        ("rue des Lilas", "93200", 0.6, 0.6),
        ("3 boulevard Carnot", "93200", 0.8, 0.8),
        ("8 rue Jyan Martin", "93200", 0.0, 0.7),
        ("8 rue Jean Martin", "93200", 1.0, 1.0),
    ],
)
def test_what_was_not_told_or_not_found_lowers_the_confidence(address, postcode, least, most):
    assert least <= found(address, postcode).confidence <= most


@pytest.mark.parametrize("address", ["", "5 chemin de Compostelle", "Zone industrielle", "12"])
def test_a_street_nobody_knows_is_not_located(address: str) -> None:
    assert found(address) is None


def test_a_guess_that_is_not_sure_is_to_be_checked() -> None:
    located = found("399 rue des Lilas")

    assert not located.is_sure
    assert found("12 rue des Lilas").is_sure


def test_without_addresses_nothing_is_located() -> None:
    assert locate(wanted_address("12 rue des Lilas", "93200", ""), Streets([])) is None


@given(st.text(max_size=40), st.sampled_from(["93200", "75001"]))
def test_whatever_is_written_the_confidence_is_a_share(address: str, postcode: str) -> None:
    located = found(address, postcode)

    assert located is None or 0 < located.confidence <= 1


def test_rows_without_number_street_or_place_are_left() -> None:
    good = line(1, "Rue A")
    bad = [
        line("", "Rue A"),
        line(1, ""),
        line(1, "Rue A", 0.0, lat=0.0),
        line(1, "Rue A", postcode="932"),
        line(1, "Rue A", id=""),
        line(1, "Rue A", lat="north"),
    ]

    assert [it.street for it in read_addresses([HEADER, *bad, good])] == ["Rue A"]


def test_a_file_that_is_not_of_the_base_is_refused() -> None:
    with pytest.raises(AddressFileError, match="no column numero"):
        list(read_addresses(["id;name", "1;x"]))
    with pytest.raises(AddressFileError, match="no column id"):
        list(read_addresses([]))
    with pytest.raises(AddressFileError, match="download"):
        list(read_addresses([HEADER, "x" * 200_000]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Av. de la République", "avenue république"),
        ("Bd St-Michel", "BOULEVARD SAINT MICHEL"),
        ("Pl. du Gal de Gaulle", "place général gaulle"),
    ],
)
def test_the_ways_to_write_a_street_have_one_key(one: str, other: str) -> None:
    assert street_key(one) == street_key(other)
