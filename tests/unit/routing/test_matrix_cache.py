"""What was measured between places is not measured again, and stays right as places come."""

from threading import Thread

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.matrix_cache import MatrixCache
from routing.domain.snapping import Snaps


def snaps(*edges):
    edge = np.array(edges, dtype=np.int32)
    nothing = np.zeros(len(edges))
    return Snaps(edge, np.where(edge < 0, edge / 7, 0.25), nothing, nothing, nothing)


class Counter:
    """Measures by a formula, and counts the cells it was asked for."""

    def __init__(self):
        self.cells = 0

    def __call__(self, sources, targets):
        self.cells += len(sources) * len(targets)
        return truth(sources, targets)


def truth(sources, targets):
    between = 100 * sources.edge[:, None] + targets.edge[None]
    refused = (sources.edge[:, None] < 0) | (targets.edge[None] < 0)
    return np.where(refused, -1, between).astype(np.int32)


def test_a_matrix_asked_for_again_is_not_measured_again():
    cache, measure = MatrixCache(), Counter()
    places = snaps(3, 1, 2)
    for _ in range(3):
        assert np.array_equal(cache(places, places, measure), truth(places, places))
    assert measure.cells == 9


def test_a_new_place_costs_its_row_and_its_column():
    cache, measure = MatrixCache(), Counter()
    known = snaps(*range(100))
    cache(known, known, measure)
    measure.cells = 0
    more = snaps(*range(101))
    assert np.array_equal(cache(more, more, measure), truth(more, more))
    assert measure.cells == 101 + 100


def test_a_part_of_what_is_known_is_given_in_the_order_asked_for():
    cache, measure = MatrixCache(), Counter()
    cache(snaps(1, 2, 3), snaps(4, 5), measure)
    measure.cells = 0
    some = snaps(3, 1, 3), snaps(5, 5, 4)
    assert np.array_equal(cache(*some, measure), truth(*some))
    assert measure.cells == 0


def test_refused_points_are_one_place_from_which_nothing_is_reached():
    cache, measure = MatrixCache(), Counter()
    cache(snaps(-1, 4), snaps(4), measure)
    measure.cells = 0
    assert cache(snaps(-1), snaps(4), measure).tolist() == [[-1]]
    assert measure.cells == 0


def test_too_many_places_at_once_are_measured_beside_the_table():
    cache, measure = MatrixCache(most_places=4), Counter()
    for _ in range(2):
        places = snaps(*range(5))
        assert np.array_equal(cache(places, places, measure), truth(places, places))
    assert measure.cells == 50


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(-1, 150), max_size=30), st.lists(st.integers(-1, 150), max_size=30)
        ),
        max_size=8,
    )
)
def test_whatever_was_asked_before_the_answer_is_right(requests):
    cache = MatrixCache(most_places=70)
    for sources, targets in requests:
        asked = snaps(*sources), snaps(*targets)
        assert np.array_equal(cache(*asked, truth), truth(*asked))


def test_a_table_begun_anew_while_one_measures_is_not_spoilt():
    cache = MatrixCache(most_places=6)

    def slowly(sources, targets):
        # Meanwhile others come, and the table is begun anew with other numbers.
        cache(snaps(11, 12, 13, 14), snaps(15), truth)
        return truth(sources, targets)

    assert cache(snaps(1, 2), snaps(3), slowly).tolist() == [[103], [203]]
    for asked in ((snaps(11, 12), snaps(15)), (snaps(1, 2), snaps(3))):
        assert np.array_equal(cache(*asked, truth), truth(*asked))


def test_threads_share_a_table():
    cache = MatrixCache(most_places=90)
    wrong = []

    def ask(seed):
        rng = np.random.default_rng(seed)
        for _ in range(60):
            asked = snaps(*rng.integers(0, 120, 20)), snaps(*rng.integers(0, 120, 20))
            if not np.array_equal(cache(*asked, truth), truth(*asked)):
                wrong.append(seed)

    threads = [Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
