"""Score places of an organisation in the background: all of them, or those that wait for it."""

from typing import cast

from scoring.store import record
from scoring.use_cases.score_places import Workshop, score_now
from shared.jobs import Job


async def score_everything(job: Job) -> None:
    """Score every place of the job's organisation; done twice, it is merely newer."""
    workshop = cast("Workshop", job.services)
    async with job.database.session(job.organisation) as session:
        await record.mark_all_stale(session)
    await job.progress(0.1, "scoring all places")
    places = await score_now(job.database, job.organisation, workshop.blobs)
    async with job.completion({"places": places}):
        pass


async def score_stale(job: Job) -> None:
    """Score the places that something happened to outside the feed."""
    workshop = cast("Workshop", job.services)
    places = await score_now(job.database, job.organisation, workshop.blobs)
    async with job.completion({"places": places}):
        pass
