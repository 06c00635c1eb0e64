import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.identifiers import check_commune, check_siret, territory_of_commune


@pytest.mark.parametrize(
    "siret",
    [
        "73282932000074",
        "35600000000048",  # La Poste, its seat
        "35600000049837",  # La Poste, an establishment: digits that sum to a multiple of 5
    ],
)
def test_sirets_that_were_issued_are_taken(siret: str) -> None:
    check_siret(siret)


@pytest.mark.parametrize(
    "siret", ["73282932000075", "35600000049838", "7328293200007", "7328293200007A", "\u0667" * 14]
)
def test_sirets_that_cannot_be_are_refused(siret: str) -> None:
    with pytest.raises(ValueError, match="SIRET"):
        check_siret(siret)


@given(st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(position: int, shift: int) -> None:
    siret = "73282932000074"
    wrong = str((int(siret[position]) + shift) % 10)

    with pytest.raises(ValueError, match="wrong digit"):
        check_siret(siret[:position] + wrong + siret[position + 1 :])


@pytest.mark.parametrize(
    ("commune", "territory"), [("93066", "93"), ("2A004", "2A"), ("97411", "974"), ("01053", "01")]
)
def test_a_commune_tells_its_territory(commune: str, territory: str) -> None:
    assert territory_of_commune(commune) == territory


@pytest.mark.parametrize("commune", ["20004", "99100", "2C004", "9306", "00001", "930666"])
def test_what_is_no_commune_is_refused(commune: str) -> None:
    with pytest.raises(ValueError, match="2A"):
        territory_of_commune(commune)


def test_a_commune_and_a_postcode_apart_are_refused_unless_known_together() -> None:
    with pytest.raises(ValueError, match="lies in 39, postcode 01410 in 01"):
        check_commune("39331", "01410", together=False)

    assert check_commune("39331", "01410", together=True) == "39"
