"""How guessing passwords is slowed down, without giving a stranger the means to lock people out.

Failures are counted apart for a device that signed in before: whatever others do elsewhere, its
owner can go on. All locks end by themselves, and attempts during one do not prolong it.
"""

from dataclasses import dataclass

_FIRST_LOCK_S, _LONGEST_LOCK_S = 30.0, 900.0
# Failures after which each lock begins. One address may be a whole office; one account tried from
# everywhere is under attack.
_MOST_OF_PAIR, _MOST_OF_ADDRESS, _MOST_OF_ACCOUNT = 5, 40, 60


@dataclass(frozen=True, slots=True)
class Counted:
    """What failures are counted for, and how many it may have."""

    name: str
    most: int


def counted_for(email: str, address: str, device: str | None) -> list[Counted]:
    """List what an attempt counts for; `device` is one that signed in as `email` before."""
    if device is not None:
        return [Counted(f"device {email} {device}", _MOST_OF_PAIR)]
    return [
        Counted(f"pair {email} {address}", _MOST_OF_PAIR),
        Counted(f"address {address}", _MOST_OF_ADDRESS),
        Counted(f"account {email}", _MOST_OF_ACCOUNT),
    ]


def counted_for_owner(account: str) -> Counted:
    """Tell what counts for somebody signed in who is asked for the password again."""
    return Counted(f"owner {account}", _MOST_OF_PAIR)


def lock_s(failures: int, most: int) -> float:
    """Return how long no more attempts are taken: doubling with each failure, to a quarter hour."""
    if failures < most:
        return 0.0
    return min(_FIRST_LOCK_S * 2.0 ** min(failures - most, 10), _LONGEST_LOCK_S)
