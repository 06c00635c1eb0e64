import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.territory import territory_of


@pytest.mark.parametrize(
    ("postcode", "territory"),
    [
        ("75011", "75"),
        ("01000", "01"),
        ("93200", "93"),
        ("20000", "2A"),
        ("20190", "2A"),
        ("20200", "2B"),
        ("20600", "2B"),
        ("97110", "971"),
        ("97600", "976"),
        ("98800", "988"),
    ],
)
def test_a_postcode_names_its_departement(postcode: str, territory: str) -> None:
    assert territory_of(postcode) == territory


@pytest.mark.parametrize(
    "postcode",
    ["00100", "96000", "99123", "7501", "750111", "7501a", "\u0667\u0665\u0660\u0661\u0661"],
)
def test_what_is_no_postcode_is_refused(postcode: str) -> None:
    with pytest.raises(ValueError, match=r"département|five digits"):
        territory_of(postcode)


@given(st.integers(1000, 95999))
def test_every_metropolitan_postcode_has_a_territory_of_two_characters(number: int) -> None:
    assert len(territory_of(f"{number:05d}")) == 2
