"""A client in Python, made from the document that the gateway serves."""

import contextlib
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

# What the makers know no type for is bytes to them, or plain JSON.
BYTES = (
    *("application/gpx+xml", "application/gzip", "application/pdf", "application/x-ndjson"),
    *("application/vnd.apache.arrow.stream", "application/vnd.apache.parquet", "application/zip"),
    *("application/vnd.openstreetmap.data", "image/heic", "image/jpeg", "image/png", "image/webp"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    *("image/svg+xml", "text/calendar", "text/csv", "text/event-stream", "text/html", "text/xml"),
)
JSON = ("application/geo+json", "application/ld+json", "application/schema+json")


def described(asking: httpx.Client, folder: Path) -> Path:
    """Save the document of the gateway, once it knows all services."""
    for _ in range(100):
        told = asking.get("/openapi.json").json()
        if {"/v1/visits", "/v1/priorities", "/v1/plans"} <= told["paths"].keys():
            path = folder / "openapi.json"
            path.write_text(json.dumps(told))
            return path
        time.sleep(0.2)
    raise AssertionError("the gateway did not hear of its services in 20 s")


@contextlib.contextmanager
def made_client(document: Path) -> Iterator[Path]:
    """Make the client, to be imported in the block; a warning would be something left out."""
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
    try:
        yield folder / "ronde_client"
    finally:
        sys.path.remove(str(folder))
        # Whoever makes the next one is not to be given this one's.
        for name in [it for it in sys.modules if it.partition(".")[0] == "ronde_client"]:
            del sys.modules[name]


class Client:
    """The client: operations by tag and name, and its messages."""

    def __init__(self, url: str, token: str) -> None:
        package = importlib.import_module("ronde_client")
        self.messages: ModuleType = importlib.import_module("ronde_client.models")
        self._http = package.AuthenticatedClient(base_url=url, token=token, timeout=60)

    def close(self) -> None:
        self._http.get_httpx_client().close()

    def answer(self, operation: str, *values: object, **named: object) -> Any:
        module = importlib.import_module(f"ronde_client.api.{operation}")
        return module.sync_detailed(*values, client=self._http, **named)

    def told(self, operation: str, *values: object, **named: object) -> Any:
        answer = self.answer(operation, *values, **named)
        assert answer.status_code < 300, answer.content
        assert answer.parsed is not None, f"{operation} answers {answer.status_code}, untold"
        return answer.parsed

    def until(self, look: Callable[[], Any]) -> Any:
        for _ in range(300):
            if (found := look()) is not None:
                return found
            time.sleep(0.2)
        raise AssertionError("it did not come in a minute")
