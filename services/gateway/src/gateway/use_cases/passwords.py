"""Passwords: kept as Argon2id, and checked beside the event loop, few at once."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.problems import invalid

SHORTEST, LONGEST = 12, 200
# RFC 9106's second choice, which the library has as its default: 64 MiB for some 50 ms.
_hasher = PasswordHasher()
# Each takes 64 MiB while it runs.
_at_once = asyncio.Semaphore(2)
# Verified for an address nobody has, so that the time to refuse tells nothing.
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$cm9uZGUtbm9ib2R5LXM$" + "A" * 43


async def hashed(password: str) -> str:
    """Return what is kept of a password."""
    async with _at_once:
        return await asyncio.to_thread(_hasher.hash, password)


async def is_right(password: str, kept: str | None) -> bool:
    """Tell whether a password is the one kept; takes as long when none is."""
    async with _at_once:
        return await asyncio.to_thread(_verify, password, kept)


def _verify(password: str, kept: str | None) -> bool:
    try:
        _hasher.verify(kept or _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def check(password: str, email: str) -> None:
    """Refuse a password that is easily guessed.

    Raises
    ------
    Problem : 422, naming the field
    """
    name = email.partition("@")[0]
    if len(set(password)) < SHORTEST // 2 or (len(name) > 3 and name in password.casefold()):  # noqa: PLR2004 - shorter names are in many words
        raise invalid(
            "/password",
            "Too easily guessed: use several words, none of them your address.",
        )
