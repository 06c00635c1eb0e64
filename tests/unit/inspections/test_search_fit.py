import pytest

from inspections.domain.search_fit import BEGUN, EXACT, NEAR, fit


@pytest.mark.parametrize(
    ("term", "word", "how"),
    [
        ("moisissur", "moisissur", EXACT),
        ("moisi", "moisissur", BEGUN),
        ("mo", "moisissur", 0.0),
        ("punaize", "punaise", NEAR),
        ("etiole", "etoile", NEAR),
        ("moizizsur", "moisissur", NEAR),
        ("rat", "mat", 0.0),
        ("leak", "lack", 0.0),
        ("7501", "7502", 0.0),
    ],
)
def test_a_word_fits_when_it_is_the_same_begun_or_nearly_so(term, word, how):
    assert fit(term, word) == how
