"""The commands that ask a running Ronde, on a sandbox of invented places."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest
from commands import asked, run
from submitted import central_zip
from system import System, new_system

TODAY = datetime.now(UTC).date()
MONDAY = TODAY + timedelta(days=7 - TODAY.weekday())


@pytest.fixture(scope="module")
def filled() -> Iterator[System]:
    """Give a Ronde that holds 24 invented places, scored."""
    with new_system() as system:
        made = asked(system, "sandbox", system.running.gateway_url, "--places", 24, "--years", 1)
        assert made.returncode == 0, made.stderr
        yield system


@pytest.fixture(scope="module")
def scored(filled: System) -> System:
    """Wait until scoring has followed the record."""
    client = filled.client()
    until = datetime.now(UTC) + timedelta(seconds=60)
    while len(client.get("/v1/priorities").json()["items"]) < 24:
        assert datetime.now(UTC) < until, "the places are not scored"
    return filled


def team(day: date) -> dict[str, object]:
    hours = [datetime.combine(day, time(hour), UTC).isoformat() for hour in (8, 16)]
    return {
        "id": "nord",
        "name": "Équipe Nord",
        "start": {"lon": 2.35, "lat": 48.86},
        "shifts": [{"starts_at": hours[0], "ends_at": hours[1]}],
    }


@pytest.fixture
def teams(tmp_path: Path) -> Path:
    """A file of one team that works on Monday."""
    file = tmp_path / "teams.json"
    file.write_text(json.dumps([team(MONDAY)]), "utf-8")
    return file


def week(ronde: System, teams: Path, *options: object, **manner: str):
    quick = ("--days", 1, "--time-limit", 0.5)
    return asked(ronde, "plan", "week", "--teams", teams, *quick, *options, **manner)


def test_a_week_is_planned_and_shown(scored: System, teams: Path):
    shown = week(scored, teams)
    told = week(scored, teams, "--json", "--starts-on", MONDAY)

    assert shown.returncode == 0, shown.stderr
    titles, row, totals, plan = shown.stdout.splitlines()
    assert titles.split() == ["Team", "Day", "Visits", "Driving"]
    assert row.startswith("Équipe Nord")
    assert str(MONDAY) in row
    assert "objective" in totals
    assert "places left out" in plan
    assert "gathering places and priorities" in shown.stderr
    # No terminal is there: nothing turns, and nothing is coloured.
    assert "\x1b" not in shown.stdout + shown.stderr
    found = json.loads(told.stdout)
    assert (found["state"], found["starts_on"]) == ("done", str(MONDAY))
    assert found["certificate"]["accepted"]


def test_a_week_that_cannot_be_planned_says_why(scored: System, teams: Path):
    late = week(scored, teams, "--starts-on", MONDAY + timedelta(days=7))
    teams.write_text("[{}]")
    wrong = week(scored, teams)
    teams.write_text("{")
    unread = week(scored, teams)
    teams.write_text("{}")
    no_list = week(scored, teams)
    teams.write_text("[]")
    reader = week(scored, teams, person="reader")
    nobody = asked(scored, "plan", "week")

    assert (late.returncode, late.stdout) == (1, "")
    assert "shift starts outside the days" in late.stderr
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "/teams/0/name: Field required" in wrong.stderr
    assert (unread.returncode, "is not JSON" in unread.stderr) == (1, True)
    assert (no_list.returncode, "holds no list" in no_list.stderr) == (1, True)
    assert (reader.returncode, "This needs the role" in reader.stderr) == (1, True)
    assert (nobody.returncode, "--teams FILE" in nobody.stderr) == (2, True)
    for ran in (late, wrong, unread, no_list, reader, nobody):
        assert "Traceback" not in ran.stderr


def test_the_places_to_see_first_come_with_a_reason(scored: System):
    shown = asked(scored, "score", "priorities", "--limit", 3)
    told = json.loads(asked(scored, "score", "priorities", "--limit", 3, "--json").stdout)

    assert shown.returncode == 0, shown.stderr
    titles, *rows = shown.stdout.splitlines()
    assert titles.split() == ["Points", "Place", "Why"]
    assert [float(it.split()[0]) for it in rows] == [
        round(it["priority_points"], 1) for it in told["items"]
    ]
    names = {it["id"]: it["name"] for it in _places(scored)}
    assert all(
        names[it["accommodation_id"]] in row for it, row in zip(told["items"], rows, strict=True)
    )
    refused = asked(scored, "score", "priorities", person="inspector")
    assert (refused.returncode, refused.stdout) == (1, "")


def test_an_access_key_opens_what_its_scopes_allow_and_no_more(scored: System, tmp_path: Path):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wanted = {"name": "nightly", "roles": ["reader"], "expires_at": tomorrow}
    scopes = {"scopes": ["inspections:read", "scoring:read"]}
    made = scored.client("admin").post("/v1/keys", json=wanted | scopes).raise_for_status()
    key = {"RONDE_TOKEN": made.json()["key"]}

    listed = asked(scored, "score", "priorities", "--limit", 1, **key)
    saved = asked(scored, "export", "findings", "--to", tmp_path / "f.csv", **key)
    register = tmp_path / "register.csv"
    register.write_text("id;nom;cp;ville;chambres\nA;Hôtel;75011;Paris;20\n", "utf-8")
    refused = asked(scored, "import", "accommodations", register, **key)

    assert listed.returncode == 0, listed.stderr
    assert saved.returncode == 0, saved.stderr
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "inspections:write" in refused.stderr


def _places(ronde: System) -> list[dict[str, str]]:
    return ronde.client().get("/v1/accommodations", params={"limit": 1000}).json()["items"]


@pytest.mark.parametrize("table", ["accommodations", "findings", "inspections"])
def test_a_table_is_saved_in_every_form(filled: System, tmp_path: Path, table: str):
    files = {it: tmp_path / f"t.{it}" for it in ("csv", "hxl.csv", "geojson", "parquet")}
    for file in files.values():
        ran = asked(filled, "export", table, "--to", file)
        assert ran.returncode == 0, ran.stderr

    rows = pl.read_parquet(files["parquet"])
    assert rows.height > 0
    lines = files["csv"].read_text("utf-8-sig").splitlines()
    assert lines[0].split(",") == rows.columns
    assert "#" in files["hxl.csv"].read_text("utf-8-sig").splitlines()[1]
    assert len(json.loads(files["geojson"].read_text())["features"]) <= rows.height
    assert {it.name for it in tmp_path.iterdir()} == {it.name for it in files.values()}


def test_an_export_that_is_refused_leaves_the_file_as_it_was(filled: System, tmp_path: Path):
    file = tmp_path / "places.csv"
    file.write_text("before")

    refused = asked(filled, "export", "accommodations", "--to", file, "--as-of", "yesterday")
    unnamed = asked(filled, "export", "accommodations", "--to", tmp_path / "places.txt")
    away = asked(filled, "export", "visits", "--to", file, "--url", "http://127.0.0.1:1")
    nowhere = asked(filled, "export", "visits", "--to", tmp_path / "not" / "there.csv")

    assert (refused.returncode, "as_of" in refused.stderr) == (1, True)
    assert (unnamed.returncode, "name the format" in unnamed.stderr) == (2, True)
    assert (away.returncode, "does not answer" in away.stderr) == (1, True)
    assert (nowhere.returncode, "cannot be written" in nowhere.stderr) == (2, True)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_submissions_are_tried_then_taken_once(filled: System, tmp_path: Path):
    client = filled.client()
    for code in ("H1", "H2"):
        place = {"external_id": code, "name": code, "postcode": "75011", "city": "Paris"}
        client.post("/v1/accommodations", json=place | {"rooms": 9}).raise_for_status()
    file = tmp_path / "salubrite.zip"
    file.write_bytes(central_zip())
    parts = ("import", "submissions", file, "--source", "central", "--sheet", "salubrite-constats")

    tried = asked(filled, *parts, "--dry-run")
    done = asked(filled, *parts)
    again = asked(filled, *parts, "--json")

    assert "3 rows of findings: would be 3 created" in tried.stdout, tried.stderr
    assert "taken as findings: " in tried.stderr
    assert "item from item, severity from gravite" in tried.stderr
    assert (tried.returncode, done.returncode) == (0, 0)
    assert "3 rows of findings: 3 created, 0 updated, 0 unchanged, 0 rejected" in done.stdout
    told = json.loads(again.stdout)
    assert (told["unchanged"], told["rejected"], told["problems"]) == (3, 0, [])


def test_submissions_are_taken_by_a_mapping_and_never_as_forms_without_answers(
    filled: System, tmp_path: Path
):
    file, mapping = tmp_path / "salubrite.zip", tmp_path / "mapping.json"
    file.write_bytes(central_zip())
    columns = {"place": "hotel", "occurred_at": "start", "known_at": "SubmissionDate", "key": "KEY"}
    answers = {"mould": "etat-mould", "leak": "etat-leak"}
    mapping.write_text(json.dumps({"kind": "inspections", "columns": columns, "answers": answers}))
    form = ("import", "submissions", file, "--source", "central forms")

    unsaid = asked(filled, *form, "--dry-run")
    taken = asked(filled, *form, "--mapping", mapping, "--dry-run")
    lost = asked(filled, *form, "--sheet", "absent")
    unkept = asked(filled, *form, "--mapping-name", "absent")
    both = asked(filled, *form, "--mapping-name", "absent", "--mapping", mapping)
    mapping.write_text("{")
    unread = asked(filled, *form, "--mapping", mapping)

    assert (unsaid.returncode, unsaid.stdout) == (1, "")
    assert "nothing says which column answers which item" in unsaid.stderr
    assert "with --sheet: salubrite-constats" in unsaid.stderr
    assert taken.returncode == 1
    assert "line 4, place 'H9'" in taken.stderr
    assert "4 rows of inspections: would be " in taken.stdout
    assert (lost.returncode, "there are: salubrite," in lost.stderr) == (1, True)
    assert (unkept.returncode, "There is no such mapping" in unkept.stderr) == (1, True)
    assert (both.returncode, "one of them" in both.stderr) == (2, True)
    assert (unread.returncode, "is not JSON" in unread.stderr) == (1, True)


def test_a_file_that_is_no_export_is_refused(filled: System, tmp_path: Path):
    file = tmp_path / "letters.csv"
    file.write_text("alpha;beta\n1;2\n")

    ran = asked(filled, "import", "submissions", file)

    assert ran.returncode == 1
    assert "alpha, beta" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_command_without_a_token_says_where_it_is_read(filled: System):
    ran = run("record", "verify", RONDE_URL=filled.running.gateway_url, RONDE_TOKEN="")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "set RONDE_TOKEN in the environment" in ran.stderr


def test_the_audit_of_a_running_ronde_is_verified(filled: System):
    ran = run("verify-audit", "--directory", filled.directory, "--json")
    nowhere = run("verify-audit", "--directory", filled.directory / "absent")

    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["whole"]
    assert told["chains"][0]["lines"] > 0
    assert (nowhere.returncode, "no database answers" in nowhere.stderr) == (1, True)
