"""A second gateway beside that of a demo, and both asked in turn."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
from turns import Turns, turns_between

from shared.postgres import PORT
from shared.serve import listen, read_state

# The demo's own identity provider, which is one in production too.
PROVIDER = ("demo/",)


def address_of(opened: socket.socket) -> dict[str, str]:
    """Tell a gateway that people reach it at a socket."""
    return {"GATEWAY_PUBLIC_URL": f"http://127.0.0.1:{opened.getsockname()[1]}"}


@contextlib.contextmanager
def two_gateways(folder: Path, opened: socket.socket) -> Iterator[Turns]:
    """Run another gateway on the data of a demo that serves, and a balancer before the two.

    It is reached at a socket that listens, whose address the first gateway knows as its own.
    """
    running = read_state(folder)
    assert running is not None, "no demo serves there"
    with contextlib.closing(listen("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    second = f"http://127.0.0.1:{port}"
    with (
        subprocess.Popen(
            [sys.executable, "-m", "shared.cli", "service", "gateway"],
            env=os.environ | address_of(opened) | _environment(folder, running.urls, port),
        ) as process,
        httpx.Client(transport=httpx.HTTPTransport(retries=30), trust_env=False) as client,
    ):
        try:
            client.get(f"{second}/readyz").raise_for_status()
            with turns_between([running.gateway_url, second], PROVIDER, opened) as turns:
                yield turns
        finally:
            process.terminate()


def _environment(folder: Path, urls: dict[str, str], port: int) -> dict[str, str]:
    """Give the second gateway what the first has."""
    first = urls["gateway"]
    database = f"postgresql+psycopg://{{role}}@/gateway?host={folder}/postgres/socket&port={PORT}"
    secret = json.loads((folder / "key-secret.json").read_text())["gateway"]
    return {
        "GATEWAY_PORT": str(port),
        "GATEWAY_DEMO": "true",
        "GATEWAY_GATEWAY_URL": first,
        "GATEWAY_UPSTREAMS": json.dumps({k: v for k, v in urls.items() if k != "gateway"}),
        "GATEWAY_ISSUERS": json.dumps([first, f"{first}/access"]),
        "GATEWAY_DATABASE_URL": database.format(role="gateway"),
        "GATEWAY_SYSTEM_URL": database.format(role="gateway_system"),
        "GATEWAY_KEY_SECRET": secret,
    }
