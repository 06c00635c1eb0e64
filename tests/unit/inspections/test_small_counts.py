from inspections.domain.small_counts import suppressed


def test_counts_that_could_point_at_somebody_are_withheld():
    counts = {"places": 5, "none": 0, "one": 1, "four": 4, "five": 5}

    told = suppressed(counts, "places")

    assert told == {"places": 5, "none": 0, "one": None, "four": None, "five": 5}


def test_nothing_is_told_of_very_few_places():
    assert suppressed({"places": 4, "visits": 90}, "places") == {"places": None, "visits": None}


def test_an_area_without_places_has_nothing_to_withhold():
    assert suppressed({"places": 0, "visits": 0}, "places") == {"places": 0, "visits": 0}
