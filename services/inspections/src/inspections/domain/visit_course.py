"""The states of a visit, and which step leads from which to which."""

from datetime import datetime, timedelta

PLANNED, EN_ROUTE, CANCELLED = "planned", "en_route", "cancelled"
# Why a visit is cancelled whose plan was withdrawn; accepting the plan again plans it again.
PLAN_WITHDRAWN = "plan withdrawn"
# Why one is that its plan, revised, no longer makes; a later revision may make it again.
PLAN_REVISED = "plan revised"
# States in which a visit is still to come.
AHEAD = (PLANNED, EN_ROUTE)
STEPS = {
    PLANNED: (EN_ROUTE, CANCELLED),
    EN_ROUTE: (PLANNED, CANCELLED),
}
LONGEST = timedelta(hours=24)


class StepError(ValueError):
    """A step that the state of the visit does not allow; the message says what would be right."""


class TimesError(ValueError):
    """Times no visit can have; `field` names the one that is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def check_step(state: str, to: str, reason: str | None) -> bool:
    """Tell whether a step changes anything.

    Raises
    ------
    StepError : the state does not allow it, or a cancellation has no reason
    """
    if state == to:
        return False
    if to not in STEPS.get(state, ()):
        raise StepError(f"the visit is {state}; it cannot become {to}")
    if to == CANCELLED and reason is None:
        raise StepError("say why the visit is cancelled, in reason")
    return True


def check_times(started_at: datetime, ended_at: datetime | None, now: datetime) -> None:
    """Refuse times that lie in the future, run backwards or last longer than a day.

    Raises
    ------
    TimesError : naming the field
    """
    if started_at > now:
        raise TimesError("started_at", "lies in the future; check the device's clock")
    if ended_at is None:
        return
    if ended_at > now:
        raise TimesError("ended_at", "lies in the future; check the device's clock")
    if not started_at < ended_at <= started_at + LONGEST:
        raise TimesError("ended_at", "must be after started_at, by 24 hours at the most")


def allowed_actions(state: str) -> list[str]:
    """Name what may be done with a visit in this state."""
    steps = list(STEPS.get(state, ()))
    times = [] if state == CANCELLED else ["times"]
    change = ["change"] if state == PLANNED else []
    inspect = ["inspect"] if state in AHEAD else []
    return [*steps, *change, *inspect, *times]
