"""A loop that was asked to end ends, also where an error on the way hid that."""

import asyncio

import pytest

from shared.cancellation import pause


async def test_a_loop_ends_although_what_it_did_failed_when_it_was_cancelled():
    turns = []

    async def loop():
        while True:
            turns.append(1)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                # As when the connection is cut under a query that is taken back.
                with pytest.raises(OSError, match="cut"):
                    raise OSError("cut") from None
            await pause(60)

    task = asyncio.create_task(loop())
    await asyncio.sleep(0.01)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=10)
    assert done == {task}
    assert task.cancelled()
    assert len(turns) == 1


async def test_a_loop_that_nobody_ends_goes_on():
    await pause(0)
