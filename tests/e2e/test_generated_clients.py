"""Clients made from the one document of the gateway do the main job on a running Ronde."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from datetime import time as clock
from pathlib import Path
from uuid import uuid4

import pytest

from gateway.demo.teams import monday_after
from shared.api_document import operations

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PROGRAM = Path(__file__).parents[1] / "support" / "typed_client"
PROBLEMS = "https://ronde.example/problems"
# What the makers know no type for is bytes to them, or plain JSON.
BYTES = (
    *("application/gpx+xml", "application/gzip", "application/pdf", "application/x-ndjson"),
    *("application/vnd.apache.arrow.stream", "application/vnd.apache.parquet", "application/zip"),
    *("application/vnd.openstreetmap.data", "image/heic", "image/jpeg", "image/png", "image/webp"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    *("image/svg+xml", "text/calendar", "text/csv", "text/event-stream", "text/html", "text/xml"),
)
JSON = ("application/geo+json", "application/ld+json", "application/schema+json")


@pytest.fixture(scope="module")
def document(ronde, tmp_path_factory):
    """Read the document as the gateway serves it, once it knows all services."""
    asking = ronde.client()
    for _ in range(100):
        told = asking.get("/openapi.json").json()
        if {"/v1/visits", "/v1/priorities", "/v1/plans"} <= told["paths"].keys():
            path = tmp_path_factory.mktemp("document") / "openapi.json"
            path.write_text(json.dumps(told))
            return path
        time.sleep(0.2)
    raise AssertionError("the gateway did not hear of its services in 20 s")


@pytest.fixture
def token(ronde):
    return ronde.client().headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def monday():
    return monday_after(date.today())  # noqa: DTZ011 - the server's calendar


@pytest.fixture(scope="module")
def made(document):
    """Make the client in Python; a warning would be an operation left out, or an answer."""
    pytest.importorskip("openapi_python_client", reason="makes the client; `make setup` has it")
    folder = document.parent
    kinds = dict.fromkeys(BYTES, "application/octet-stream") | dict.fromkeys(
        JSON, "application/json"
    )
    config = {"post_hooks": [], "content_type_overrides": kinds}
    (folder / "config.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    command += ["--fail-on-warning", "--path", str(document), "--config", "config.json"]
    done = subprocess.run(
        [*command, "--output-path", "ronde_client"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield folder / "ronde_client"
    sys.path.remove(str(folder))


def test_the_client_in_python_has_every_operation(made, document):
    asked = list(operations(json.loads(document.read_text())))
    modules = [it for it in made.glob("api/*/*.py") if it.stem != "__init__"]
    assert len(modules) == sum(len(it["tags"]) for it in asked) > 270


class Client:
    """The client in Python: operations by tag and name, and its messages."""

    def __init__(self, url, token):
        package = importlib.import_module("ronde_client")
        self.messages = importlib.import_module("ronde_client.models")
        self._http = package.AuthenticatedClient(base_url=url, token=token, timeout=60)

    def close(self):
        self._http.get_httpx_client().close()

    def answer(self, operation, *values, **named):
        module = importlib.import_module(f"ronde_client.api.{operation}")
        return module.sync_detailed(*values, client=self._http, **named)

    def told(self, operation, *values, **named):
        answer = self.answer(operation, *values, **named)
        assert answer.status_code < 300, answer.content
        assert answer.parsed is not None, f"{operation} answers {answer.status_code}, untold"
        return answer.parsed

    def until(self, look):
        for _ in range(300):
            if (found := look()) is not None:
                return found
            time.sleep(0.2)
        raise AssertionError("it did not come in a minute")


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
