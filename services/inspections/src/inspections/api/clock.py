"""The time of a request, as a dependency: a test puts another clock in its place."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends


async def current_moment() -> datetime:
    """Tell the time, UTC."""
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(current_moment)]
