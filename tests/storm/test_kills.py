"""Kills of the whole system: nothing acknowledged is lost, nothing is left running."""

import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest
import record
from system import family_of, left_after, new_system

pytestmark = pytest.mark.storm

# What the installed `ronde` script does.
RONDE = "import sys; from shared.cli import main; sys.argv[0] = 'ronde'; main()"


def test_nothing_is_left_running_after_a_kill() -> None:
    with new_system() as system:
        family = system.family()
        assert len(family) > 5, "the database's processes are part of the family"
        system.kill()
        assert left_after(family, 5) == []


def test_nothing_is_left_running_after_a_demo_is_killed_while_it_loads() -> None:
    small = ["--places", "60", "--years", "1", "--port", "0"]
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as folder:
        # The database's own user must get in.
        Path(folder).chmod(0o711)
        command = [sys.executable, "-c", RONDE, "demo", *small, "--directory", f"{folder}/demo"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as demo:
            assert demo.stderr is not None
            assert "started" in demo.stderr.readline()
            # From here on the demo sends its places and their history.
            time.sleep(0.5)
            family = family_of(demo.pid)
            assert len(family) > 6, "the server and the database's processes belong to it"
            demo.kill()
        assert left_after(family, 5) == []


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
