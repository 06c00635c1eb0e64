"""Run a function in a process of its own, which never outlives the one that started it.

Both ends are here. The far end imports this module before anything else, so it imports the
standard library alone: a child is at work after 0.1 s, not after the seconds a service takes.
"""

import atexit
import contextlib
import ctypes
import importlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, BinaryIO, Protocol, cast

PR_SET_PDEATHSIG = 1
# What a child reports more often than this is of no use to a reader, unless its words change.
REPORT_INTERVAL_S = 0.1
# A child that has delivered may still have exit handlers to run.
FAREWELL_S = 2.0
ENTRY = "import sys; from shared.child import main; main(int(sys.argv[1]), int(sys.argv[2]))"

Report = Callable[[float, str], None]


class JobFailed(Exception):  # noqa: N818 - the field's own word for it
    """The job cannot succeed, however often it is tried; the message is for people to read."""


class ChildDied(Exception):  # noqa: N818 - likewise
    """The child ended without an answer: killed, out of memory, or crashed in native code."""

    def __init__(self, returncode: int) -> None:
        super().__init__(returncode)
        self.returncode = returncode

    def __str__(self) -> str:
        if self.returncode < 0:
            return f"the calculation was killed by signal {-self.returncode}"
        return f"the calculation ended with code {self.returncode} and no answer"


class ChildError(Exception):
    """The child's function raised an exception that cannot be carried over; its text is."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The share done, 0 to 1, and what the child is doing."""

    share: float
    message: str


@dataclass(frozen=True, slots=True)
class _Answer:
    value: object


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BaseException


class _Target(Protocol):
    def __call__(self, report: Report, /, *args: object) -> object: ...


class Child:
    """A process that calls `target`, "module:function", with a `report` function and `args`.

    It loads the target at once, and calls `prepare`, "module:function" without arguments, if one
    is named; the call itself comes with `run`.

    It is killed with the thread that makes this object: make it in the main thread, or in one
    that stays. It leads a process group, so that a signal reaches what it starts in its turn;
    a child made with `own_group=False` stays in the group of its parent, itself a child. What a
    child starts by other means outlives a SIGKILL of us all.
    """

    def __init__(self, target: str, *, own_group: bool = True, prepare: str | None = None) -> None:
        self._own_group = own_group
        self._ended = False
        self._lock = threading.Lock()
        ours, theirs = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", ENTRY, str(theirs), str(os.getpid())],
                stdin=subprocess.PIPE,
                pass_fds=(theirs,),
                start_new_session=own_group,
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self._answers = os.fdopen(ours, "rb")
        self._orders = cast("IO[bytes]", self._process.stdin)
        # A child that is dead already is found out by its silence.
        with contextlib.suppress(BrokenPipeError):
            pickle.dump((sys.path, target, prepare), self._orders)
            self._orders.flush()

    @property
    def pid(self) -> int:
        """The process, and its group when it has its own."""
        return self._process.pid

    def run(self, *args: object, on_progress: Callable[[Progress], None]) -> object:
        """Send the arguments, wait for the answer, and leave no process behind.

        Blocks for as long as the child works, so it is called in a thread of its own.

        Raises
        ------
        ChildDied : the child ended without an answer
        Exception : what the target raised
        """
        try:
            with self._answers:
                self._send(args)
                answer = self._receive(on_progress)
        finally:
            returncode = self._end()
        if answer is None:
            raise ChildDied(returncode)
        if isinstance(answer, _Failure):
            raise answer.error
        return answer.value

    @property
    def has_ended(self) -> bool:
        """Say whether the process is gone, called or not."""
        seen = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return self._ended or os.waitid(os.P_PID, self.pid, seen) is not None

    def close(self) -> None:
        """End a child that was never asked to run."""
        self.send_signal(signal.SIGKILL)
        self._end()
        self._answers.close()
        with contextlib.suppress(BrokenPipeError):
            self._orders.close()

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the child and its group, unless it has ended."""
        with self._lock:
            if not self._ended:
                self._signal(number)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._own_group:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)

    def _send(self, args: tuple[object, ...]) -> None:
        with contextlib.suppress(BrokenPipeError), self._orders:
            pickle.dump(args, self._orders, protocol=pickle.HIGHEST_PROTOCOL)

    def _receive(self, on_progress: Callable[[Progress], None]) -> _Answer | _Failure | None:
        while True:
            try:
                message = pickle.load(self._answers)  # noqa: S301 - from our own child
            except (EOFError, pickle.UnpicklingError):
                return None
            if not isinstance(message, Progress):
                return cast("_Answer | _Failure", message)
            on_progress(message)

    def _end(self) -> int:
        """Wait for the child, then kill what is left of its group while its id is still taken."""
        until = time.monotonic() + FAREWELL_S
        seen = os.WEXITED | os.WNOWAIT
        while os.waitid(os.P_PID, self.pid, seen | os.WNOHANG) is None:
            if time.monotonic() > until:
                self.send_signal(signal.SIGKILL)
                os.waitid(os.P_PID, self.pid, seen)
                break
            time.sleep(0.005)
        with self._lock:
            self._signal(signal.SIGKILL)
            self._ended = True
            return self._process.wait()


def main(answers: int, parent: int) -> None:
    """Be the child: take the call from standard input, write reports and the answer to a pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent died before it could be asked to take us along.
        sys.exit(1)
    os.set_inheritable(answers, False)
    with os.fdopen(answers, "wb") as stream:
        _answer(stream)
    # Whoever asked waits for our end: to take the interpreter apart would take another 0.3 s.
    atexit._run_exitfuncs()  # noqa: SLF001 - nothing else runs them and leaves
    os._exit(0)


def _answer(stream: BinaryIO) -> None:
    message = _call(_Reports(stream))
    try:
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - raised again in the parent
        data = pickle.dumps(_Failure(_portable(error)))
    stream.write(data)
    stream.flush()


def _call(report: Report) -> _Answer | _Failure:
    try:
        sys.path[:], target, prepare = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
        function: _Target = _loaded(target)
        if prepare is not None:
            _loaded(prepare)()
        args = pickle.load(sys.stdin.buffer)  # noqa: S301 - likewise
        return _Answer(function(report, *args))
    except Exception as error:  # noqa: BLE001 - raised again in the parent
        return _Failure(_portable(error))


def _loaded(name: str) -> Callable[..., object]:
    module, _, function = name.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), function)
    return found


def _portable(error: Exception) -> Exception:
    """Return what the parent can raise: the error itself, or its text where pickle fails."""
    trace = traceback.format_exc()
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - whatever its class does, its text goes over
        error = ChildError(f"{type(error).__name__}: {error}")
    error.add_note(f"In the child:\n{trace}")
    return error


class _Reports:
    """The `report` a target is given; it may be called from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._message: str | None = None
        self._due_at = 0.0

    def __call__(self, share: float, message: str) -> None:
        now = time.monotonic()
        with self._lock:
            if message == self._message and now < self._due_at:
                return
            self._message, self._due_at = message, now + REPORT_INTERVAL_S
            pickle.dump(Progress(float(share), message), self._stream)
            self._stream.flush()
