"""Wait for a child process without blocking the event loop."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.child import Child, Progress

Value = TypeVar("Value")
OnProgress = Callable[[float, str], Awaitable[None]]

# Between two reports handed on: each is a write to the database.
PROGRESS_INTERVAL_S = 0.5
KILL_AFTER_S = 5.0


async def run_child(target: str, *args: object, on_progress: OnProgress) -> object:
    """Call `target`, "module:function", with `args` in a child process; return what it returns.

    The target's first parameter is its `report(share, message)`. Arguments and result travel by
    pickle. Cancelling this call ends the child and what it started: by SIGTERM, and by SIGKILL
    when it has not ended after 5 seconds.

    Raises
    ------
    ChildDied : the child ended without an answer
    Exception : what the target raised, or what `on_progress` raised
    """
    # The kernel ties the child's life to the thread that starts it, so not in a pool's.
    call = _Call(Child(target), args)
    try:
        while not call.ended.done():
            await call.news.wait()
            call.news.clear()
            if call.latest is not None and not call.ended.done():
                latest, call.latest = call.latest, None
                await on_progress(latest.share, latest.message)
                await asyncio.wait({call.ended}, timeout=PROGRESS_INTERVAL_S)
    finally:
        await call.end()
    result, error = call.ended.result()
    if error is not None:
        raise error
    return result


class _Call:
    """A child's run in a thread of its own, which blocks on the pipes instead of the loop."""

    def __init__(self, child: Child, args: tuple[object, ...]) -> None:
        self.latest: Progress | None = None
        self.news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[tuple[object, BaseException | None]] = self._loop.create_future()
        self._child = child
        self._args = args
        threading.Thread(target=self._run, name=f"child {child.pid}", daemon=True).start()

    async def end(self) -> None:
        """Leave no process behind, whatever interrupts us."""
        if self.ended.done():
            return
        try:
            self._child.send_signal(signal.SIGTERM)
            await asyncio.wait({self.ended}, timeout=KILL_AFTER_S)
        finally:
            self._child.send_signal(signal.SIGKILL)
        await asyncio.wait({self.ended})

    def _run(self) -> None:
        try:
            result = self._child.run(*self._args, on_progress=self._report)
        except BaseException as error:  # noqa: BLE001 - raised again on the loop
            self._post(self._finish, (None, error))
        else:
            self._post(self._finish, (result, None))

    def _report(self, progress: Progress) -> None:
        self._post(self._take, progress)

    def _post(self, callback: Callable[[Value], None], value: Value) -> None:
        # A loop that was closed meanwhile has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, value)

    def _take(self, progress: Progress) -> None:
        self.latest = progress
        self.news.set()

    def _finish(self, outcome: tuple[object, BaseException | None]) -> None:
        self.ended.set_result(outcome)
        self.news.set()
