"""A worker that is asked to end does so, at whatever moment of its start it is asked."""

import asyncio
from collections.abc import Callable

import pytest

from shared.service import services
from shared.testing import TestDatabase

WORKERS = sorted(name for name, it in services().items() if it.run_worker is not None)
# From before it connects until it works.
MOMENTS_S = [0.001 * n for n in range(60)]
NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize("name", WORKERS)
async def test_a_worker_ends_however_early_it_is_asked_to(
    database: Callable[[str], TestDatabase], tmp_path, name: str
) -> None:
    service = services()[name]
    settings = service.settings(
        **database(name).settings(), gateway_url=NOBODY, blobs_url=f"file://{tmp_path}"
    )
    for moment in MOMENTS_S:
        work = asyncio.create_task(service.run_worker(settings))
        await asyncio.sleep(moment)
        work.cancel()
        done, _ = await asyncio.wait({work}, timeout=20)
        assert done, f"asked to end after {moment} s, it goes on"
        assert work.cancelled()
