"""Importing five years of findings, beside COPY into the same tables with all their constraints."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from importing import followed, sent
from record import accommodation

from inspections.main import create_app, run_worker
from inspections.settings import Settings
from shared.testing import in_process, token

pytestmark = pytest.mark.bench

PLACES, VISITS, FINDINGS = 600, 30_000, 126_000
ITEMS = ("mould", "leak", "heating", "wires", "pest_bedbugs", "noise", "clean_room")
# What an import fills, in the order of what refers to what.
TABLES = ("visit", "inspection", "anomaly", "finding", "anomaly_step", "inspection_room", "event")
MAPPING = {
    "kind": "findings",
    "columns": {
        "place": "hotel",
        "occurred_at": "date",
        "time": "heure",
        "item": "critere",
        "severity": "gravite",
        "room": "chambre",
        "note": "remarque",
    },
}


def table() -> bytes:
    """Write 126,000 findings of 30,000 visits over five years, as an old table has them."""
    start = datetime(2021, 1, 4, 9, tzinfo=UTC)
    lines = ["hotel;date;heure;critere;gravite;chambre;remarque"]
    for n in range(FINDINGS):
        visit, slot = n % VISITS, n // VISITS
        place, day = visit % PLACES, start + timedelta(days=1825 * visit / VISITS)
        item = ITEMS[(place + slot * 3 + visit // PLACES // 3) % len(ITEMS)]
        lines.append(
            f"TEST-{place:04};{day:%d/%m/%Y};{8 + visit % 10}h{visit % 60:02};{item};"
            f"{1 + (place + slot) % 3};{slot * 5};à revoir"
        )
    return "\n".join(lines).encode()


def copied(database, organisation) -> tuple[float, int]:
    """Take the rows out and put them back by COPY; give the seconds that took, and the rows."""
    kept: dict[str, bytes] = {}
    with database.administer() as connection:
        for name in TABLES:
            query = f"copy (select * from {name} where organisation = '{organisation}') to stdout"
            with connection.cursor().copy(query) as copy:
                kept[name] = b"".join(bytes(it) for it in copy)
        # Statistics taken in the middle would find no rows in many pages, and have each reference
        # checked by a walk over all rows: COPY then takes many minutes.
        for name in TABLES:
            connection.execute(f"alter table {name} set (autovacuum_enabled = false)")
        connection.execute(f"truncate {', '.join(TABLES)}, revision cascade")
        connection.commit()
        # As for the import, every change is kept as a revision and queued to be searched.
        connection.execute("select set_config('app.organisation', %s, false)", [str(organisation)])
        started = time.perf_counter()
        for name, rows in kept.items():
            with connection.cursor().copy(f"copy {name} from stdin") as copy:
                copy.write(rows)
        connection.commit()
        took_s = time.perf_counter() - started
    return took_s, sum(rows.count(b"\n") for rows in kept.values())


@pytest.mark.timeout(1200)
async def test_findings_come_in_at_three_tenths_of_the_rate_of_copy_or_faster(database, tmp_path):
    here = database("inspections")
    settings = Settings(**here.settings(), blobs_url=f"file://{tmp_path}/blobs")
    organisation = uuid4()
    async with in_process(create_app(settings)) as client:
        client.headers["Authorization"] = f"Bearer {token('manager', organisation=organisation)}"
        for n in range(PLACES):
            answer = await client.post("/v1/accommodations", json=accommodation(n))
            answer.raise_for_status()
        work = asyncio.create_task(run_worker(settings))
        file = await sent(client, table())
        body = {"file_id": file["id"], "mapping": MAPPING}
        started = time.perf_counter()
        answer = await client.post("/v1/imports", json=body)
        run = await followed(client, answer.headers["location"], within_s=900)
        import_s = time.perf_counter() - started
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
    assert (run["job"]["state"], run["created"]) == ("done", FINDINGS), run["job"]
    copy_s, rows = await asyncio.to_thread(copied, here, organisation)
    print(
        f"\n{FINDINGS} findings ({rows} rows): import {import_s:.1f} s, "
        f"{FINDINGS / import_s:.0f}/s; COPY {copy_s:.1f} s, {FINDINGS / copy_s:.0f}/s; "
        f"ratio {copy_s / import_s:.2f}"
    )
    assert copy_s / import_s >= 0.3
