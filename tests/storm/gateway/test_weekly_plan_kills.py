"""Each process is killed at each step of a week: one plan, each visit once, none without a stop."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import uuid4

import httpx
import pytest
from production import Production, Step, running
from record import accommodation, inspection

pytestmark = pytest.mark.storm

STEPS = {
    "candidates": ("GET", re.compile(r"/v1/candidates")),
    "priorities": ("GET", re.compile(r"/v1/priorities")),
    "audit draw": ("POST", re.compile(r"/v1/audit-draws")),
    "plan": ("POST", re.compile(r"/v1/plans")),
    "acceptance": ("POST", re.compile(r"/v1/plans/[0-9a-f-]+/acceptance")),
    "visits": ("PUT", re.compile(r"/v1/visits/of-plan/[0-9a-f-]{36}")),
}
MONDAY = date.today() + timedelta(days=7 - date.today().weekday())  # noqa: DTZ011
NUMBERS = count(1)
PATIENCE_S = 150.0


@pytest.fixture(scope="module")
def ronde(databases, tmp_path_factory) -> Iterator[Production]:
    with running(databases, tmp_path_factory.mktemp("production")) as production:
        yield production


def step_of(step: Step) -> str | None:
    for name, (method, path) in STEPS.items():
        if step.method == method and path.fullmatch(step.path):
            return name
    return None


def until(
    ask: Callable[[], httpx.Response], good: Callable[[httpx.Response], bool]
) -> httpx.Response:
    """Ask again while nobody answers, as a client does with its Idempotency-Key."""
    give_up = time.monotonic() + PATIENCE_S
    last: object = None
    while time.monotonic() < give_up:
        try:
            answer = ask()
            last = (answer.status_code, answer.text[:500])
            if answer.status_code < 500 and good(answer):
                return answer
        except httpx.HTTPError as error:
            last = error
        time.sleep(0.2)
    raise AssertionError(f"not in {PATIENCE_S} s: {last}")


def items(client: httpx.Client, path: str) -> list[dict[str, object]]:
    answer = until(lambda: client.get(path), lambda it: it.status_code == 200)
    return answer.json()["items"]


def two_places(client: httpx.Client) -> set[str]:
    """Enter two places that were seen so long ago that they must be visited."""
    long_ago = (datetime.now(UTC) - timedelta(days=300)).isoformat()
    places = set()
    for _ in range(2):
        made = client.post("/v1/accommodations", json=accommodation(next(NUMBERS)))
        places.add(made.raise_for_status().json()["id"])
    for place in places:
        form = inspection(place, occurred_at=long_ago, known_at=long_ago)
        client.post("/v1/inspections", json=form).raise_for_status()
    return places


def week() -> dict[str, object]:
    shift = {"starts_at": f"{MONDAY}T08:00:00Z", "ends_at": f"{MONDAY}T16:00:00Z"}
    team = {"id": "a", "name": "A", "start": {"lon": 2.35, "lat": 48.85}, "shifts": [shift]}
    return {"starts_on": str(MONDAY), "days": 1, "teams": [team], "time_limit_s": 0.5}


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("victim", ["gateway worker", "called", "gateway", "routing worker"])
def test_a_week_outlives_a_kill_at_each_of_its_calls(ronde: Production, victim: str, side: str):
    ronde.await_ready()
    with ronde.client() as client:
        outlive(ronde, client, victim, side)


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_week_outlives_a_kill_of_scoring_while_it_draws(ronde: Production, side: str):
    ronde.await_ready()
    with ronde.client() as client:
        outlive(ronde, client, "called", side, at=frozenset({"audit draw"}))


def outlive(
    ronde: Production,
    client: httpx.Client,
    victim: str,
    side: str,
    *,
    at: frozenset[str] = frozenset(STEPS),
) -> None:
    places = two_places(client)
    left = set(at)

    def kill_once(step: Step, now: str) -> None:
        name = step_of(step)
        if now == side and name in left:
            left.discard(name)
            ronde.kill(step.service if victim == "called" else victim)

    weeks = len(items(client, "/v1/weekly-plans"))
    plans = len(items(client, "/v1/plans"))
    ronde.kills.clear()
    ronde.on_step = kill_once
    key = {"Idempotency-Key": str(uuid4())}
    try:
        created = until(
            lambda: client.post("/v1/weekly-plans", json=week(), headers=key),
            lambda it: it.status_code == 202,
        )
        path = created.headers["location"]
        plan = until(lambda: client.get(path), lambda it: it.json().get("state") == "done").json()
        first = until(lambda: client.post(f"{path}/acceptance"), lambda it: it.status_code == 200)
    finally:
        ronde.on_step = lambda _step, _side: None
    # Scoring, killed when it is asked for priorities, may stay away too long to be asked to draw.
    spared = {"audit draw"} if victim == "called" and "priorities" in at else set()
    assert left <= spared, "a step was not killed"
    assert len(ronde.kills) == len(at) - len(left)

    again = until(lambda: client.post(f"{path}/acceptance"), lambda it: it.status_code == 200)
    assert again.content == first.content
    repeat = until(
        lambda: client.post("/v1/weekly-plans", json=week(), headers=key),
        lambda it: it.status_code == 202,
    )
    assert repeat.json()["id"] == plan["id"]
    assert len(items(client, "/v1/weekly-plans")) == weeks + 1
    assert len(items(client, "/v1/plans")) == plans + 1
    stops = {stop["stop_id"]: stop for tour in plan["rounds"] for stop in tour["stops"]}
    assert {stop["accommodation_id"] for stop in stops.values()} == places
    with ronde.databases["inspections"].administer() as connection:
        made = connection.execute(
            "select stop_id::text, count(*) from visit where plan_id = %s group by 1", [plan["id"]]
        ).fetchall()
        orphans = connection.execute(
            "select count(*) from visit where state = 'planned' and accommodation_id = any(%s) "
            "and plan_id is distinct from %s",
            [[*places], plan["id"]],
        ).fetchone()
    assert sorted(made) == sorted((stop, 1) for stop in stops)
    assert orphans == (0,)
    assert len(first.json()["ids"]) == len(stops)
    told = [
        it["kind"] for it in items(client, "/v1/gateway/events") if it["subject_id"] == plan["id"]
    ]
    assert told == ["weekly_plan.accepted"]
