"""Write what others may be writing at the same time."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

Done = TypeVar("Done")

# Each failed attempt means that another sender got ahead, so more than a few are a storm of them.
ATTEMPTS = 8


async def until_unique(session: AsyncSession, write: Callable[[], Awaitable[Done]]) -> Done:
    """Look up what is there and write the rest, again when somebody wrote some of it meanwhile.

    What they wrote is committed by then, so the next attempt finds it.

    Raises
    ------
    IntegrityError : when every attempt was overtaken
    """
    for _ in range(ATTEMPTS - 1):
        try:
            async with session.begin_nested():
                return await write()
        except IntegrityError:
            continue
    return await write()
