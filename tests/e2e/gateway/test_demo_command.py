"""`ronde demo` runs from nothing to a plan, says so in forty lines, and runs again unharmed."""

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from naive_transit import Naive
from ridden_rounds import ride_along
from system import family_of, left_after

from gateway.demo.city import make_city
from gateway.demo.osm_file import write_osm
from gateway.demo.terrain import to_lon_lat
from shared.contracts.routing.plans import Round
from shared.serve import read_state

RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"
SMALL = ["--places", "80", "--years", "2", "--time-limit", "1", "--port", "0"]
MAP = Path(__file__).parents[4] / "shared/data/osm/heidelberg.osm.pbf"


@pytest.fixture
def folder() -> Iterator[Path]:
    # A short path: a socket's address has at most 108 bytes; the database's user must get in.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as made:
        Path(made).chmod(0o711)
        yield Path(made) / "demo"


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-c", RONDE, "demo", *SMALL, "--directory", str(folder), *options]


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(folder, *options), capture_output=True, text=True, timeout=300, check=False
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.slow
def test_the_demo_plans_a_week_from_nothing_and_again(folder: Path):
    first = run(folder, "--no-serve")
    assert first.returncode == 0, first.stderr
    lines = [*first.stderr.splitlines(), *first.stdout.splitlines()]
    assert len(lines) <= 40
    assert "synthetic data" in first.stdout
    assert "© OpenStreetMap contributors" in first.stdout
    assert read_state(folder) is None
    again = run(folder, "--no-serve", "--json")
    assert again.returncode == 0, again.stderr
    assert "all known already" in again.stderr
    result = json.loads(again.stdout)
    assert result["places"] == 80
    assert result["plan"]["certificate"]["accepted"]
    assert result["plan"]["totals"]["distance_method"] == "roads"
    rounds = [Round.model_validate(it) for it in result["plan"]["rounds"]]
    riding = [it for it in rounds if it.profile == "transit"]
    assert any(leg.kind == "ride" for it in riding for stop in it.stops for leg in stop.legs)
    ride_along(riding[0], Naive(folder / "timetable.zip"))
    other = run(folder, "--no-serve", "--seed", "8")
    assert other.returncode == 1
    assert "--directory" in other.stderr


@pytest.mark.slow
def test_the_demo_puts_its_places_on_a_real_map(folder: Path):
    if not MAP.exists():
        pytest.skip(f"no map at {MAP}: the shared data folder is absent")
    done = run(folder, "--no-serve", "--json", "--pbf", str(MAP))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    west, south, east, north = result["graph"]["bbox"]
    stops = [stop for tour in result["plan"]["rounds"] for stop in tour["stops"]]
    assert stops
    assert all(west <= stop["position"]["lon"] <= east for stop in stops)
    assert all(south <= stop["position"]["lat"] <= north for stop in stops)


@pytest.mark.slow
def test_no_name_phone_or_website_of_a_real_hotel_is_in_anything_made_from_its_map(folder: Path):
    secrets = ("Auberge Véritable", "+33 1 99 00 55 01", "veritable.example")
    city = make_city(Random(3))
    folder.mkdir()
    write_osm(city, folder / "real.osm")
    x_m, y_m = city.nodes[city.streets[0]]
    lon, lat = to_lon_lat(x_m, y_m)
    tags = "".join(
        f'<tag k="{key}" v="{value}"/>'
        for key, value in zip(("name", "phone", "website"), secrets, strict=True)
    )
    tags += '<tag k="tourism" v="hotel"/>'
    hotel = f'<node id="9999999" version="1" lon="{lon}" lat="{lat}">{tags}</node>'
    before, way, after = (folder / "real.osm").read_text().partition("<way")
    (folder / "real.osm").write_text(before + hotel + way + after)
    done = run(folder, "--no-serve", "--json", "--pbf", str(folder / "real.osm"))
    assert done.returncode == 0, done.stderr
    assert "(1 at lodgings" in run(folder, "--no-serve", "--pbf", str(folder / "real.osm")).stdout
    sent = (folder / "real.osm").read_bytes()
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    kept = [content for content in kept if content != sent]
    kept += [done.stdout.encode(), done.stderr.encode()]
    assert len(kept) > 100, "the database's files are among them"
    for secret in secrets:
        assert not any(secret.encode() in content for content in kept), secret


def test_a_taken_port_is_named_and_nothing_stays_behind(folder: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = run(folder, "--no-serve", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken" in " ".join(done.stderr.split())


def test_the_services_end_with_a_demo_that_is_killed(folder: Path):
    with subprocess.Popen(command(folder), stderr=subprocess.PIPE, text=True) as process:
        assert "started" in process.stderr.readline()
        family = family_of(process.pid)
        process.kill()
    assert left_after(family, 5) == []
