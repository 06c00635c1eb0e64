"""When to stop asking a service that does not answer, and when to try it again."""

from dataclasses import dataclass

# Failures in a row, without an answer between them: one slow operation among sound ones is none.
FAILURES = 5
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 30.0


@dataclass(slots=True)
class Breaker:
    """Counts failures in a row; once open, lets one request at a time try after a pause.

    Closed, it lets all pass. Each trial that fails doubles the pause, up to the longest; the first
    that is answered closes it. A trial that hangs as long as a pause does not keep others from
    trying. Times are seconds of one clock that never goes back.
    """

    failures: int = 0
    pause_s: float = FIRST_PAUSE_S
    opened_at: float | None = None
    tried_at: float | None = None

    def wait_s(self, now: float) -> float:
        """Return how long a request must wait; 0 lets it pass, and makes it the trial if open."""
        if self.opened_at is None:
            return 0.0
        since = self.opened_at if self.tried_at is None else self.tried_at
        left = since + self.pause_s - now
        if left > 0:
            return left
        self.tried_at = now
        return 0.0

    def succeed(self) -> None:
        """Note an answer, whatever it says."""
        if self.failures:
            self.failures, self.pause_s = 0, FIRST_PAUSE_S
            self.opened_at = self.tried_at = None

    def fail(self, now: float) -> None:
        """Note that no answer came."""
        self.failures += 1
        if self.tried_at is not None:
            self.pause_s = min(2 * self.pause_s, LONGEST_PAUSE_S)
            self.opened_at, self.tried_at = now, None
        elif self.failures >= FAILURES and self.opened_at is None:
            self.opened_at = now

    def give_up(self) -> None:
        """Note that the caller left before it was known: another may be the trial."""
        self.tried_at = None


@dataclass(slots=True)
class RetryBudget:
    """Lets a share of requests be repeated, so that retries never multiply a service's trouble."""

    share: float = 0.1
    most: float = 10.0
    saved: float = 2.0

    def earn(self) -> None:
        """Count a request."""
        if self.saved < self.most:
            self.saved += self.share

    def spend(self) -> bool:
        """Take a retry out of the budget; tell whether there was one."""
        # The sum of many tenths is a little less than whole.
        if self.saved < 1.0 - 1e-9:
            return False
        self.saved -= 1.0
        return True
