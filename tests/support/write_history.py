"""What writers asked for and what they were told, and what of it a database knows afterwards."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

GIVE_UP_S = 120.0
TIMEOUT_S = 15.0
# Every so many writes, what became of one is not asked again, as when a client dies.
ABANDONED = 5
Request = Callable[[str], tuple[str, dict[str, object], dict[str, str]]]


@dataclass(slots=True)
class Write:
    """A write under its key; `ids` are those it was acknowledged with, none if it never was."""

    key: str
    ids: list[str] = field(default_factory=list)
    attempts: int = 0


class Writer(threading.Thread):
    """Writes one thing after the other until told to stop, each until it is acknowledged."""

    def __init__(self, client: httpx.Client, request: Request, *, abandons: bool) -> None:
        super().__init__(name=request.__name__)
        client.timeout = TIMEOUT_S
        self.client = client
        self.request = request
        self.abandons = abandons
        self.history: list[Write] = []
        self.refused: list[str] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set() and not self.refused:
            self.history.append(Write(str(uuid4())))
            self._write(self.history[-1])

    def _write(self, write: Write) -> None:
        path, body, headers = self.request(write.key)
        until = time.monotonic() + GIVE_UP_S
        while not write.ids:
            write.attempts += 1
            try:
                answer = self.client.post(path, json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 300:
                write.ids.append(str(answer.json()["id"]))
            elif answer is not None and answer.status_code not in {502, 503, 504}:
                self.refused.append(f"{answer.status_code} {answer.text[:300]}")
                return
            elif self.abandons and len(self.history) % ABANDONED == 0:
                return
            elif time.monotonic() > until:
                self.refused.append(f"not acknowledged in {GIVE_UP_S} s: {path}")
                return
            else:
                time.sleep(0.05)
        # A repeat must tell the same, whatever was killed since.
        if write.attempts > 1:
            self._repeat(write, path, body, headers)

    def _repeat(
        self, write: Write, path: str, body: dict[str, object], headers: dict[str, str]
    ) -> None:
        try:
            answer = self.client.post(path, json=body, headers=headers)
        except httpx.TransportError:
            return
        if answer.status_code < 300:
            write.ids.append(str(answer.json()["id"]))


def faults_of(history: list[Write], kept: list[tuple[str, str]]) -> list[str]:
    """Compare what was acknowledged with the rows kept, each a key and an id.

    Acknowledged means kept, once, under the id told; what was not acknowledged may be kept, once.
    """
    times = Counter(key for key, _ in kept)
    ids: Mapping[str, str] = dict(kept)
    found = []
    for it in history:
        if len(set(it.ids)) > 1:
            found.append(f"{it.key} was told as {it.ids}")
        if it.ids and ids.get(it.key) != it.ids[0]:
            found.append(f"{it.key} was acknowledged as {it.ids[0]}, kept as {ids.get(it.key)}")
    found += [f"{key} is kept {number} times" for key, number in times.items() if number > 1]
    unknown = times.keys() - {it.key for it in history}
    return found + [f"{key} was asked for by nobody" for key in sorted(unknown)]
