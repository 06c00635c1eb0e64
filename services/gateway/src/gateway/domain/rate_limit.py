"""How fast a caller may ask: the generic cell rate algorithm, one number per caller."""

from collections import OrderedDict
from dataclasses import dataclass, field

# Times are fractions of seconds, whose sums are not exact.
_INEXACT = 1e-9


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a second for long, and so many at once after a rest."""

    per_s: float
    burst: int

    @property
    def policy(self) -> bytes:
        """Tell it as the header `RateLimit-Policy` does: the burst, and seconds to regain it."""
        return b'"caller";q=%d;w=%d' % (self.burst, max(round(self.burst / self.per_s), 1))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a caller; `wait_s` is 0 when the request may pass."""

    left: int
    wait_s: float
    full_in_s: float


@dataclass(slots=True)
class Limiter:
    """Remembers, for each caller, when all it asked would be paid for at its steady rate.

    It lives in the memory of one process: with several replicas a caller has the rate once at each.
    Times are seconds of one clock that never goes back.
    """

    most_callers: int = 100_000
    _paid_at: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def take(self, caller: str, rate: Rate, now: float) -> Allowance:
        """Count a request of `caller`, unless it comes too early."""
        step = 1.0 / rate.per_s
        paid_at = max(self._paid_at.get(caller, now), now) + step
        credit_s = now + rate.burst * step - paid_at
        if credit_s < -_INEXACT:
            return Allowance(0, -credit_s, paid_at - step - now)
        self._paid_at[caller] = paid_at
        self._paid_at.move_to_end(caller)
        # Who asked least lately goes first; one at a time, so that a crowd of strangers costs
        # nobody a walk over all.
        if len(self._paid_at) > self.most_callers:
            self._paid_at.popitem(last=False)
        return Allowance(int(credit_s / step + _INEXACT), 0.0, paid_at - now)
