"""Kills of the whole system: nothing acknowledged is lost, nothing is left running."""

import threading
import time
import uuid

import httpx
import pytest
import record
from system import is_alive, new_system

pytestmark = pytest.mark.storm


def test_nothing_is_left_running_after_a_kill() -> None:
    with new_system() as system:
        family = system.family()
        assert len(family) > 5, "the database's processes are part of the family"
        system.kill()
        until = time.monotonic() + 5
        while any(map(is_alive, family)) and time.monotonic() < until:
            time.sleep(0.05)
        assert [pid for pid in family if is_alive(pid)] == []


class Writer(threading.Thread):
    """Records inspections until told to stop, and remembers those that were acknowledged."""

    def __init__(self, client: httpx.Client, place: str) -> None:
        super().__init__()
        self.client = client
        self.place = place
        self.acknowledged: list[str] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            instance = str(uuid.uuid4())
            try:
                answer = self.client.post(
                    "/v1/inspections", json=record.inspection(self.place, instance_id=instance)
                )
            except httpx.HTTPError:
                return
            if answer.status_code == 201:
                self.acknowledged.append(answer.json()["id"])


def test_ten_kills_under_writes_lose_nothing_acknowledged() -> None:
    acknowledged: list[str] = []
    with new_system() as system:
        place = (
            system.client()
            .post("/v1/accommodations", json=record.accommodation(1))
            .raise_for_status()
            .json()["id"]
        )
        for turn in range(10):
            writers = [Writer(system.client(), place) for _ in range(4)]
            for writer in writers:
                writer.start()
            time.sleep(0.5 + turn * 0.07)
            system.kill()
            for writer in writers:
                writer.stopping.set()
                writer.join()
                acknowledged += writer.acknowledged
            system.start()
        client = system.client()
        lost = [it for it in acknowledged if client.get(f"/v1/inspections/{it}").status_code != 200]
    assert len(acknowledged) > 50
    assert lost == []
