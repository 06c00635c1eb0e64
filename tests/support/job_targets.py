"""Functions that tests run in child processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from shared.child import Child, JobFailed

Report = Callable[[float, str], None]


class PickyError(Exception):
    """Cannot be made again from its arguments, so pickle cannot carry it."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def double(_report: Report, values: np.ndarray) -> np.ndarray:
    return values * 2


def where(_report: Report) -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "group": os.getpgid(0),
        "modules": sorted(sys.modules),
        "interrupt": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
    }


def count(report: Report, steps: int, pause_s: float) -> int:
    for step in range(steps):
        report(step / steps, f"step {step}")
        time.sleep(pause_s)
    return steps


def flood(report: Report, reports: int) -> int:
    for number in range(reports):
        report(number / reports, "counting")
    return reports


def sleep(report: Report, pid_file: str, seconds: float) -> None:
    Path(pid_file).write_text(str(os.getpid()))
    report(0.5, "sleeping")
    time.sleep(seconds)


def deaf(report: Report, pid_file: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleep(report, pid_file, 60)


def with_family(_report: Report, pid_file: str) -> None:
    """Start a plain grandchild, and one through the same door."""
    plain = subprocess.Popen(["sleep", "60"])
    child = Child("job_targets:sleep", own_group=False)
    Path(pid_file).write_text(f"{os.getpid()} {plain.pid} {child.pid}")
    child.run(f"{pid_file}.grandchild", 60.0, on_progress=lambda _: None)


def kill_self(_report: Report) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(_report: Report) -> None:
    sys.exit(3)


def fail(_report: Report, sentence: str) -> None:
    raise JobFailed(sentence)


def fail_pickily(_report: Report) -> None:
    raise PickyError("this", "that")


def unsendable(_report: Report) -> object:
    return lambda: None


def stop_iteration(_report: Report) -> None:
    raise StopIteration("odd")


def linger(_report: Report) -> str:
    """Answer, then do not go: a thread that never ends keeps the interpreter."""
    import threading

    threading.Thread(target=time.sleep, args=(60,)).start()
    return "answered"


PREPARATIONS: list[str] = []


def prepare() -> None:
    PREPARATIONS.append("prepared")


def kill_us() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def prepared(_report: Report) -> tuple[int, list[str]]:
    return os.getpid(), PREPARATIONS
