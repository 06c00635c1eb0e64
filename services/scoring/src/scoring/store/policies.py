"""Versions of the scoring policy: written once, the newest holds."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.domain.label_policy import DANGER, LabelPolicy
from scoring.domain.rule import RuleWeights
from scoring.domain.scoring_policy import ScoringPolicy
from scoring.domain.words import Words
from scoring.store.rows import Row, insert_rows
from scoring.store.tables import PolicyRow


async def newest(session: AsyncSession) -> PolicyRow | None:
    """Read the version that holds; None before the first."""
    statement = select(PolicyRow).order_by(col(PolicyRow.version).desc()).limit(1)
    return (await session.execute(statement)).scalar_one_or_none()


async def current(session: AsyncSession) -> ScoringPolicy:
    """Read the policy that holds."""
    row = await newest(session)
    return ScoringPolicy() if row is None else policy_of(row)


async def page(session: AsyncSession, *, before: int | None, limit: int) -> list[PolicyRow]:
    """List versions, the newest first."""
    statement = select(PolicyRow).order_by(col(PolicyRow.version).desc()).limit(limit)
    if before is not None:
        statement = statement.where(col(PolicyRow.version) < before)
    return list((await session.execute(statement)).scalars())


async def alone(session: AsyncSession) -> None:
    """Let one transaction at a time write a version in an organisation."""
    await session.execute(
        text(
            "select pg_advisory_xact_lock("
            "hashtextextended('policy:' || current_setting('app.organisation'), 0))"
        )
    )


async def add(session: AsyncSession, values: Row) -> None:
    """Write a version."""
    await insert_rows(session, PolicyRow, [values])


def policy_of(row: PolicyRow) -> ScoringPolicy:
    """Turn a row into the policy it holds."""
    label = dict(row.label)
    return ScoringPolicy(
        version=row.version,
        label=LabelPolicy(
            version=row.version,
            kinds=_words(label["kinds"]),
            critical=bool(label["critical"]),
            items=_words(label["items"]),
            least_severity=None
            if label["least_severity"] is None
            else int(str(label["least_severity"])),
            words=Words(fr=str(label["fr"]), en=str(label["en"])),
            open_after_days=int(str(label.get("open_after_days", DANGER.open_after_days))),
        ),
        cohort_kinds=tuple(row.cohort_kinds),
        weights=RuleWeights(**row.weights),
    )


def default_values() -> dict[str, object]:
    """Give version 0 as a row would hold it."""
    policy = ScoringPolicy()
    label = policy.label
    return {
        "version": policy.version,
        "label": {
            "kinds": list(label.kinds),
            "critical": label.critical,
            "items": list(label.items),
            "least_severity": label.least_severity,
            "open_after_days": label.open_after_days,
            "fr": label.words.fr,
            "en": label.words.en,
        },
        "cohort_kinds": list(policy.cohort_kinds),
        "weights": asdict(policy.weights),
    }


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(it) for it in value) if isinstance(value, Sequence) else ()
