"""Writes with the moments between which each was committed, and what a backup must hold of them."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class Write:
    """A write that was acknowledged; moments by the monotonic clock."""

    key: str
    begun_at: float
    acknowledged_at: float


class Writer(threading.Thread):
    """Writes one thing after the other until told to stop; `write` gives the key of what it did."""

    def __init__(self, client: httpx.Client, write: Callable[[httpx.Client], str]) -> None:
        super().__init__()
        self.client = client
        self.write = write
        self.writes: list[Write] = []
        self.stopping = threading.Event()
        self.failure: httpx.HTTPError | None = None

    def run(self) -> None:
        """Write until told to stop, or until something fails."""
        while not self.stopping.is_set() and self.failure is None:
            begun_at = time.monotonic()
            try:
                key = self.write(self.client)
            except httpx.HTTPError as error:
                self.failure = error
            else:
                self.writes.append(Write(key, begun_at, time.monotonic()))


def mark_of(writes: list[Write], kept: set[str]) -> tuple[float, float]:
    """Give the moments between which a copy was made, had it been made at one moment.

    All that was acknowledged before the second is in it, all that is in it was begun before the
    first had passed. The second is before the first where there is no such moment: something that
    was acknowledged is missing.
    """
    return (
        max((it.begun_at for it in writes if it.key in kept), default=float("-inf")),
        min((it.acknowledged_at for it in writes if it.key not in kept), default=float("inf")),
    )
