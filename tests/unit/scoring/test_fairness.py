import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.domain.fairness import fairness, high_from, size_of

VISITS = st.lists(
    st.tuples(
        st.sampled_from(["75", "93", "2A", ""]),
        st.sampled_from(["", "Alpha", "Beta"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=150,
)


def by_hand(rows, column):
    """Count the obvious way, row by row."""
    told = {}
    for row in rows:
        if row[column]:
            group = told.setdefault(row[column], {"n": 0, "yes": [], "no": []})
            group["n"] += 1
            group["yes" if row[3] else "no"].append(row[2])
    return told


def wilson(count, number, z=1.645):
    """Solve (share - p)^2 = z^2 p (1 - p) / number for p."""
    share = count / number
    a, b, c = 1 + z * z / number, -2 * share - z * z / number, share * share
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return share, (-b - root) / (2 * a), (-b + root) / (2 * a)


def equal(interval, count, number):
    if number == 0:
        return interval is None
    expected = wilson(count, number)
    return np.allclose((interval.value, interval.low, interval.high), expected, atol=1e-7)


@given(VISITS)
def test_each_group_is_as_counted_row_by_row(rows):
    columns = [np.array([row[i] for row in rows], dtype=object) for i in range(2)]
    high, positive = (np.array([row[i] for row in rows], dtype=np.bool_) for i in (2, 3))
    told = fairness({"territory": columns[0], "operator": columns[1]}, high, positive)
    for column, dimension in enumerate(("territory", "operator")):
        groups = {it.group: it for it in told if it.dimension == dimension}
        counted = by_hand(rows, column)
        assert groups.keys() == counted.keys()
        for name, count in counted.items():
            it = groups[name]
            assert (it.visits, it.positives) == (count["n"], len(count["yes"]))
            if len(count["yes"]) < 10:
                assert it.wrongly_low is None
                assert it.wrongly_high is None
            else:
                low = len(count["yes"]) - sum(count["yes"])
                assert equal(it.wrongly_low, low, len(count["yes"]))
                assert equal(it.wrongly_high, sum(count["no"]), len(count["no"]))


def test_nine_positives_are_too_few_to_tell_and_ten_are_enough():
    group = {"territory": np.array(["75"] * 40, dtype=object)}
    high = np.arange(40) < 5
    nine, ten = (fairness(group, high, np.arange(40) < number)[0] for number in (9, 10))
    assert (nine.visits, nine.positives) == (40, 9)
    assert nine.wrongly_low is nine.wrongly_high is None
    assert ten.wrongly_low.value == 0.5
    assert ten.wrongly_high.value == 0


def test_a_quarter_of_the_places_stands_high_and_without_places_nobody_does():
    assert high_from(np.arange(101) / 100) == 0.75
    assert high_from(np.zeros(0)) == 1.0


def test_sizes_are_named_and_unknown_rooms_are_in_none():
    rooms = (0, 1, 9, 10, 30, 99, 100, 900, math.nan)
    names = ["", "1-9", "1-9", "10-29", "30-99", "30-99", "100+", "100+", ""]
    assert [size_of(it) for it in rooms] == names
