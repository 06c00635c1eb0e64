"""The database is killed under writes: what was acknowledged is there, once, and all goes on."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
import record
from plan_requests import plan_request
from production import Production, running
from write_history import Writer, faults_of

from shared.postgres import EmbeddedPostgres, PostgresUnavailableError
from shared.testing import DatabaseMaker, TestDatabase

pytestmark = pytest.mark.storm

KILLS, BACK_S, SETTLED_S = 12, 5.0, 180.0
WAYS = ("the server", "all of it", "one connection's process")
READS = ("/v1/accommodations", "/v1/scoring-policies", "/v1/graphs", "/v1/weekly-plans")


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """Give a server that keeps what it acknowledged, as those of other tests do not."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as folder:
        # Else it spends up to half a minute on each of thousands of files before it recovers.
        running_server = EmbeddedPostgres(Path(folder), {"recovery_init_sync_method": "syncfs"})
        running_server.start()
        yield running_server
        running_server.stop()


def kill(server: EmbeddedPostgres, way: str, choice: random.Random) -> None:
    """Kill the server or a part of it, and start what does not come back by itself."""
    postmaster = psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))
    children = postmaster.children()
    if way == "one connection's process":
        # The server ends all others, and recovers by itself.
        choice.choice([it for it in children if is_connection(it)]).kill()
        await_server(server)
        return
    os.kill(postmaster.pid, signal.SIGKILL)
    for it in children if way == "all of it" else ():
        it.kill()
    until = time.monotonic() + 20
    while True:
        server.stop()
        try:
            server.start()
        except PostgresUnavailableError:
            # Processes of the one before still hold its memory.
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            return


def await_server(server: EmbeddedPostgres) -> None:
    """Wait until the server has noticed the death of one of its own, and takes connections."""
    time.sleep(0.2)
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(server.conninfo()).close()
        except psycopg.OperationalError:
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            return


def is_connection(process: psutil.Process) -> bool:
    """Tell whether a process of PostgreSQL serves one of the record's connections."""
    return "inspections inspections" in " ".join(process.cmdline())


def back_after_s(client: httpx.Client) -> float:
    """Return the seconds until every service answers what it reads from its database."""
    began = time.monotonic()
    for path in READS:
        while True:
            try:
                if client.get(path).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() - began < 60, path
            time.sleep(0.02)
    return time.monotonic() - began


def test_twelve_kills_of_the_database_lose_nothing_acknowledged(
    server: EmbeddedPostgres, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choice, back_s = random.Random(7), []
    with running(DatabaseMaker(server), tmp_path) as ronde, ronde.client() as client:
        place = client.post("/v1/accommodations", json=record.accommodation(1))
        place_id = place.raise_for_status().json()["id"]

        def inspection(key: str) -> tuple[str, dict[str, object], dict[str, str]]:
            return "/v1/inspections", record.inspection(place_id, instance_id=key), {}

        writers = [
            Writer(ronde.client(), inspection, abandons=True),
            Writer(ronde.client(), inspection, abandons=True),
            Writer(ronde.client(), complaint, abandons=True),
            Writer(ronde.client(), plan, abandons=False),
        ]
        before = {name: it.pid for name, it in ronde.processes.items()}
        for writer in writers:
            writer.start()
        for number in range(KILLS):
            time.sleep(choice.uniform(1, 3))
            kill(server, WAYS[number % len(WAYS)], choice)
            back_s.append(back_after_s(client))
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join()
            writer.client.close()
        began = time.monotonic()
        plans = solved(client)
        solved_s = time.monotonic() - began
        alive = {name: it.pid for name, it in ronde.processes.items() if it.poll() is None}
        faults = [fault for writer in writers for fault in writer.refused]
        faults += faults_in_record(ronde, writers) + faults_in_plans(writers, plans)
    told = {it.name: 0 for it in writers}
    for writer in writers:
        told[writer.name] += sum(bool(it.ids) for it in writer.history)
    again = sum(it.attempts > 1 for writer in writers for it in writer.history)
    with capsys.disabled():
        print(
            f"\n{KILLS} kills of the database; acknowledged {told}, {again} asked again; services "
            f"back {min(back_s):.1f} to {max(back_s):.1f} s after it, the last plan solved "
            f"{solved_s:.0f} s after the last write; faults: {len(faults)}"
        )
    assert faults == []
    assert min(told.values()) > KILLS, "there was a load of each kind"
    assert alive == before, "no process was started anew"
    assert max(back_s) < BACK_S


def complaint(key: str) -> tuple[str, dict[str, object], dict[str, str]]:
    """Ask for a complaint to be kept under a key."""
    place = record.accommodation(1)["external_id"]
    body = {"accommodation_external_id": place, "source": "family", "text": f"Damp {key}"}
    return "/v1/complaints", body, {"Idempotency-Key": key}


def plan(key: str) -> tuple[str, dict[str, object], dict[str, str]]:
    """Ask for a plan under a key, twice a second."""
    time.sleep(0.5)
    return "/v1/plans", plan_request(), {"Idempotency-Key": key}


def solved(client: httpx.Client) -> dict[str, str]:
    """Wait until every plan that is kept has ended; return their states by id."""
    until = time.monotonic() + SETTLED_S
    while True:
        listed = client.get("/v1/plans", params={"limit": 1000}).raise_for_status().json()
        states = {it["id"]: it["state"] for it in listed["items"]}
        if not set(states.values()) & {"queued", "running"}:
            return states
        assert time.monotonic() < until, states
        time.sleep(0.2)


def rows(database: TestDatabase, statement: str) -> list[tuple[str, str]]:
    with database.administer() as connection:
        return [(str(key), str(value)) for key, value in connection.execute(statement).fetchall()]


def faults_in_record(ronde: Production, writers: list[Writer]) -> list[str]:
    """Compare what the writers were told with the rows and the events of the record."""
    database, found = ronde.databases["inspections"], []
    for name, key in (("inspection", "instance_id"), ("complaint", "substr(sent_as, 5)")):
        history = [it for writer in writers if writer.name == name for it in writer.history]
        found += faults_of(history, rows(database, f"select {key}, id from {name}"))
        kept = {value for _, value in rows(database, f"select 1, id from {name}")}
        events = rows(
            database, f"select position, subject_id from event where kind = '{name}.recorded'"
        )
        if sorted(subject for _, subject in events) != sorted(kept):
            found.append(f"{len(events)} events of {len(kept)} rows of {name}")
    return found


def faults_in_plans(writers: list[Writer], states: dict[str, str]) -> list[str]:
    """Compare the plans that were acknowledged with those kept, all of which are solved."""
    history = [it for writer in writers if writer.name == "plan" for it in writer.history]
    keys = {it.ids[0]: it.key for it in history if it.ids}
    found = faults_of(history, [(keys.get(it, it), it) for it in states])
    return found + [f"plan {it} is {state}" for it, state in states.items() if state != "done"]
