"""Somebody who asks for little and wants an answer, whatever others do meanwhile."""

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator

import httpx
from system import System

PATHS = ("/v1/me", "/v1/accommodations?limit=1", "/v1/graphs", "/v1/scoring-policies")
TIMEOUT_S = 30.0


class Bystander(threading.Thread):
    """Asks every service in turn, each time by a new connection, until told to stop."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        super().__init__()
        self.url = url
        self.headers = headers
        self.stopping = threading.Event()
        self.waits_s: list[float] = []
        self.refused: list[str] = []

    @property
    def slowest_s(self) -> float:
        """The longest wait for an answer."""
        return max(self.waits_s, default=0.0)

    @property
    def usual_s(self) -> float:
        """The wait that one answer in a hundred passes, as when the machine has much else to do."""
        return statistics.quantiles(self.waits_s, n=100)[-1]

    def run(self) -> None:
        while not self.stopping.wait(0.05):
            path = PATHS[len(self.waits_s) % len(PATHS)]
            began = time.monotonic()
            try:
                answer = httpx.get(
                    self.url + path, headers=self.headers, timeout=TIMEOUT_S, trust_env=False
                )
                if answer.status_code != 200:
                    self.refused.append(f"{path}: {answer.status_code} {answer.text[:200]}")
            except httpx.HTTPError as error:
                self.refused.append(f"{path}: {error!r}")
            self.waits_s.append(time.monotonic() - began)


@contextlib.contextmanager
def bystander(ronde: System) -> Iterator[Bystander]:
    """Have somebody ask for the length of the block."""
    token = ronde.client().headers["Authorization"]
    asking = Bystander(ronde.running.gateway_url, {"Authorization": token})
    asking.start()
    try:
        yield asking
    finally:
        asking.stopping.set()
        asking.join()
