"""Import tables through the public door, and follow the import to its end."""

import asyncio
import time
from pathlib import Path

import httpx

REAL = Path(__file__).parents[3] / "shared" / "data" / "inspections"


async def sent(client: httpx.AsyncClient, content: bytes, name: str = "table") -> dict:
    """Send a file and return what it seems to be."""
    answer = await client.post("/v1/import-files", params={"name": name}, content=content)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def run_import(
    client: httpx.AsyncClient, content: bytes, mapping: dict, **asked: object
) -> dict:
    """Import a table by a mapping and return the report."""
    file = await sent(client, content)
    return await run_file(client, file["id"], mapping, **asked)


async def run_file(client: httpx.AsyncClient, file_id: str, mapping: dict, **asked: object) -> dict:
    """Import a file that was sent by a mapping and return the report."""
    body = {"file_id": file_id, "mapping": mapping} | asked
    answer = await client.post("/v1/imports", json=body)
    assert answer.status_code == 202, answer.text
    return await followed(client, answer.headers["location"])


async def followed(client: httpx.AsyncClient, location: str, within_s: float = 60) -> dict:
    """Wait for the end of an import."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        run = (await client.get(location)).json()
        if run["job"]["state"] in {"done", "failed", "cancelled"}:
            return run
        await asyncio.sleep(0.05)
    raise TimeoutError(f"the import does not end: {run['job']}")


async def problems(client: httpx.AsyncClient, run: dict) -> list[dict]:
    """Read why lines were not taken."""
    answer = await client.get(f"/v1/imports/{run['id']}/problems", params={"limit": 1000})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]
