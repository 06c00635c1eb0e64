"""The embedded PostgreSQL: it starts, restarts, keeps what was acknowledged, and dies with us."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shared.db import conninfo
from shared.postgres import EmbeddedPostgres, PostgresUnavailableError, running

OWNER = """
import sys, time
from pathlib import Path
from shared.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print((server.data / "postmaster.pid").read_text().split()[0], flush=True)
time.sleep(60)
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as folder:
        yield Path(folder)


def start_owner(directory: Path) -> tuple[subprocess.Popen[str], int]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    return owner, int(owner.stdout.readline())


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def test_what_was_committed_is_there_after_a_restart(directory: Path) -> None:
    with running(directory) as server, psycopg.connect(server.conninfo()) as connection:
        connection.execute("create table seen (n int)")
        connection.execute("insert into seen values (7)")
    with running(directory) as server, psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("select n from seen").fetchall() == [(7,)]


def test_what_a_statement_fails_by_is_told_to_who_asked_and_not_to_the_log(
    directory: Path,
) -> None:
    with running(directory) as server, psycopg.connect(server.conninfo()) as connection:
        connection.autocommit = True
        connection.execute("create table person (name text unique check (name <> 'Nobody'))")
        for name in ("Jeanne Dupont", "Jeanne Dupont", "Nobody"):
            with contextlib.suppress(psycopg.IntegrityError):
                connection.execute("insert into person values (%s)", [name])
        with pytest.raises(psycopg.DataError, match="Jeanne"):
            connection.execute("select 'Jeanne Dupont'::int")
        kept = (server.directory / "postgres.log").read_text("utf-8")
    assert "ready to accept connections" in kept
    assert "Jeanne" not in kept
    assert "Nobody" not in kept


def test_a_folder_may_have_spaces_quotes_and_accents_in_its_name(directory: Path) -> None:
    # The database's user must get in, or the cluster is kept elsewhere.
    directory.chmod(0o711)
    with running(directory / "l'été à 100% & plus") as server:
        assert server.directory.parent == directory
        with psycopg.connect(server.conninfo()) as connection:
            connection.execute("create table kept (number int)")
        with psycopg.connect(conninfo(server.url("postgres", "postgres"))) as connection:
            assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_a_second_start_in_the_same_directory_is_refused_in_a_sentence(directory: Path) -> None:
    with (
        running(directory),
        pytest.raises(PostgresUnavailableError, match="another Ronde is running"),
    ):
        EmbeddedPostgres(directory).start()


def test_the_server_dies_with_an_owner_that_is_killed_and_starts_again(directory: Path) -> None:
    owner, postmaster = start_owner(directory)
    os.kill(owner.pid, signal.SIGKILL)
    owner.communicate()
    until = time.monotonic() + 5
    while is_alive(postmaster) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_alive(postmaster)
    with running(directory) as server, psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_number_that_another_process_has_now_does_not_hold_up_the_start(directory: Path) -> None:
    with running(directory) as server:
        pid_file = server.data / "postmaster.pid"
        lines = pid_file.read_text().split("\n")
    with subprocess.Popen(["sleep", "60"]) as other:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]))
        began = time.monotonic()
        with running(directory) as server, psycopg.connect(server.conninfo()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert time.monotonic() - began < 10
        other.kill()


def test_a_start_cut_short_while_making_the_cluster_is_begun_again(directory: Path) -> None:
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "PG_VERSION").write_text("18")
    (directory / "initialising").touch()
    with running(directory) as server:
        assert server.running
        assert not (directory / "initialising").exists()
    assert not server.running


def test_a_directory_too_deep_for_a_socket_is_refused_in_a_sentence(directory: Path) -> None:
    directory.chmod(0o711)
    with pytest.raises(PostgresUnavailableError, match="choose a shorter one"):
        EmbeddedPostgres(directory / ("a" * 100)).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the server to another user")
def test_a_directory_in_a_closed_home_is_kept_where_the_servers_user_gets_in(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clusters = directory / "clusters"
    monkeypatch.setattr("shared.postgres.CLUSTERS", clusters)
    directory.chmod(0o711)
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    with running(closed / "data") as server:
        assert server.directory.parent == clusters
        assert server.running
    assert EmbeddedPostgres(closed / "data").directory == server.directory
    assert EmbeddedPostgres(directory / "open").directory == directory / "open"


def test_the_database_of_a_service_is_closed_to_the_roles_of_another(directory: Path) -> None:
    with running(directory) as server:
        server.provision("one")
        server.provision("two")
        server.provision("two")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(server.conninfo("two", "one"))
        psycopg.connect(server.conninfo("two", "two_system")).close()


def test_a_broken_cluster_is_reported_with_the_place_of_its_log(directory: Path) -> None:
    with running(directory):
        pass
    (directory / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with (
        pytest.raises(PostgresUnavailableError, match=r"postgres\.log"),
        running(directory),
    ):
        pass
