"""Ronde in one process, and one worker of it: what ends by itself ends all, with a sentence."""

import asyncio
import os
import signal
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from shared.serve import STATE_FILE, Options, StartFailedError, read_state, run
from shared.service import Service
from shared.settings import ServiceSettings

Work = Callable[[ServiceSettings], Awaitable[None]]


@pytest.fixture
def directory() -> Iterator[Path]:
    # A short path: a socket's address has at most 108 bytes.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def app(_settings: ServiceSettings) -> FastAPI:
    return FastAPI()


def service(name: str, run_worker: Work | None) -> Service:
    return Service(name, ServiceSettings, app, run_worker, has_database=False)


async def breaks(_settings: ServiceSettings) -> None:
    raise LookupError("a follower met what it cannot read")


async def returns(_settings: ServiceSettings) -> None:
    await asyncio.sleep(0.1)


@pytest.mark.parametrize("worker", [breaks, returns])
def test_a_worker_that_ends_by_itself_ends_all(
    directory: Path,
    worker: Work,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = {"gateway": service("gateway", None), "probe": service("probe", worker)}
    monkeypatch.setattr("shared.serve.services", lambda: found)
    # Who would wait for a signal is sent one, so that the test ends.
    late = threading.Timer(20, _interrupt)
    late.start()
    try:
        with pytest.raises(StartFailedError, match="the worker of probe ended by itself"):
            run(Options(directory, port=0))
    finally:
        late.cancel()
    assert read_state(directory) is None
    assert not (directory / STATE_FILE).exists()
    assert "ended by itself" in caplog.text


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
