"""Answers that lack a part because a service is away, and say so."""

from collections.abc import Awaitable
from typing import TypeVar

from gateway.clients.services import is_away
from shared.problems import Problem

Answer = TypeVar("Answer")


async def or_missing(service: str, asked: Awaitable[Answer], missing: list[str]) -> Answer | None:
    """Return what a service says; None, and its name in `missing`, when it is away.

    Raises
    ------
    Problem : what the service refuses
    """
    try:
        return await asked
    except Problem as problem:
        if not is_away(problem):
            raise
        if service not in missing:
            missing.append(service)
        return None
