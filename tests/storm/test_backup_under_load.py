"""A backup that is made while all services write: restored elsewhere, it is of one moment each.

Of every database there is a moment, its mark, before which everything acknowledged is in it; what
services know of each other comes together again; what was purged before or since stays so.
"""

import contextlib
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
import record
from commands import run
from first_admin import let_in, signed_in, verified
from system import System, new_system
from timed_writes import Write, Writer, mark_of

from shared import postgres
from shared.postgres import EmbeddedPostgres

pytestmark = pytest.mark.storm

BEFORE_S, AFTER_S, SETTLED_S = 6.0, 3.0, 90.0
NAMES = ("inspections", "scoring", "routing", "gateway")
NUMBERS = itertools.count()
LAST_YEAR = datetime.now(UTC) - timedelta(days=365)
# What each writer's writes are in, and how a row names the key of one.
KEPT_IN = {
    "places": ("inspections", "select id from accommodation"),
    "inspections": ("inspections", "select id from inspection"),
    "signals": ("scoring", "select value::bigint from signal"),
    "inspectors": ("routing", "select id from inspector"),
    "keys": ("gateway", "select id from access_key"),
}
# What is written once and never changed.
SETTLED = {
    **dict.fromkeys(NAMES, "select position, md5(event::text) from event order by 1"),
    "inspections changes": "select number, encode(digest, 'hex') from record_change order by 1",
}


def rows(directory: Path, database: str, query: str) -> list[tuple[object, ...]]:
    """Ask a database that runs in a directory, as its administrator."""
    at = EmbeddedPostgres(directory / "postgres").conninfo(database)
    with psycopg.connect(at) as connection:
        return connection.execute(query.encode()).fetchall()


def ids(directory: Path, database: str, query: str) -> set[str]:
    return {str(key) for (key,) in rows(directory, database, query)}


def made(client: httpx.Client, method: str, path: str, body: object) -> str:
    answer = client.request(method, path, json=body).raise_for_status()
    return str(answer.json().get("id", ""))


def add_place(client: httpx.Client) -> str:
    place = record.accommodation(next(NUMBERS) + 1, name=f"Hôtel {uuid4()}")
    return made(client, "POST", "/v1/accommodations", place)


def inspect(client: httpx.Client, place: str) -> str:
    return made(client, "POST", "/v1/inspections", record.inspection(place))


def add_signal(client: httpx.Client) -> str:
    number = next(NUMBERS)
    moment = (LAST_YEAR + timedelta(seconds=number)).isoformat()
    value = {"series": "cold", "occurred_at": moment, "known_at": moment, "value": number}
    made(client, "POST", "/v1/signals", {"values": [value]})
    return str(number)


def register(client: httpx.Client) -> str:
    key = str(uuid4())
    known = {
        "working_days": [{"weekday": 1, "starts_min": 540, "ends_min": 1020}],
        "office": {"lon": 2.36, "lat": 48.87},
        "travels_by": "drive",
    }
    made(client, "PUT", f"/v1/inspectors/{key}", known)
    return key


def add_key(client: httpx.Client) -> str:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    key = {"name": "map", "roles": ["reader"], "scopes": ["inspections:read"], "expires_at": until}
    return made(client, "POST", "/v1/keys", key)


def purge_somebody(client: httpx.Client, place: str) -> str:
    """Keep a complaint and forget who made it; give the name that nobody is to find again."""
    name = f"Quatrepommes{next(NUMBERS):06}x"
    complaint = {
        "accommodation_id": place,
        "source": "family",
        "text": f"Froid la nuit, dit Zoé {name}",
        "contact": {"name": f"Zoé {name}", "phone": "06 12 34 56 78"},
    }
    key = made(client, "POST", "/v1/complaints", complaint)
    made(client, "POST", f"/v1/complaints/{key}/author-purge", {"reason": "asked for it"})
    return name


@contextlib.contextmanager
def busy(system: System) -> Iterator[dict[str, list[Writer]]]:
    """Have everything written to for the length of the block, by two of each kind."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(signed_in(system))
        place = add_place(first)
        kinds = {
            "places": add_place,
            "inspections": lambda client: inspect(client, place),
            "signals": add_signal,
            "inspectors": register,
            "keys": add_key,
            "purges": lambda client: purge_somebody(client, place),
        }
        writers = {
            kind: [Writer(stack.enter_context(signed_in(system)), write) for _ in range(2)]
            for kind, write in kinds.items()
        }
        every = [it for some in writers.values() for it in some]
        for it in every:
            it.start()
        try:
            yield writers
        finally:
            for it in every:
                it.stopping.set()
            for it in every:
                it.join()
        assert [it.failure for it in every if it.failure] == []


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder the database's own user can reach, its path short."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as made_up:
        Path(made_up).chmod(0o711)
        yield Path(made_up)


def test_a_backup_under_load_is_of_one_moment_for_each_database(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, new = folder / "busy.ronde", folder / "new"
    with new_system(demo=False) as system:
        let_in(system)
        with busy(system) as writers:
            time.sleep(BEFORE_S)
            began = time.monotonic()
            ran = run("backup", "make", archive, "--directory", system.directory, "--json")
            took_s = time.monotonic() - began
            time.sleep(AFTER_S)
        assert ran.returncode == 0, ran.stderr
        writes = {kind: [it for w in some for it in w.writes] for kind, some in writers.items()}
        ran = run(
            *("backup", "restore", archive, "--directory", new),
            *("--purges-of", system.directory, "--json"),
        )
        assert ran.returncode == 0, ran.stderr
        with postgres.running(new / "postgres"):
            marks = {kind: mark_of(writes[kind], ids(new, *KEPT_IN[kind])) for kind in KEPT_IN}
            altered = [it for it in SETTLED if not is_beginning(system.directory, new, it)]
            ahead = [it for it in behind(new) if it[2] < 0]
    purged = {it.key for it in writes["purges"]}
    settled_s = serve_again(new, purged)
    with capsys.disabled():
        told = {kind: len(it) for kind, it in writes.items()}
        print(f"\nbackup of {took_s:.1f} s under {told} writes, {settled_s:.1f} s to come together")
        for kind, (after, before) in marks.items():
            print(
                f"  mark of {kind}: {after - began:.3f} to {before - began:.3f} s after its begin"
            )
    for kind, (after, before) in marks.items():
        assert after < before, f"{kind}: something acknowledged before the mark is missing"
        assert began < before, f"{kind}: the mark is not before the backup"
        assert after < began + took_s, f"{kind}: the mark is not after the backup"
        assert sum(began < it.acknowledged_at < began + took_s for it in writes[kind]) > 2, kind
    assert altered == []
    assert ahead == [], "nobody is further than the feed it follows"
    assert json.loads(ran.stdout)["later_purges"] > 0


def test_a_write_that_is_missing_is_noticed() -> None:
    writes = [Write(str(it), float(it), it + 0.5) for it in range(10)]
    after, before = mark_of(writes, {"0", "1", "2", "3"})
    assert (after, before) == (3.0, 4.5)
    after, before = mark_of(writes, {"0", "1", "3", "4"})
    assert after > before, "the third was acknowledged before the fifth was begun"


def is_beginning(original: Path, restored: Path, what: str) -> bool:
    """Tell whether what was settled is, in a restored database, the same as in the original."""
    database = what.partition(" ")[0]
    before, after = (rows(it, database, SETTLED[what]) for it in (original, restored))
    return after == before[: len(after)]


def behind(directory: Path) -> list[tuple[str, str, int]]:
    """Say of each follower how many positions it is behind whom it follows."""
    newest = {
        it: int(str(rows(directory, it, "select coalesce(max(position), 0) from event")[0][0]))
        for it in NAMES
    }
    return [
        (name, str(provider), newest[str(provider)] - int(str(position)))
        for name in NAMES
        for provider, position in rows(
            directory, name, "select provider, position from feed_cursor"
        )
    ]


def serve_again(directory: Path, purged: set[str]) -> float:
    """Serve what was restored until all is together; return the seconds it took."""
    system = System(directory, demo=False)
    try:
        system.start()
        began = time.monotonic()
        while left := apart(directory) | found_again(directory, purged):
            assert time.monotonic() - began < SETTLED_S, left
            time.sleep(0.5)
        settled_s = time.monotonic() - began
        with signed_in(system) as client:
            verified(system, client)
            # What is written now goes on from there.
            add_place(client)
    finally:
        system.stop()
    return settled_s


def apart(directory: Path) -> set[str]:
    """Name what services do not know of each other yet."""
    left = {f"{name} is behind {of}" for name, of, by in behind(directory) if by}
    if ids(directory, "scoring", "select id from accommodation where stale"):
        left.add("places are not scored")
    for table, key in (("accommodation", "id"), ("visit", "inspection_id")):
        of = {"visit": "inspection"}.get(table, table)
        theirs = ids(directory, "scoring", f"select {key} from {table}")
        if theirs != ids(directory, "inspections", f"select id from {of}"):
            left.add(f"scoring does not know each {of}")
    return left


def found_again(directory: Path, purged: set[str]) -> set[str]:
    """Name the purged that a restored record still holds anywhere."""
    server = EmbeddedPostgres(directory / "postgres")
    command = [server.program("pg_dump"), "--data-only", server.conninfo("inspections")]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name for name in purged if name in told}
