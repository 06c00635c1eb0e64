"""Import a table in the background: batch by batch, each once, whatever ends the worker."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from inspections.domain.import_fields import Kind
from inspections.domain.import_mapping import MappingError
from inspections.domain.import_records import Batch, Source
from inspections.domain.sheet import SheetError
from inspections.jobs.read_table import BatchFile, Order, Reading
from inspections.store import imports
from inspections.store.tables import ImportRunRow
from inspections.use_cases.grade_inspections import Clock
from inspections.use_cases.import_batches import take_batch
from inspections.use_cases.import_mappings import labels_of, mapping_of
from inspections.use_cases.imported import Importer
from inspections.use_cases.record_inspections import Recorder
from shared.blobs import Blobs
from shared.contracts.inspections.imports import ImportMapping
from shared.jobs import Job, JobFailed, StaleAttemptError

READ_SHARE = 0.1
# Objects made before circles among them are looked for: batches make many and no circles, and
# looking for some took a third of their time.
RARELY = (200_000, 20, 20)
# Batches of places of their own are taken side by side: while one waits for the database, the
# other is worked on.
AT_ONCE = {Kind.inspections: 3, Kind.findings: 3}


async def import_table(job: Job) -> None:
    """Take the rows of a file into the record.

    Raises
    ------
    JobFailed : the file cannot be read so; the message says what to change
    """
    blobs = cast("Blobs", job.services)
    run = await _run(job)
    version, run = await _read(job, run, blobs)
    importer = _importer(job, run, version)
    async with job.database.session(job.organisation) as session:
        done = await imports.batches_done(session, run.id)
    with closing(BatchFile(blobs, str(run.batches), done)) as file:
        taking = _Taking(job, run, importer, file, len(done))
        with _collecting_rarely():
            async with asyncio.TaskGroup() as tasks:
                for _ in range(AT_ONCE.get(importer.mapping.kind, 1)):
                    tasks.create_task(taking.until_none_is_left())
    async with job.completion({"import": str(run.id)}) as session:
        await imports.finish(session, run.id)
    # What the rows said is in the record now, and nowhere else.
    await asyncio.to_thread(blobs.remove, str(run.batches))


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    usual = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@dataclass(slots=True)
class _Taking:
    """The batches of an import while they are taken."""

    job: Job
    run: ImportRunRow
    importer: Importer
    file: BatchFile
    done: int
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def until_none_is_left(self) -> None:
        """Take one batch after the other."""
        while True:
            async with self.reading:
                found = await asyncio.to_thread(self.file.next)
            if found is None:
                return
            await self._take(*found)

    async def _take(self, number: int, batch: Batch) -> None:
        job, run = self.job, self.run
        async with job.database.session(job.organisation) as session:
            counts = await take_batch(session, self.importer, batch)
            if not await imports.advance(
                session, job.organisation, run.id, number=number, counts=counts
            ):
                raise StaleAttemptError
        self.done += 1
        count = run.batch_count or 1
        share = READ_SHARE + (1 - READ_SHARE) * self.done / count
        await job.progress(share, f"batch {self.done} of {count}")


async def _run(job: Job) -> ImportRunRow:
    async with job.database.session(job.organisation) as session:
        run = await imports.run_by_id(session, job.id)
    if run is None:
        raise JobFailed("the import is not known any more")
    return run


async def _read(job: Job, run: ImportRunRow, blobs: Blobs) -> tuple[int, ImportRunRow]:
    """Read the file into batches, unless an attempt before did; give the checklist's version."""
    mapping = mapping_of(ImportMapping.model_validate(run.mapping))
    async with job.database.session(job.organisation) as session:
        version, labels = await labels_of(session, job.organisation, mapping.checklist)
        file = await imports.file_by_id(session, run.file_id)
    if run.batches is not None:
        return version, run
    if file is None or file.blob is None:
        raise JobFailed("the file was forgotten meanwhile; send it again")
    order = Order(run.id, blobs.url, file.blob, mapping, labels)
    try:
        read = await job.run_child("inspections.jobs.read_table:read_into_batches", order)
    except (SheetError, MappingError) as error:
        raise JobFailed(str(error)) from error
    reading = cast("Reading", read)
    async with job.database.session(job.organisation) as session:
        await imports.was_read(
            session,
            run.id,
            batches=reading.batches,
            batch_count=reading.batch_count,
            rows=reading.rows,
        )
    return version, await _run(job)


def _importer(job: Job, run: ImportRunRow, checklist_version: int) -> Importer:
    delay = timedelta(seconds=float(str(job.arguments["entry_delay_s"])))
    clock = Clock(datetime.now(UTC), delay)
    return Importer(
        recorder=Recorder(job.organisation, run.started_by, tuple(run.territories), clock),
        keeper=run.keeper,
        source=Source(job.organisation, run.source),
        mapping=mapping_of(ImportMapping.model_validate(run.mapping)),
        dry_run=run.dry_run,
        checklist_version=checklist_version,
    )
