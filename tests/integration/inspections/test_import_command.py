import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner

from inspections.cli import commands, record_commands
from inspections.main import create_app
from inspections.settings import Settings
from shared.auth import Verifier
from shared.testing import ISSUER, published_keys, token

HEADER = "id;nom;cp;ville;chambres\n"


class QuietServer(uvicorn.Server):
    """A server that leaves the signals of the tests alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
def record_behind(database):
    """The database of the running service."""
    return database("inspections")


@pytest.fixture
def url(record_behind) -> Iterator[str]:
    """The address of a running service."""
    app = create_app(Settings(**record_behind.settings()))
    app.state.verifier = Verifier([ISSUER.url], "ronde", key_source=published_keys)
    opened = socket.create_server(("127.0.0.1", 0))
    server = QuietServer(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, args=([opened],))
    thread.start()
    yield f"http://127.0.0.1:{opened.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    opened.close()


@pytest.fixture
def register(tmp_path) -> Path:
    """A register of one good row."""
    file = tmp_path / "register.csv"
    file.write_text(HEADER + "A;Hôtel;75011;Paris;20\n", "cp1252")
    return file


def run(*arguments: str, its_token: str | None = None):
    opened = {"RONDE_TOKEN": token() if its_token is None else its_token}
    return CliRunner().invoke(commands, ["accommodations", *arguments], env=opened)


def test_the_command_imports_a_register_and_tells_what_it_did(url, register):
    options = (str(register), "--url", url)

    tried, done, again = run(*options, "--dry-run"), run(*options), run(*options)

    assert [it.exit_code for it in (tried, done, again)] == [0, 0, 0]
    assert "1 rows: would be 1 created" in tried.output
    assert "1 rows: 1 created, 0 updated, 0 unchanged, 0 rejected" in done.output
    assert "1 rows: 0 created, 0 updated, 1 unchanged, 0 rejected" in again.output


def test_the_command_names_the_rows_it_could_not_take(url, register):
    register.write_text(HEADER + "A;Hôtel;75011;Paris;many\n", "utf-8")

    result = run(str(register), "--url", url)

    assert result.exit_code == 1
    assert "line 2, rooms 'many': must be a number" in result.output


@pytest.mark.parametrize(
    ("its_token", "sentence"),
    [
        ("forged", "The token is not valid here"),
        (token("reader"), "This needs the role"),
    ],
)
def test_the_command_says_why_nothing_was_taken(url, register, its_token, sentence):
    result = run(str(register), "--url", url, its_token=its_token)

    assert result.exit_code == 1
    assert sentence in result.output


def test_the_command_says_when_nobody_answers(register):
    result = run(str(register), "--url", "http://127.0.0.1:1")

    assert result.exit_code == 1
    assert "http://127.0.0.1:1 does not answer" in result.output


def test_the_command_doubts_an_address_where_something_else_answers(register):
    class SomethingElse(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), SomethingElse) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        result = run(str(register), "--url", f"http://127.0.0.1:{server.server_port}")
        thread.join()

    assert result.exit_code == 1
    assert "answered 404; is it Ronde?" in result.output


def verify(url: str, its_token: str, *options: str):
    opened = {"RONDE_TOKEN": its_token}
    return CliRunner().invoke(record_commands, ["verify", "--url", url, *options], env=opened)


def test_the_command_verifies_the_record_and_names_what_was_altered(url, register, record_behind):
    run(str(register), "--url", url)

    whole = verify(url, token("auditor"))
    with record_behind.administer() as connection:
        connection.execute("alter table accommodation disable trigger user")
        connection.execute("update accommodation set rooms = 99")
    altered = verify(url, token("auditor"))

    assert (whole.exit_code, altered.exit_code) == (0, 1)
    assert "1 changes, 1 revisions, 0 personal values: whole" in whole.output
    assert "ends with change 1: " in whole.output
    assert "record altered: accommodation" in altered.output
    told = json.loads(verify(url, token("auditor"), "--json").stdout)
    assert (told["whole"], told["faults"][0]["subject_kind"]) == (False, "accommodation")
    refused = verify(url, token("reader"))
    assert "This needs the role" in refused.output
    assert "does not answer" in verify("http://127.0.0.1:1", "any").output


def test_a_program_is_told_one_object(url, register):
    register.write_text(HEADER + "A;Hôtel;75011;Paris;20\nB;Hôtel;75011;Paris;many\n", "utf-8")

    result = run(str(register), "--url", url, "--json")

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["created"], told["rejected"]) == (1, 1)


@pytest.mark.parametrize(
    ("given", "address", "sentence"),
    [
        ("", "http://127.0.0.1:1", "set RONDE_TOKEN in the environment"),
        ("clé", "http://127.0.0.1:1", "RONDE_TOKEN is no token"),
        ("any", "127.0.0.1:8000", "is no address; write it as https://ronde.example"),
        ("any", "ftp://ronde.example", "is no address; write it as https://ronde.example"),
    ],
)
def test_a_command_that_is_not_called_rightly_says_how(register, given, address, sentence):
    result = run(str(register), "--url", address, its_token=given)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""
