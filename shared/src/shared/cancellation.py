"""Cancellation that got lost: what fails while a task ends hides it, and the task would go on."""

import asyncio


def heed_cancellation() -> None:
    """Raise `CancelledError` where the current task was asked to end."""
    task = asyncio.current_task()
    if task is not None and task.cancelling() > 0:
        raise asyncio.CancelledError


async def pause(seconds: float) -> None:
    """Sleep between two turns of a loop that runs until cancelled."""
    heed_cancellation()
    await asyncio.sleep(seconds)
