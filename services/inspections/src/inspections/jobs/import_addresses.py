"""Read a file of the national address base, in the background, then locate places by it."""

import asyncio
import gzip
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from typing import BinaryIO, cast

from inspections.domain.addresses import Address, AddressFileError, read_addresses
from inspections.store import accommodations, addresses
from inspections.use_cases.geocode_places import geocode_places
from inspections.use_cases.messages import accommodation_changed
from shared import feed
from shared.blobs import Blobs
from shared.jobs import Job, JobFailed

BATCH = 5_000
# The base of all France has some 26 million addresses, about 6 GB; one département far less.
MOST_BYTES = 8 * 1024**3
LONGEST_LINE = 100_000
GZIP = b"\x1f\x8b"


async def import_addresses(job: Job) -> None:
    """Write the addresses of a file, then locate the places that nobody located.

    Raises
    ------
    JobFailed : the file is none of the base; the message says what to send
    """
    blobs = cast("Blobs", job.services)
    written = 0
    with blobs.open(str(job.arguments["blob"])) as file:
        rows = read_addresses(_lines(file))
        try:
            while batch := await asyncio.to_thread(_next, rows):
                async with job.database.session(job.organisation) as session:
                    await addresses.upsert(session, job.organisation, batch)
                written += len(batch)
                await job.progress(0.5, f"{written} addresses")
        except (AddressFileError, OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise JobFailed(f"the file cannot be read: {error}") from error
    async with job.completion({"addresses": written}) as session:
        places = await accommodations.unsure(session)
        changed = await geocode_places(session, places)
        await feed.append(session, job.organisation, [accommodation_changed(it) for it in changed])


def _next(rows: Iterator[Address]) -> list[Address]:
    return list(islice(rows, BATCH))


def _lines(file: BinaryIO) -> Iterator[str]:
    """Read the lines of a file, packed or not, up to a limit: a small file may unpack to no end."""
    packed = file.read(len(GZIP)) == GZIP
    file.seek(0)
    left = MOST_BYTES
    with gzip.GzipFile(fileobj=file) if packed else nullcontext(file) as plain:
        first = True
        while line := plain.readline(LONGEST_LINE):
            left -= len(line)
            if left < 0:
                raise AddressFileError("unpacks to more than an address base; send one département")
            yield line.decode("utf-8-sig" if first else "utf-8")
            first = False
