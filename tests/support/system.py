"""A whole Ronde in a process of its own, as `ronde serve --demo` runs it, for the tests."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from shared.serve import Running, read_state

START_TIMEOUT_S = 180.0


@dataclass(slots=True)
class System:
    """A Ronde that keeps its data in `directory`, whatever happens to its process."""

    directory: Path
    demo: bool = True
    variables: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _clients: list[httpx.Client] = field(default_factory=list)

    def start(self) -> None:
        """Start the process and wait until every service is ready."""
        (self.directory / "ronde.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "shared.cli", "serve", "--port", "0"]
        command += ["--demo"] if self.demo else []
        with (self.directory / "stderr.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--directory", str(self.directory)],
                env=_unmeasured(os.environ) | self.variables,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + START_TIMEOUT_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                log = (self.directory / "stderr.log").read_text()[-3000:]
                raise RuntimeError(f"Ronde did not start: {log}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        running = read_state(self.directory)
        if running is None:
            return False
        with contextlib.suppress(httpx.HTTPError):
            return all(
                httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
                for url in running.urls.values()
            )
        return False

    @property
    def running(self) -> Running:
        """Where it answers."""
        found = read_state(self.directory)
        if found is None:
            raise RuntimeError("Ronde is not running")
        return found

    @property
    def pid(self) -> int:
        """The process that `ronde serve` is."""
        if self._process is None:
            raise RuntimeError("Ronde is not running")
        return self._process.pid

    def kill(self) -> None:
        """End the process at once, without a word to it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """Ask the process to end, and return its exit code."""
        for client in self._clients:
            client.close()
        self._clients.clear()
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def family(self) -> set[int]:
        """Return the processes that belong to it: descendants, and the database's."""
        return family_of(self.pid)

    def command(self, *arguments: str, **variables: str) -> str:
        """Run another command of `ronde` and return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "shared.cli", *arguments],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments} failed: {done.stderr}")
        return done.stdout

    def client(self, person: str = "coordinator", service: str = "gateway") -> httpx.Client:
        """Return a client of a service, with a person's token."""
        token = httpx.post(
            f"{self.running.gateway_url}/demo/token", data={"person": person}, trust_env=False
        ).raise_for_status()
        return self.client_with(token.json()["access_token"], service)

    def client_with(self, token: str, service: str = "gateway") -> httpx.Client:
        """Return a client of a service, with a token or a key."""
        client = httpx.Client(
            base_url=self.running.urls[service],
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        )
        self._clients.append(client)
        return client


def _unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave lines uncounted, which would make a start and all that follows half as long again."""
    return {k: v for k, v in environment.items() if not k.startswith("COVERAGE_PROCESS")}


def family_of(pid: int) -> set[int]:
    """Return a process and all that descend from it and live."""
    found = {pid}
    parents = _parents()
    grown = True
    while grown:
        born = {child for child, parent in parents.items() if parent in found} - found
        found |= born
        grown = bool(born)
    return found


def left_after(family: set[int], seconds: float) -> list[int]:
    """Return those of a family that still live, once all are gone or the seconds are over."""
    until = time.monotonic() + seconds
    while any(map(is_alive, family)) and time.monotonic() < until:
        time.sleep(0.05)
    return sorted(filter(is_alive, family))


def is_alive(pid: int) -> bool:
    """Tell whether a process lives; a zombie does not."""
    return pid in _parents()


def _parents() -> dict[int, int]:
    """Return the parent of each process that lives."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            if state not in {"Z", "X"}:
                found[int(entry.name)] = int(parent)
    return found


@contextlib.contextmanager
def new_system(*, demo: bool = True, **variables: str) -> Iterator[System]:
    """Run a new Ronde for the length of the block; its directory's path is short, for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as folder:
        # The database's own user must get in.
        Path(folder).chmod(0o711)
        system = System(Path(folder), demo, variables)
        try:
            system.start()
            yield system
        finally:
            system.stop()
