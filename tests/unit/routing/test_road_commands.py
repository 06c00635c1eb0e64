"""The commands that need no running service."""

import json

import pytest
from plan_requests import plan_request
from typer.testing import CliRunner

from routing.cli import graph_commands, plan_commands
from routing.store.roads import open_roads

STREET = (
    '<osm version="0.6"><node id="1" lon="2.36" lat="48.86"/><node id="2" lon="2.37" lat="48.86"/>'
    '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>'
)


def run(commands, *arguments):
    return CliRunner().invoke(commands, [str(argument) for argument in arguments])


def test_a_graph_is_built_from_a_file_into_a_directory(tmp_path):
    (tmp_path / "town.osm").write_text(STREET)
    ran = run(graph_commands, "build", "--pbf", tmp_path / "town.osm", "--out", tmp_path / "graph")
    assert ran.exit_code == 0, ran.output
    assert "drive: 2 nodes, 2 arcs, 1 km; 100.0% of the junctions kept" in ran.output
    assert open_roads(tmp_path / "graph").method == "roads"


def test_a_program_is_told_of_a_graph_and_its_export_in_one_object_each(tmp_path):
    town, graph, out = (tmp_path / it for it in ("town.osm", "graph", "town.graphml"))
    town.write_text(STREET)
    built = run(graph_commands, "build", "--pbf", town, "--out", graph, "--json")
    saved = run(graph_commands, "export", "--graph", graph, "--out", out, "--json")
    told = json.loads(built.stdout)
    assert (told["out"], told["profiles"]["drive"]["nodes"]) == (str(graph), 2)
    assert "reading the map file" in built.stderr
    assert json.loads(saved.stdout) == {"out": str(out), "nodes": 2, "edges": 2}


def test_a_file_that_is_no_map_ends_the_command_with_a_sentence(tmp_path):
    (tmp_path / "town.osm").write_text("")
    ran = run(graph_commands, "build", "--pbf", tmp_path / "town.osm", "--out", tmp_path / "graph")
    assert ran.exit_code == 1
    assert "ronde: town.osm is empty: download or export it again" in ran.output
    assert "Traceback" not in ran.output


def test_a_request_that_cannot_be_read_ends_the_command_with_a_sentence(tmp_path):
    (tmp_path / "request.json").write_text("{}")
    ran = run(
        plan_commands, "solve", "--request", tmp_path / "request.json", "--out", tmp_path / "plan"
    )
    assert ran.exit_code == 1
    assert "starts_on" in ran.output
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timezone": "Europe/Atlantis"}, "/timezone: Unknown; name one such as Europe/Paris."),
        ({"starts_on": "2026-04-02"}, "/teams/0/shifts/0: The shift starts outside the days"),
    ],
)
def test_a_request_that_cannot_be_planned_ends_the_command_with_a_sentence(tmp_path, change, words):
    body = json.dumps(plan_request(**change))
    (tmp_path / "request.json").write_text(body)
    ran = run(
        plan_commands, "solve", "--request", tmp_path / "request.json", "--out", tmp_path / "plan"
    )
    assert ran.exit_code == 1
    assert f"ronde: {words}" in ran.output
    assert not (tmp_path / "plan").exists()


def test_a_request_that_is_no_text_ends_the_command_with_a_sentence(tmp_path):
    (tmp_path / "request.json").write_bytes(b'{"starts_on": "\xe9t\xe9"}')
    ran = run(
        plan_commands, "solve", "--request", tmp_path / "request.json", "--out", tmp_path / "plan"
    )
    assert ran.exit_code == 1
    assert "request.json is not UTF-8 text: save it as UTF-8" in ran.output


def test_a_plan_is_solved_from_a_file_into_a_file(tmp_path):
    request = {
        "starts_on": "2026-03-02",
        "days": 1,
        "time_limit_s": 0.5,
        "candidates": [
            {
                "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
                "position": {"lon": 2.366, "lat": 48.8601},
                "priority_points": 60,
                "fixed_min": 20,
                "person_min": 90,
                "windows": [
                    {
                        "opens_at": "2026-03-02T09:00:00+01:00",
                        "closes_at": "2026-03-02T17:00:00+01:00",
                    }
                ],
            }
        ],
        "teams": [
            {
                "id": "nord",
                "name": "Nord",
                "start": {"lon": 2.361, "lat": 48.86},
                "shifts": [
                    {
                        "starts_at": "2026-03-02T09:00:00+01:00",
                        "ends_at": "2026-03-02T17:30:00+01:00",
                    }
                ],
            }
        ],
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    (tmp_path / "town.osm").write_text(STREET)
    run(graph_commands, "build", "--pbf", tmp_path / "town.osm", "--out", tmp_path / "graph")
    ran = run(
        plan_commands,
        "solve",
        *("--request", tmp_path / "request.json"),
        *("--graph", tmp_path / "graph"),
        *("--out", tmp_path / "plan"),
    )
    assert ran.exit_code == 0, ran.output
    answer = json.loads((tmp_path / "plan").read_text())
    assert answer["totals"]["visits"] == 1
    assert answer["totals"]["distance_method"] == "roads"
    quick = ("--request", tmp_path / "request.json", "--out", tmp_path / "again", "--json")
    told = run(plan_commands, "solve", *quick)
    assert json.loads(told.stdout)["totals"]["visits"] == 1
