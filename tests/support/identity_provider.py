"""A real OpenID Connect provider for tests: `oidc-provider`, run by node."""

import contextlib
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey

FILES = Path(__file__).parent / "provider"


@dataclass
class Provider:
    """The provider's process; `keys` are those it publishes, the first of which signs.

    `console` is the address to which its pages may send somebody back besides those of tests.
    """

    folder: Path
    port: int
    console: str = ""
    keys: list[ECKey] = field(default_factory=list)
    process: "subprocess.Popen[str] | None" = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *keys: ECKey) -> None:
        self.stop()
        file = self.folder / "keys.json"
        file.write_text(
            json.dumps({"keys": [it.as_dict(private=True) | {"use": "sig"} for it in keys]})
        )
        with (self.folder / "errors.log").open("a") as errors:
            self.process = subprocess.Popen(
                ["node", "provider.js", str(self.port), str(file), self.console],
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        said = self.process.stdout.readline().strip()
        assert said == self.issuer, (self.folder / "errors.log").read_text()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process.stdout.close()
            self.process = None

    def about(self) -> dict[str, str]:
        url = f"{self.issuer}/.well-known/openid-configuration"
        return httpx.get(url, trust_env=False).json()


def key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "alg": "ES256"})


@contextlib.contextmanager
def installed(folder: Path) -> Iterator[Provider]:
    """Install the provider, on a port of its own, and stop it at the end; skip without node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed, which the provider runs on")
    for file in FILES.iterdir():
        shutil.copy(file, folder)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"the provider could not be installed: {done.stderr[-300:]}")
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port = opened.getsockname()[1]
    made = Provider(folder, port)
    try:
        yield made
    finally:
        made.stop()
