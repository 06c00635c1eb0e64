"""Retention over HTTP: rules, runs, what is held about a person, purges, warnings for free text."""

from uuid import UUID

from fastapi import APIRouter, Request

from inspections.api.clock import Now
from inspections.domain.free_text import mentions_in
from inspections.domain.retention import DEFAULTS, Kept
from inspections.settings import Settings
from inspections.store import retention
from inspections.use_cases.purge_people import Purger, purge_author
from inspections.use_cases.retain import run_rules
from shared.auth import Admin, Manager, Reader
from shared.contracts.inspections.retention import (
    AuthorPurge,
    FreeText,
    PersonalDatum,
    PersonSought,
    PurgeReport,
    RetentionDays,
    RetentionOrder,
    RetentionRule,
    RetentionRun,
    TextMention,
)
from shared.db import Session
from shared.problems import responses

rules = APIRouter(prefix="/v1/retention-rules", tags=["retention"])
runs = APIRouter(prefix="/v1/retention-runs", tags=["retention"])
people = APIRouter(prefix="/v1/person-data", tags=["retention"])
purges = APIRouter(prefix="/v1/complaints", tags=["retention"])
texts = APIRouter(prefix="/v1/free-text-scans", tags=["retention"])

MOST_RUNS, MOST_DATA = 100, 500


@rules.get("", operation_id="listRetentionRules", responses=responses(403))
async def list_rules(session: Session, _caller: Manager) -> list[RetentionRule]:
    """List after how many days each kind of data is forgotten, every night."""
    return _rules(await retention.rules(session))


@rules.put("/{kind}", operation_id="chooseRetention", responses=responses(403, 422))
async def choose(
    session: Session, caller: Admin, kind: Kept, wanted: RetentionDays
) -> list[RetentionRule]:
    """Choose after how many days a kind of data is forgotten."""
    await retention.choose(session, caller.organisation, kind, days=wanted.days, by=caller.subject)
    return _rules(await retention.rules(session))


@runs.get("", operation_id="listRetentionRuns", responses=responses(403))
async def list_runs(session: Session, _caller: Manager) -> list[RetentionRun]:
    """List what the last runs of the rules forgot, newest first."""
    rows = await retention.runs(session, MOST_RUNS)
    return [RetentionRun.model_validate(it, from_attributes=True) for it in rows]


@runs.post("", operation_id="runRetention", status_code=201, responses=responses(403, 422))
async def run(
    request: Request, session: Session, caller: Admin, *, order: RetentionOrder, now: Now
) -> RetentionRun:
    """Run the rules now, or tell what that would forget."""
    row = await run_rules(
        session,
        caller.organisation,
        _files_url(request),
        now,
        by=caller.subject,
        dry_run=order.dry_run,
    )
    return RetentionRun.model_validate(row, from_attributes=True)


@people.post("", operation_id="findPersonData", responses=responses(403, 422))
async def find_person(
    session: Session, _caller: Admin, sought: PersonSought
) -> list[PersonalDatum]:
    """List what is held about a person, wherever free text or contacts tell the words.

    The words come in the body: addresses of requests are written into logs.
    """
    rows = await retention.told_of(session, sought.words, MOST_DATA)
    return [PersonalDatum.model_validate(dict(it)) for it in rows]


@purges.post(
    "/{id}/author-purge", operation_id="purgeComplaintAuthor", responses=responses(403, 404, 422)
)
async def purge(
    request: Request, session: Session, caller: Admin, id: UUID, *, asked: AuthorPurge, now: Now
) -> PurgeReport:
    """Forget who made a complaint, here and wherever else they are named.

    The purge is written down beside the files, without who it was: a restored backup does it
    again by itself.
    """
    purger = Purger(caller.organisation, caller.subject, _files_url(request), now)
    counts = await purge_author(session, purger, id, reason=asked.reason, also=asked.also)
    return PurgeReport(counts=counts)


@texts.post("", operation_id="scanFreeText", responses=responses(403, 422))
async def scan(_caller: Reader, told: FreeText) -> list[TextMention]:
    """Tell what in a text may name people, before it is kept; nothing of it is kept here."""
    return [
        TextMention(kind=it.kind, start=it.start, end=it.end, text=it.text)
        for it in mentions_in(told.text)
    ]


def _rules(chosen: dict[str, int]) -> list[RetentionRule]:
    return [
        RetentionRule(
            kind=kind,
            days=chosen.get(kind.value, rule.days),
            since=rule.since,
            default_days=rule.days,
            source=rule.source,
        )
        for kind, rule in DEFAULTS.items()
    ]


def _files_url(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return settings.blobs_url
