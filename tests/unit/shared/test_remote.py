"""What commands make of answers that are late, broken off or not Ronde's."""

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import typer

from shared.contracts.message import JobState
from shared.remote import remote

JOB = {
    "id": "0f0a9b57-6a5f-4d5e-8d3e-1f1f6f1a2b3c",
    "kind": "plan_week",
    "state": "done",
    "attempt": 1,
    "created_at": "2026-03-02T09:00:00Z",
}
UNDERWAY = JOB | {"state": "running", "progress": 0.5, "message": "solving"}
AWAY = {"title": "away", "status": 503, "detail": "scoring is away; try again"}
Answer = tuple[int, object]


@contextmanager
def answering(*answers: Answer) -> Iterator[str]:
    """Give the address of a server that gives these answers, one after the other."""
    left = list(answers)

    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = left.pop(0)
            self.send_response(status)
            if isinstance(body, bytes):
                # More is promised than comes.
                self.send_header("Content-Length", str(len(body) + 1))
                content = body
            else:
                content = json.dumps(body).encode()
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Told) as server:
        thread = threading.Thread(target=lambda: [server.handle_request() for _ in answers])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            thread.join()


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("RONDE_TOKEN", "any")


def awaited(url: str) -> tuple[JobState, list[tuple[float | None, str]]]:
    told: list[tuple[float | None, str]] = []
    with remote(url) as ronde:
        ended = ronde.ended(JobState, "/job", lambda it: it, lambda *step: told.append(step))
    return ended, told


def test_a_service_that_is_away_for_a_moment_is_waited_for():
    with answering((200, UNDERWAY), (503, AWAY), (200, JOB)) as url:
        ended, told = awaited(url)
    assert ended.state == "done"
    assert told == [(0.5, "solving")]


def test_one_that_stays_away_ends_the_command(monkeypatch, capsys):
    monkeypatch.setattr("shared.remote.PATIENCE_S", -1)
    with answering((503, AWAY)) as url, pytest.raises(typer.Exit):
        awaited(url)
    assert "ronde: scoring is away; try again" in capsys.readouterr().err


def test_an_answer_that_is_no_message_is_doubted(capsys):
    with answering((200, {"hello": 1})) as url, pytest.raises(typer.Exit):
        awaited(url)
    assert "something else than a JobState; is it Ronde?" in capsys.readouterr().err


def test_every_part_of_a_request_that_is_wrong_is_told(capsys):
    errors = [{"pointer": "/a", "detail": "wrong"}, {"pointer": "/b", "detail": "missing"}]
    refusal = {"detail": "/a: wrong", "errors": errors}
    with answering((422, refusal)) as url, pytest.raises(typer.Exit):
        awaited(url)
    assert capsys.readouterr().err == "ronde: /a: wrong; /b: missing\n"


def test_an_export_that_breaks_off_leaves_no_file(tmp_path: Path):
    words = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"
    with answering((200, b"half of i")) as url:
        ran = subprocess.run(
            [sys.executable, "-c", words, "export", "visits", "--to", tmp_path / "v.csv"],
            env=os.environ | {"RONDE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "broke off its answer" in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("colours", [True, False])
def test_progress_turns_at_a_terminal_alone_and_has_no_colour_where_none_is_wanted(colours):
    told = "from shared.terminal import progress\nwith progress() as tell: tell(0.5, 'solving')"
    ours, theirs = pty.openpty()
    plain = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR"}}
    wanted = {"TERM": "xterm-256color"} | ({} if colours else {"NO_COLOR": "1"})
    subprocess.run([sys.executable, "-c", told], env=plain | wanted, stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    piped = subprocess.run(
        [sys.executable, "-c", told], env=plain | wanted, capture_output=True, text=True, check=True
    )

    assert "50% solving" in shown
    assert ("\x1b[32m" in shown) == colours
    assert (piped.stdout, piped.stderr) == ("", "solving\n")
