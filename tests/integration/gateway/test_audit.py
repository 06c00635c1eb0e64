"""Who called what is kept: chained, append-only, seen by auditors of the same organisation."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
import typer
from gateway_edge import AWAY, Edge, edge
from typer.testing import CliRunner

from gateway.cli import verify_audit as verify_audit_command
from gateway.jobs.drop_audit import drop_old_audit
from gateway.use_cases.keep_audit import AuditLog, Call
from gateway.use_cases.verify_audit import verify_audit
from shared.db import Database
from shared.testing import OURS, THEIRS, TestDatabase, bearer

MakeDatabase = Callable[[str], TestDatabase]


@pytest.fixture
def kept(database: MakeDatabase) -> TestDatabase:
    return database("gateway")


@pytest.fixture
async def ronde(kept: TestDatabase) -> AsyncIterator[Edge]:
    async with edge(**kept.settings()) as running:
        yield running


async def audited(ronde: Edge, wanted: int, **query: str) -> list[dict[str, object]]:
    """Read the audit as an auditor, once it has so many lines of others."""
    for _ in range(100):
        got = await ronde.client.get("/v1/audit", params=query, headers=bearer("auditor"))
        lines = [it for it in got.json()["items"] if it["what"] != "/v1/audit"]
        if len(lines) >= wanted:
            return lines
        await asyncio.sleep(0.05)
    raise AssertionError(f"{len(lines)} lines, not {wanted}")


async def test_lines_that_are_being_kept_are_not_kept_a_second_time(ronde: Edge):
    log = AuditLog(ronde.app.state.database)
    claims = {"sub": "somebody", "orgs": [str(OURS)], "roles": ["reader"]}
    for number in range(5):
        log.note(Call(1.0, claims, None, None, "GET", "/v1/visits", 200, f"r{number}"))

    await asyncio.gather(*(log.keep() for _ in range(4)))

    lines = await audited(ronde, 5)
    assert sorted(it["request_id"] for it in lines) == [f"r{number}" for number in range(5)]


async def test_a_call_is_in_the_audit_within_a_second_with_ids_and_nothing_else(ronde: Edge):
    place = uuid4()
    await ronde.client.get(f"/v1/accommodations/{place}", params={"q": "Madame Dupont"})
    await ronde.client.post("/v1/visits", json={"note": "secret"})
    await ronde.client.get("/v1/me")
    await ronde.client.get(f"/v1/weekly-plans/{uuid4()}")
    lines = await audited(ronde, 4)
    assert [(it["did"], it["what"], it["status"]) for it in lines[::-1]] == [
        ("GET", "/v1/accommodations/{id}", 200),
        ("POST", "/v1/visits", 200),
        ("GET", "/v1/me", 200),
        ("GET", "/v1/weekly-plans/{id}", 404),
    ]
    assert {it["by"] for it in lines} == {"tester"}
    assert "Dupont" not in str(lines)
    about = await audited(ronde, 1, about=str(place))
    assert [it["ids"] for it in about] == [[str(place)]]
    assert await audited(ronde, 0, by="nobody") == []


async def test_another_organisation_and_other_roles_do_not_see_it(ronde: Edge):
    await ronde.client.get("/v1/me")
    await audited(ronde, 1)
    theirs = await ronde.client.get("/v1/audit", headers=bearer("auditor", organisation=THEIRS))
    assert [it for it in theirs.json()["items"] if it["what"] != "/v1/audit"] == []
    for role in ("reader", "planner", "manager"):
        assert (await ronde.client.get("/v1/audit", headers=bearer(role))).status_code == 403


async def test_a_service_that_acts_for_a_person_is_noted_with_that_person(ronde: Edge):
    behalf = {"Ronde-Organisation": str(OURS), "Ronde-Subject": "h%C3%A9l%C3%A8ne"}
    await ronde.client.get("/v1/visits", headers=bearer("service") | behalf)
    await ronde.client.get("/v1/me", headers=behalf)
    feed = await ronde.client.get("/v1/inspections/events", headers=bearer("service") | behalf)
    assert feed.status_code == 200
    lines = await audited(ronde, 2)
    assert [(it["what"], it["acting_for"]) for it in lines[::-1]] == [
        ("/v1/visits", "hélène"),
        ("/v1/me", None),
    ]


async def test_what_waits_is_kept_at_an_orderly_end_and_pages_follow(kept: TestDatabase):
    for turn in range(3):
        async with edge(**kept.settings()) as ronde:
            for _ in range(turn + 1):
                await ronde.client.get("/v1/me")
    async with edge(**kept.settings()) as ronde:
        seen, cursor = 0, None
        while True:
            query = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
            page = (
                await ronde.client.get("/v1/audit", params=query, headers=bearer("auditor"))
            ).json()
            seen += sum(it["what"] == "/v1/me" for it in page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == 6
        wrong = await ronde.client.get(
            "/v1/audit", params={"cursor": "WyJ4Il0"}, headers=bearer("auditor")
        )
        assert wrong.status_code == 422


def call(at: float, organisation: str = str(OURS)) -> Call:
    claims = {"sub": "a", "orgs": [organisation], "roles": ["reader"]}
    return Call(at, claims, None, None, "GET", f"/v1/visits/{uuid4()}", 200, "r")


async def log_of(kept: TestDatabase, *batches: list[Call]) -> Database:
    database = Database(kept.url, kept.system_url)
    log = AuditLog(database)
    for calls in batches:
        for it in calls:
            log.note(it)
        await log.keep()
    return database


NOW = datetime.now(UTC).timestamp()
OLD = (datetime.now(UTC) - timedelta(days=400)).timestamp()


async def test_nobody_of_the_service_can_alter_or_remove_a_line(kept: TestDatabase):
    database = await log_of(kept, [call(NOW)])
    await database.dispose()
    for user in ("gateway", "gateway_system"):
        with psycopg.connect(kept.server.conninfo(kept.name, user)) as connection:
            connection.execute("select set_config('app.organisation', %s, false)", [str(OURS)])
            connection.commit()
            for statement in (
                "update audit_batch set lines = '[]'",
                "delete from audit_batch",
                "truncate audit_batch",
                "insert into audit_checkpoint values (gen_random_uuid(), 1, '')",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
                connection.rollback()


async def test_what_an_administrator_alters_is_found_by_the_command(
    kept: TestDatabase, monkeypatch
):
    database = await log_of(kept, [call(NOW)], [call(NOW), call(NOW, str(THEIRS))], [call(NOW)])
    await database.dispose()
    monkeypatch.setenv("GATEWAY_SYSTEM_URL", kept.system_url)
    run = CliRunner()
    verify = typer.Typer()
    verify.command()(verify_audit_command)
    whole = await asyncio.to_thread(run.invoke, verify, [])
    assert whole.exit_code == 0, whole.output
    assert whole.output.count("whole") == 2
    head = whole.output.splitlines()[0].rpartition("head ")[2]
    ours = ["--organisation", str(OURS), "--head", head]
    assert (await asyncio.to_thread(run.invoke, verify, ours)).exit_code == 0
    with kept.administer() as connection:
        connection.execute(
            "delete from audit_batch where number = 3 and organisation = %s", [str(OURS)]
        )
    assert (await asyncio.to_thread(run.invoke, verify, [])).exit_code == 0
    cut = await asyncio.to_thread(run.invoke, verify, ours)
    assert (cut.exit_code, "CUT" in cut.output) == (1, True)
    with kept.administer() as connection:
        connection.execute(
            "update audit_batch set lines = jsonb_set(lines, '{0,by}', '\"b\"') "
            "where number = 1 and organisation = %s",
            [str(OURS)],
        )
    broken = await asyncio.to_thread(run.invoke, verify, [])
    assert (broken.exit_code, "BROKEN at batch 1" in broken.output) == (1, True)


async def test_after_twelve_months_lines_go_behind_a_checkpoint_and_the_chain_stays_whole(
    kept: TestDatabase,
):
    database = await log_of(kept, [call(OLD)], [call(OLD), call(OLD)], [call(NOW)])
    try:
        assert await drop_old_audit(database) == 2
        assert await drop_old_audit(database) == 0
        (found,) = await verify_audit(database)
        assert (found.since.number, found.verdict.batches, found.is_whole) == (2, 1, True)
        log = AuditLog(database)
        log.note(call(NOW))
        await log.keep()
        (found,) = await verify_audit(database)
        assert (found.verdict.batches, found.is_whole) == (2, True)
    finally:
        await database.dispose()


async def test_lines_wait_while_the_database_is_away_and_the_oldest_give_way(
    kept: TestDatabase, monkeypatch, caplog
):
    monkeypatch.setattr("gateway.use_cases.keep_audit.MOST_WAITING", 2)
    away = Database(AWAY, AWAY)
    log = AuditLog(away)
    for _ in range(3):
        log.note(call(NOW))
    with caplog.at_level(logging.WARNING):
        await log.keep()
    assert log.lost == 1
    assert "audit lines lost" in caplog.text
    log.database = Database(kept.url, kept.system_url)
    await log.keep()
    (found,) = await verify_audit(log.database)
    assert found.verdict.lines == 2
    await log.database.dispose()
    await away.dispose()
