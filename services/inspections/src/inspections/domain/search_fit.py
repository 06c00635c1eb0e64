"""How well a word of the record fits one that is asked for."""

from rapidfuzz.distance import OSA

EXACT, BEGUN, NEAR = 1.0, 0.7, 0.5
# A word this long may have two letters wrong; a short one none, or everything would fit it.
ONE_WRONG_FROM, TWO_WRONG_FROM = 4, 8
SHORTEST_BEGUN = 3


def fit(term: str, word: str) -> float:
    """Tell from 0 to 1 how well a word fits: the same, begun so, or with letters wrong."""
    if word == term:
        return EXACT
    if word.startswith(term):
        return BEGUN if len(term) >= SHORTEST_BEGUN else 0.0
    allowed = (len(term) >= ONE_WRONG_FROM) + (len(term) >= TWO_WRONG_FROM)
    # Numbers one digit apart are other numbers.
    if term.isdecimal() or OSA.distance(term, word) > allowed:
        return 0.0
    return NEAR
