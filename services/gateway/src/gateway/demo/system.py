"""Start and stop the whole of Ronde in a process of its own, as `ronde serve --demo` does."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.serve import STATE_FILE, read_state

_START_S, _STOP_S = 90.0, 20.0
# A session of its own keeps Ctrl-C from reaching the services before we end them in order. Where we
# are killed nobody is left to wait for their orderly end, which may take long: they are killed too.
_LAUNCHER = """
import ctypes, os, signal, sys
os.setsid()
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
# The package has no `__main__`; this is what the installed `ronde` script does.
_RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; sys.exit(main())"


class DemoFailed(Exception):  # noqa: N818 - a sentence for the person at the terminal
    """The demo cannot go on; the message says why and what to do."""


@dataclass(slots=True)
class System:
    """A running Ronde."""

    directory: Path
    process: "subprocess.Popen[bytes]"
    url: str = ""
    seconds: float = 0.0

    def check(self) -> None:
        """Make sure it still runs.

        Raises
        ------
        DemoFailed : it ended by itself
        """
        if self.process.poll() is not None:
            raise DemoFailed(f"Ronde ended by itself: {self._last_words()}")

    def await_ready(self) -> None:
        """Wait until every service is ready.

        Raises
        ------
        DemoFailed : it ended, or it takes too long
        """
        began = time.monotonic()
        until = began + _START_S
        while not self._is_ready():
            self.check()
            if time.monotonic() > until:
                raise DemoFailed(
                    f"Ronde was not ready after {_START_S:.0f} s; see {self.directory}/ronde.log"
                )
            time.sleep(0.05)
        self.seconds = time.monotonic() - began

    def _is_ready(self) -> bool:
        running = read_state(self.directory)
        if running is None:
            return False
        self.url = running.gateway_url
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/health", trust_env=False).status_code == httpx.codes.OK
        return False

    def _last_words(self) -> str:
        said = (self.directory / "stderr.log").read_text(errors="replace").strip().splitlines()
        return said[-1] if said else f"see {self.directory}/ronde.log"

    def stop(self) -> None:
        """End it and wait until it has let go of its data."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def started(directory: Path, port: int) -> Iterator[System]:
    """Start Ronde on `directory` for the length of the block; it may not be ready yet."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / STATE_FILE).unlink(missing_ok=True)
    serve = ["serve", "--demo", "--directory", str(directory), "--port", str(port)]
    command = [sys.executable, "-c", _LAUNCHER, str(os.getpid()), "-c", _RONDE, *serve]
    with (directory / "stderr.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    system = System(directory, process)
    try:
        yield system
    finally:
        system.stop()
