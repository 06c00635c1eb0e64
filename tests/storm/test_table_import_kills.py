"""Kills in the middle of an import: it goes on, and each row is in the record once."""

import asyncio
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest
from importing import followed, sent
from record import accommodation

from inspections.main import create_app
from inspections.settings import Settings
from shared.testing import in_process, token

pytestmark = pytest.mark.storm

WORKER = Path(__file__).parents[1] / "support" / "import_worker.py"
PLACES, ROWS, KILLS = 100, 24_000, 10
MAPPING = {
    "kind": "findings",
    "columns": {it: it for it in ("place", "occurred_at", "time", "item", "severity", "key")},
}


def table() -> bytes:
    """Write rows of which each two are an inspection, and some are wrong."""
    lines = ["place;occurred_at;time;item;severity;key"]
    for n in range(ROWS):
        visit = n // 2
        place = "nowhere" if n % 1000 in {10, 11} else f"TEST-{visit % PLACES:04}"
        day, hour = 1 + visit // PLACES % 28, 8 + visit // PLACES // 28
        item = ("mould", "leak")[n % 2]
        lines.append(f"{place};{day:02}/03/2024;{hour}:00;{item};{1 + n % 3};{n}")
    return "\n".join(lines).encode()


class Worker:
    """A worker that is started, and killed without a word."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.command = [sys.executable, str(WORKER), json.dumps(settings)]
        self.process = subprocess.Popen(self.command)

    def kill_and_start_again(self) -> None:
        """End the process at once, and let another take its place."""
        self.process.kill()
        self.process.wait()
        self.process = subprocess.Popen(self.command)


async def moved(client, location: str, before: int) -> int:
    """Wait until more rows are in the record than before; give how many."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        run = (await client.get(location)).json()
        done = run["created"] + run["rejected"]
        if done > before or run["job"]["state"] == "done":
            return done
        await asyncio.sleep(0.05)
    pytest.fail(f"the import stands still: {run}")


@pytest.mark.timeout(900)
async def test_an_import_killed_ten_times_takes_each_row_once(database, tmp_path):
    here = database("inspections")
    settings = {**here.settings(), "blobs_url": f"file://{tmp_path}/blobs"}
    draw, organisation = random.Random(11), uuid4()
    async with in_process(create_app(Settings(**settings))) as client:
        client.headers["Authorization"] = f"Bearer {token('manager', organisation=organisation)}"
        for n in range(PLACES):
            (await client.post("/v1/accommodations", json=accommodation(n))).raise_for_status()
        file = await sent(client, table())
        answer = await client.post("/v1/imports", json={"file_id": file["id"], "mapping": MAPPING})
        location = answer.headers["location"]
        worker = Worker(settings)
        try:
            done, kills = 0, 0
            while kills < KILLS:
                # While the file is read the first time, then anywhere between two batches.
                await asyncio.sleep(draw.uniform(0.3, 3.0) if kills == 0 else draw.uniform(0, 0.8))
                worker.kill_and_start_again()
                kills += 1
                done = await moved(client, location, done)
                assert done < ROWS, f"over after {kills} kills; make the table longer"
            run = await followed(client, location, within_s=300)
        finally:
            worker.process.kill()
            worker.process.wait()
    wrong = ROWS // 1000 * 2
    assert (run["job"]["state"], run["created"], run["rejected"]) == ("done", ROWS - wrong, wrong)
    with here.administer() as connection:
        counts = connection.execute(
            "select (select count(*) from finding), (select count(*) from inspection), "
            "(select count(distinct instance_id) from inspection), (select count(*) from visit), "
            "(select count(*) from event where kind = 'inspection.recorded'), "
            "(select count(*) from import_problem)"
        ).fetchone()
    inspections = (ROWS - wrong) // 2
    assert counts == (ROWS - wrong, inspections, inspections, inspections, inspections, wrong)
    print(f"\n{KILLS} kills, attempts: {run['job']['attempt']}")
