"""Count no lines within greenlets: SQLAlchemy runs in them, and nothing of ours does.

Coverage can tell greenlets apart itself, but asks at each call and each return of any function
which one runs. Here it stops where one begins, and goes on where it ends or waits.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator

import coverage
import greenlet


def _starting_outside(start: Callable[[], object]) -> Callable[[str, tuple[object, object]], None]:
    """Give what is told of each switch of a thread, and counts lines outside its greenlets."""
    outside = greenlet.getcurrent()

    def switched(_event: str, origin_and_target: tuple[object, object]) -> None:
        if origin_and_target[1] is outside:
            start()
        else:
            sys.settrace(None)

    return switched


@contextlib.contextmanager
def greenlets_left_out() -> Iterator[None]:
    """Leave greenlets out of what is measured until the end of the block, if anything is."""
    measured = coverage.Coverage.current()
    if measured is None:
        yield
        return
    collector = measured._collector
    start_tracer, ask = collector._start_tracer, collector.concur_id_func

    def start_in_thread() -> object:
        tracer = start_tracer()
        greenlet.settrace(_starting_outside(tracer.start))
        return tracer

    tracer = collector.tracers[0]
    tracer.concur_id_func = collector.concur_id_func = None
    collector._start_tracer = start_in_thread
    greenlet.settrace(_starting_outside(tracer.start))
    yield
    greenlet.settrace(None)
    collector._start_tracer = start_tracer
    tracer.concur_id_func = collector.concur_id_func = ask
