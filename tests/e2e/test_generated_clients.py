"""Clients made from the one document of the gateway do the main job on a running Ronde."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from datetime import time as clock
from pathlib import Path
from uuid import uuid4

import pytest
from generated_client import Client, described, made_client

from gateway.demo.teams import monday_after
from shared.api_document import operations

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PROGRAM = Path(__file__).parents[1] / "support" / "typed_client"
PROBLEMS = "https://ronde.example/problems"


@pytest.fixture(scope="module")
def document(ronde, tmp_path_factory):
    return described(ronde.client(), tmp_path_factory.mktemp("document"))


@pytest.fixture
def token(ronde):
    return ronde.client().headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def monday():
    return monday_after(date.today())  # noqa: DTZ011 - the server's calendar


@pytest.fixture(scope="module")
def made(document):
    with made_client(document) as folder:
        yield folder


def test_the_client_in_python_has_every_operation(made, document):
    asked = list(operations(json.loads(document.read_text())))
    modules = [it for it in made.glob("api/*/*.py") if it.stem != "__init__"]
    assert len(modules) == sum(len(it["tags"]) for it in asked) > 270


def declared(messages, number):
    return messages.AccommodationInput(
        external_id=f"PY-{number}",
        name=f"Hôtel de la Villette {number}",
        postcode="75019",
        city="Paris",
        position=messages.Position(lon=2.38 + number / 1000, lat=48.88),
        rooms=20,
    )


@pytest.fixture
def client(made, ronde, token):
    opened = Client(ronde.running.gateway_url, token)
    yield opened
    opened.close()


def test_the_client_in_python_does_the_main_job(client, monday):
    as_said = client.messages
    create = "accommodations.create_accommodation"
    places = [client.told(create, body=declared(as_said, it)) for it in range(1, 5)]
    again = client.answer(create, body=declared(as_said, 1))
    assert (again.status_code, again.parsed.id) == (200, places[0].id)

    form = as_said.InspectionInput(
        instance_id=uuid4(),
        accommodation_id=places[0].id,
        occurred_at=datetime.now(UTC),
        rooms_seen=3,
        answers=[as_said.Answer(item="mould", value=3)],
    )
    recorded = client.told("inspections.record_inspection", body=form)
    read = client.told("inspections.get_inspection", recorded.id)
    assert [(it.item, it.severity) for it in read.findings] == [("mould", 3)]

    ours = {it.id for it in places}

    def scored():
        items = client.told("priorities.list_priorities", limit=1000).items
        found = [it for it in items if it.accommodation_id in ours]
        return found if len(found) == len(ours) else None

    assert all(0 <= it.priority_points <= 100 for it in client.until(scored))

    team = as_said.Team(
        id="nord",
        name="Nord",
        size=2,
        start=as_said.Position(lon=2.38, lat=48.88),
        shifts=[
            as_said.Shift(
                starts_at=datetime.combine(monday, clock(8), UTC),
                ends_at=datetime.combine(monday, clock(16), UTC),
            )
        ],
    )
    week = as_said.WeeklyPlanRequest(starts_on=monday, days=1, teams=[team], time_limit_s=1.0)
    asked = client.told("weekly_plans.create_weekly_plan", body=week)
    events = client.told("weekly_plans.follow_weekly_plan", asked.id)
    assert b"event: end" in events
    plan = client.told("weekly_plans.get_weekly_plan", asked.id)
    assert (plan.state, plan.certificate.accepted) == ("done", True)

    def accepted():
        outcome = client.told("weekly_plans.accept_weekly_plan", asked.id)
        return outcome if isinstance(outcome, as_said.Acceptance) else None

    stops = [stop for tour in plan.rounds for stop in tour.stops]
    assert client.until(accepted).created == len(stops) > 0
    visits = client.told("visits.list_visits", plan_id=plan.id, limit=1000)
    assert {it.stop_id for it in visits.items} == {it.stop_id for it in stops}

    wrong = declared(as_said, 5)
    wrong.postcode = "9"
    problem = client.answer(create, body=wrong).parsed
    assert isinstance(problem, as_said.ProblemDetail)
    assert problem.type_ == f"{PROBLEMS}/invalid-request"
    assert [it.pointer for it in problem.errors] == ["/postcode"]
    nowhere = client.answer("weekly_plans.get_weekly_plan", uuid4())
    assert nowhere.parsed.type_ == f"{PROBLEMS}/not-found"


@pytest.fixture(scope="module")
def program(document, tmp_path_factory):
    """Make the client in TypeScript beside the program that uses it."""
    folder = tmp_path_factory.mktemp("typed_client")
    shutil.copytree(PROGRAM, folder, dirs_exist_ok=True)
    fetched = run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    if fetched.returncode:
        pytest.skip(f"npm cannot fetch the maker of clients: {fetched.stderr[-300:]}")
    maker = ("node", "node_modules/openapi-typescript/bin/cli.js", "--default-non-nullable=false")
    written = run(folder, *maker, str(document), "--output", "ronde.d.ts")
    assert written.returncode == 0, written.stdout + written.stderr
    return folder


def run(folder, *command):
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
    )


def test_the_program_in_typescript_uses_the_interface_as_it_is_described(program):
    checked = run(program, "node", "node_modules/typescript/bin/tsc", "-p", ".")
    assert checked.returncode == 0, checked.stdout


def test_a_field_that_is_not_described_is_refused_by_the_types(program):
    source = program / "main_job.ts"
    text = source.read_text()
    source.write_text(text.replace("it.priority_points", "it.priority_pionts"))
    refused = run(program, "node", "node_modules/typescript/bin/tsc", "-p", ".")
    source.write_text(text)
    assert "priority_pionts" in refused.stdout


def test_the_client_in_typescript_does_the_main_job(program, ronde, token, monday):
    done = run(program, "node", "main_job.ts", ronde.running.gateway_url, token, str(monday))
    assert done.returncode == 0, done.stderr
    saw = json.loads(done.stdout)
    stops = saw.pop("stops")
    assert stops > 0
    assert saw == {
        "again": [200, True],
        "found": [["mould", 3]],
        "priorities": True,
        "followed": True,
        "plan": "done",
        "created": stops,
        "visits": stops,
        "problem": [f"{PROBLEMS}/invalid-request", "/postcode"],
        "nowhere": f"{PROBLEMS}/not-found",
    }
