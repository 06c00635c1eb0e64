"""A feed is read whole, or refused by the name of its file, line and field."""

from datetime import date
from pathlib import Path

import pytest
from made_feeds import PLAIN as TABLES
from made_feeds import made_feed, plain_feed

from routing.domain.transit_feed import FeedError
from routing.store.gtfs_file import read_gtfs


def test_a_feed_is_read(tmp_path: Path):
    found = read_gtfs(plain_feed(tmp_path, stops="\ufeff" + TABLES["stops.txt"]))
    assert (found.timezone, found.start) == ("Europe/Paris", date(2026, 11, 30))
    assert found.days.sum() == 10
    assert found.stops.ids == ["a", "b"]
    assert found.times.departure_s.tolist() == [8 * 3600 + 30, 8 * 3600 + 300]


@pytest.mark.parametrize("seed", range(3))
def test_feeds_with_every_trap_are_read(seed: int, tmp_path: Path):
    found = read_gtfs(made_feed(tmp_path / "feed.zip", seed))
    assert (found.times.arrival_s >= 0).all()
    assert found.times.first[-1] == found.times.stop.size


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("agency", ("Europe/Paris", "Europe/Lutetia"), "agency.txt, line 2, agency_timezone"),
        ("stops", ("48.86", "148.86"), "stops.txt, line 3, stop_lat"),
        ("stops", ("48.86", "north"), "stops.txt, line 3, stop_lat"),
        ("stops", ("b,Mairie", "a,Mairie"), "stops.txt, line 3, stop_id: 'a' is there already"),
        ("stops", ("stop_id", "id"), "stops.txt, line 1, stop_id: there is no such column"),
        ("trips", ("r,d,t", "r,e,t"), "trips.txt, line 2, service_id: there is no 'e'"),
        ("stop_times", ("8:05:00,b", "8:65:00,b"), "stop_times.txt, line 3, departure_time"),
        ("stop_times", ("8:05:00,b", "5,b"), "stop_times.txt, line 3, departure_time"),
        ("stop_times", ("8:05:00,b", "8:04:00,b"), "line 3, departure_time: it is before the arr"),
        (
            "stop_times",
            ("8:05:00,8:05:00", "7:05:00,7:06:00"),
            "line 3, arrival_time: it is before",
        ),
        ("stop_times", ("8:05:00,8:05:00", ","), "line 3, arrival_time: a trip begins and ends"),
        ("stop_times", ("b,2", "c,2"), "stop_times.txt, line 3, stop_id: there is no 'c'"),
        ("stop_times", ("b,2", "b,1"), "line 3, stop_sequence: it comes twice in this trip"),
        ("stop_times", ("b,2", "b,two"), "line 3, stop_sequence: 'two' is no number"),
        ("calendar", ("20261130", "30/11/2026"), "calendar.txt, line 2, start_date"),
        ("calendar", ("\nd,1,1,1,1,1,0,0,20261130,20261211", ""), "no service runs on any day"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, table: str, change: tuple[str, str], said: str):
    text = TABLES[f"{table}.txt"]
    assert change[0] in text
    changes = {table: text.replace(*change)}
    if "no service" in said:
        changes["trips"] = "route_id,service_id,trip_id\n"
        changes["stop_times"] = TABLES["stop_times.txt"].partition("\n")[0] + "\n"
    with pytest.raises(FeedError) as refused:
        read_gtfs(plain_feed(tmp_path, **changes))
    assert said in str(refused.value)


@pytest.mark.parametrize("table", ["agency", "stops", "routes", "trips", "stop_times"])
def test_a_table_that_is_missing_is_named(tmp_path: Path, table: str):
    with pytest.raises(FeedError, match=rf"{table}\.txt: it is missing"):
        read_gtfs(plain_feed(tmp_path, **{table: None}))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "frequencies",
            "trip_id,start_time,end_time,headway_secs\nt,06:00:00,09:00:00,0\n",
            "head",
        ),
        (
            "frequencies",
            "trip_id,start_time,end_time,headway_secs\nu,06:00:00,09:00:00,60\n",
            "'u'",
        ),
        ("transfers", "from_stop_id,to_stop_id,transfer_type\na,z,2\n", "to_stop_id: there is no"),
    ],
)
def test_what_need_not_be_there_is_read_where_it_is(tmp_path: Path, name, text, said):
    with pytest.raises(FeedError) as refused:
        read_gtfs(plain_feed(tmp_path, **{name: text}))
    assert str(refused.value).startswith(f"{name}.txt, line 2")
    assert said in str(refused.value)


def test_what_is_no_feed_is_refused(tmp_path: Path):
    wrong = tmp_path / "feed.zip"
    wrong.write_bytes(b"not a zip")
    with pytest.raises(FeedError, match="no zip file"):
        read_gtfs(wrong)
    whole = plain_feed(tmp_path).read_bytes()
    cut = whole.replace(b"Mairie", b"Mayrie")  # its sum is wrong now
    wrong.write_bytes(cut)
    with pytest.raises(FeedError, match=r"stops\.txt"):
        read_gtfs(wrong)
    latin = plain_feed(
        tmp_path, stops=TABLES["stops.txt"].replace("Gare", "Gare d’Été").encode("cp1252")
    )
    with pytest.raises(FeedError, match="not written in UTF-8"):
        read_gtfs(latin)
