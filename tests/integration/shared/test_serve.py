"""Ronde in one process, and one worker of it: what ends by itself ends all, with a sentence."""

import asyncio
import json
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic_settings import SettingsConfigDict

from shared.serve import STATE_FILE, Options, StartFailedError, listen, read_state, run, work_one
from shared.service import Service
from shared.settings import ServiceSettings
from shared.testing import TestDatabase

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


class Probe(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_", extra="ignore", frozen=True)


@pytest.fixture
def settings_given(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Options], ServiceSettings]:
    """Give what tells the settings a service gets when all is run."""

    def given(options: Options) -> ServiceSettings:
        seen = []

        async def remember(settings: ServiceSettings) -> None:
            seen.append(settings)

        probe = Service("probe", Probe, app, remember, has_database=False)
        found = {"gateway": service("gateway", None), "probe": probe}
        monkeypatch.setattr("shared.serve.services", lambda: found)
        with pytest.raises(StartFailedError):
            run(options)
        return seen[0]

    return given


def test_a_service_keeps_the_identity_and_store_its_environment_names(
    directory: Path,
    settings_given: Callable[[Options], ServiceSettings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = settings_given(Options(directory, port=0))
    assert alone.client_id == "probe"
    assert alone.token_url == f"{alone.gateway_url}/access/token"
    kept = json.loads((directory / "service-secrets.json").read_text())
    assert alone.client_secret.get_secret_value() == kept["probe"]
    assert alone.blobs_url == f"file://{directory}/blobs/probe"
    monkeypatch.setenv("PROBE_TOKEN_URL", "https://provider.example/token")
    monkeypatch.setenv("PROBE_CLIENT_ID", "ronde-probe")
    monkeypatch.setenv("PROBE_CLIENT_SECRET", "from the provider")
    monkeypatch.setenv("PROBE_BLOBS_URL", "s3://photos")
    known = settings_given(Options(directory, port=0))
    assert known.token_url == "https://provider.example/token"
    assert known.client_id == "ronde-probe"
    assert known.client_secret.get_secret_value() == "from the provider"
    assert known.blobs_url == "s3://photos"
    demo = settings_given(Options(directory, port=0, demo=True))
    assert demo.client_id == "probe"
    assert demo.client_secret.get_secret_value() not in {"", "from the provider"}


def test_only_the_gateway_is_reached_from_elsewhere(
    directory: Path,
    settings_given: Callable[[Options], ServiceSettings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listened = []

    def remember(host: str, port: int) -> socket.socket:
        listened.append(host)
        return listen(host, port)

    monkeypatch.setattr("shared.serve.listen", remember)
    settings = settings_given(Options(directory, host="0.0.0.0", port=0))
    assert listened == ["0.0.0.0", "127.0.0.1"]
    assert settings.host == "127.0.0.1"
    assert settings.gateway_url.startswith("http://127.0.0.1:")


async def test_a_worker_waits_until_its_database_is_at_the_newest_schema(
    database: Callable[[str], TestDatabase],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("shared.schema_wait.LOOK_AGAIN_S", 0.05)
    made, began = database("probe"), asyncio.Event()

    async def work(_settings: ServiceSettings) -> None:
        began.set()
        await asyncio.Event().wait()

    with made.administer() as administrator:
        administrator.execute("alter table alembic_version rename to elsewhere")
        worker = asyncio.create_task(
            work_one(
                Service("probe", ServiceSettings, app, work), ServiceSettings(**made.settings())
            )
        )
        await asyncio.sleep(0.5)
        assert not began.is_set()
        assert caplog.text.count("waits for the migrations") == 1
        administrator.execute("update elsewhere set version_num = ''")
        administrator.execute("alter table elsewhere rename to alembic_version")
        await asyncio.sleep(0.3)
        assert not began.is_set()
        administrator.execute("update alembic_version set version_num = '0001'")
        async with asyncio.timeout(5):
            await began.wait()
    worker.cancel()
    with suppress(asyncio.CancelledError):
        await worker
