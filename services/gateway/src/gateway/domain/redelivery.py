"""When a message that did not arrive is sent again, and when it is given up."""

from datetime import datetime, timedelta

GIVEN_UP_AFTER = timedelta(days=3)
# After this many failures in a row it is the receiver that is away, not one message that it cannot
# take: one message at a time then asks whether it is back.
AWAY_AFTER = 3
_FIRST_S, _LONGEST_S, _LONGEST_QUIET_S = 5.0, 6 * 3600.0, 300.0
_MOST_ASKED_FOR_S = 86_400.0
_DOUBLINGS = 16


def pause(attempts: int, asked_for_s: float | None = None, *, share: float = 0.5) -> timedelta:
    """Return how long a message waits after its `attempts`-th failure.

    It doubles from 5 seconds to 6 hours, with up to a fifth more by `share` (0 to 1) so that not
    all come at once; a receiver that says how long (`Retry-After`) is heeded up to a day.
    """
    own_s = _doubled(attempts - 1, _LONGEST_S) * (1 + share / 5)
    return timedelta(seconds=max(own_s, _heeded(asked_for_s)))


def quiet(failures: int, asked_for_s: float | None = None) -> timedelta:
    """Return how long a receiver that failed so often in a row is left alone."""
    own_s = _doubled(failures - AWAY_AFTER, _LONGEST_QUIET_S) if failures >= AWAY_AFTER else 0.0
    return timedelta(seconds=max(own_s, _heeded(asked_for_s)))


def is_over(queued_at: datetime, now: datetime) -> bool:
    """Tell whether a message has waited so long that it is given up."""
    return now - queued_at >= GIVEN_UP_AFTER


def _doubled(times: int, most_s: float) -> float:
    return min(_FIRST_S * 2.0 ** min(times, _DOUBLINGS), most_s)


def _heeded(asked_for_s: float | None) -> float:
    return min(asked_for_s or 0.0, _MOST_ASKED_FOR_S)
