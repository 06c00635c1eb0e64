import numpy as np

from scoring.domain.features import features
from scoring.use_cases.transparency import transparency


def test_every_group_of_data_that_scores_are_computed_from_is_told_and_no_other(source, cutoff):
    table = features(source, np.array([0]), np.array([cutoff]))
    assert {it.group for it in transparency().used} == set(table.groups)
