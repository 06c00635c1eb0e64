"""Wait for a child process without blocking the event loop."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from shared.child import Child, Progress

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
OnProgress = Callable[[float, str], Awaitable[None]]

# Between two reports handed on: each is a write to the database.
PROGRESS_INTERVAL_S = 0.5
KILL_AFTER_S = 5.0


class ReadyChildren:
    """One child for each of some targets that has loaded it before anybody asks.

    For calls that people wait for: loading a solver takes longer than its work on a day's rounds.

    Parameters
    ----------
    prepare : by target, "module:function", the function to be called once beforehand
    """

    def __init__(self, prepare: Mapping[str, str]) -> None:
        self._prepare = dict(prepare)
        self._ready: dict[str, Child] = {}
        self._is_open = False

    def open(self) -> None:
        """Begin to keep them; call it in the main thread, with which they end."""
        self._is_open = True
        self.refill()

    def refill(self) -> None:
        """Start those that are missing."""
        for target, prepare in self._prepare.items():
            if not self._is_open or target in self._ready:
                continue
            try:
                self._ready[target] = Child(target, prepare=prepare)
            except OSError:
                logger.warning("no process can be made ready", exc_info=True)

    def take(self, target: str) -> Child:
        """Give the child that is ready for a target, or a new one."""
        child = self._ready.pop(target, None)
        if child is not None and child.has_ended:
            child.close()
            child = None
        return child or Child(target)

    def close(self) -> None:
        """End those that nobody took, and keep no more."""
        self._is_open = False
        while self._ready:
            self._ready.popitem()[1].close()


async def run_child(
    target: str, *args: object, on_progress: OnProgress, ready: ReadyChildren | None = None
) -> object:
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
    child = Child(target) if ready is None else ready.take(target)
    try:
        return await _ran(_Call(child, args), on_progress)
    finally:
        if ready is not None:
            ready.refill()


async def _ran(call: "_Call", on_progress: OnProgress) -> object:
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
