"""What the worker gives its handlers, as `Job.services`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import httpx

from gateway.clients.services import Services, is_away
from shared.http import ActingFor
from shared.jobs import Job, JobFailed
from shared.problems import Problem

Answer = TypeVar("Answer")
# A restart of a service takes seconds, of a machine minutes.
PATIENCE_S = 600.0
PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class WorkerServices:
    """The services, and the gateway's own identity towards them."""

    services: Services
    identity: httpx.Auth

    def acting_for(self, job: Job, territories: Sequence[str]) -> ActingFor:
        """Give what makes a call one for the person who asked for a job."""
        return ActingFor(
            self.identity,
            organisation=job.organisation,
            subject=job.subject,
            territories=territories,
        )


async def patiently(
    job: Job, ask: Callable[[], Awaitable[Answer]], *, patience_s: float = PATIENCE_S
) -> Answer:
    """Ask a service, again while it is away: what was begun must not end by a restart.

    Raises
    ------
    JobFailed : it stayed away
    Problem : what the service refuses
    """
    until = time.monotonic() + patience_s
    while True:
        try:
            return await ask()
        except Problem as problem:
            if not is_away(problem):
                raise
            if time.monotonic() > until:
                raise JobFailed(problem.detail) from problem
            await job.progress(0.1, f"waits: {problem.detail}")
        except httpx.HTTPError as error:
            # Our own token could not be had.
            if time.monotonic() > until:
                raise JobFailed("The issuer of the gateway's own token is away.") from error
        await asyncio.sleep(PAUSE_S)
