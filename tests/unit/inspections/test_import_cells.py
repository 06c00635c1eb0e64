from datetime import UTC, date, datetime, time

import pytest

from inspections.domain.import_cells import (
    months_come_first,
    read_clock,
    read_day,
    read_moment,
    read_severity,
)
from inspections.domain.import_fields import read_code


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31/01/2024", date(2024, 1, 31)),
        ("31.1.24", date(2024, 1, 31)),
        ("2024-01-31", date(2024, 1, 31)),
        ("20240131", date(2024, 1, 31)),
        ("31 janvier 2024", date(2024, 1, 31)),
        ("mercredi 31 Janvier 2024", date(2024, 1, 31)),
        ("1er février 2024", date(2024, 2, 1)),
        ("3-août-24", date(2024, 8, 3)),
        ("45000", date(2023, 3, 15)),
    ],
)
def test_a_day_is_read_as_french_people_and_spreadsheets_write_it(text, day):
    assert read_day(text, month_first=False) == day


def test_months_come_first_only_where_the_mapping_says_so():
    assert read_day("6/7/14", month_first=True) == date(2014, 6, 7)
    assert read_day("6/7/14", month_first=False) == date(2014, 7, 6)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("32/01/2024", "must be a day"),
        ("31 brumaire 2024", "must be a day"),
        ("bientôt", "must be a day"),
        ("99999", "must be a day"),
        ("10/12/0201", "of the year 0201"),
        ("10/12/1969", "of the year 1969"),
        ("10/12/69", "of the year 1969"),
    ],
)
def test_what_is_no_day_is_told_with_a_way_out(text, why):
    with pytest.raises(ValueError, match=why):
        read_day(text, month_first=False)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("14:30", time(14, 30)),
        ("14:30:15", time(14, 30)),
        ("14h30", time(14, 30)),
        ("9 h", time(9)),
        ("1430", time(14, 30)),
        ("2:30 PM", time(14, 30)),
        ("12 a.m.", time(0)),
    ],
)
def test_a_time_of_day_is_read_in_all_its_shapes(text, clock):
    assert read_clock(text) == clock


@pytest.mark.parametrize("text", ["1200:30:00", "24:40:00", "25h00", "midi"])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(ValueError, match="time of day"):
        read_clock(text)


@pytest.mark.parametrize(
    ("text", "clock", "moment", "told"),
    [
        ("03/03/2024", "", datetime(2024, 3, 3, 11, tzinfo=UTC), False),
        ("03/03/2024 à 14h30", "", datetime(2024, 3, 3, 13, 30, tzinfo=UTC), True),
        ("03/03/2024", "9h05", datetime(2024, 3, 3, 8, 5, tzinfo=UTC), True),
        ("2024-07-01T10:00:00+00:00", "", datetime(2024, 7, 1, 10, tzinfo=UTC), True),
        ("2024-07-01T10:00:00", "", datetime(2024, 7, 1, 8, tzinfo=UTC), True),
    ],
)
def test_a_moment_is_of_the_local_clock_unless_it_says_its_zone(text, clock, moment, told):
    assert read_moment(text, clock, month_first=False) == (moment, told)


@pytest.mark.parametrize("text", ["2024-13-01T10:00:00Z", "0201-01-01T10:00:00Z", "\n"])
def test_a_moment_that_cannot_be_is_refused(text):
    with pytest.raises(ValueError, match=r"must be a|of the year"):
        read_moment(text, "", month_first=False)


@pytest.mark.parametrize(("text", "severity"), [("Grave", 3), ("0", 0), ("Très grave", 4)])
def test_how_bad_it_is_may_be_a_word(text, severity):
    assert read_severity(text) == severity


def test_a_word_nobody_knows_is_to_be_explained_by_the_mapping():
    with pytest.raises(ValueError, match="say in the mapping's values"):
        read_severity("class B")


def test_the_days_of_a_column_tell_whether_months_come_first():
    assert months_come_first(["1/2/24", "13/2/24", "x"]) is False
    assert months_come_first(["1/2/24", "2/13/24"]) is True
    assert months_come_first(["1/2/24"]) is None
    assert months_come_first(["13/2/24", "2/13/24"]) is None


def test_codes_of_other_systems_become_ours_and_long_ones_stay_apart():
    assert read_code("Eau-Évacuation_KO") == "eau_evacuation_ko"
    first, second = (read_code(f"desordres_{'x' * 60}_{it}") for it in ("a", "b"))
    assert (len(first), len(second), first == second) == (60, 60, False)
    with pytest.raises(ValueError, match="begin with a letter"):
        read_code("12")
