"""Send what a weekly look saw."""

from collections.abc import Collection
from typing import Final

from pydantic import TypeAdapter

from scoring.domain.alarm_words import PROPOSED, seen_words
from scoring.domain.drift import Profile
from scoring.domain.fairness import Group
from scoring.domain.inspector_calibration import InspectorCalibration as Calibration
from scoring.domain.metrics import Interval as Figure
from scoring.domain.watch import LEAST_CHANGE, Indicator, chance_limit
from scoring.store.tables import WatchReportRow
from scoring.use_cases.figures import interval_messages
from shared.contracts import watch_reports as messages
from shared.contracts.message import Label
from shared.contracts.scoring import Interval

# How profiles are stored.
PROFILES: Final = TypeAdapter(dict[str, Profile])
INSPECTORS: Final = Label(
    fr="Pour la qualité de ce dont les scores apprennent, jamais pour juger des personnes ; les "
    "numéros sont tirés au sort pour chaque rapport.",
    en="For the quality of what scores learn from, never to judge people; numbers are drawn anew "
    "for each report.",
)


def indicator_message(it: Indicator) -> messages.Indicator:
    """Send an indicator."""
    change = it.change
    return messages.Indicator(
        kind=it.kind,
        subject=it.subject,
        seen=it.seen,
        before=None if change is None else change.before,
        now=None if change is None else change.now,
        chance=None if change is None else change.chance,
        chance_limit=chance_limit(it.kind),
        least_change=LEAST_CHANGE[it.kind],
        state=it.state,
    )


def alarm_messages(
    indicators: Collection[Indicator], before: Collection[messages.Alarm]
) -> list[messages.Alarm]:
    """Send the alarms among indicators; `before` are those of the report before."""
    old = {(it.kind, it.subject) for it in before}
    return [
        messages.Alarm(
            kind=it.kind,
            subject=it.subject,
            before=it.change.before,
            now=it.change.now,
            begins=(it.kind, it.subject) not in old,
            text=Label(**seen_words(it.kind, it.subject, it.change)._asdict()),
            proposal=Label(**PROPOSED[it.kind]._asdict()),
        )
        for it in indicators
        if it.change is not None and it.state == "alarm"
    ]


def group_message(it: Group) -> messages.GroupFairness:
    """Send how a group fares."""
    return messages.GroupFairness.model_validate(
        {
            "dimension": it.dimension,
            "group": it.group,
            "visits": it.visits,
            "positives": it.positives,
            "enough_data": it.wrongly_low is not None,
            "wrongly_low": _interval(it.wrongly_low),
            "wrongly_high": _interval(it.wrongly_high),
        }
    )


def inspector_message(it: Calibration) -> messages.InspectorCalibration:
    """Send how an inspector sees."""
    return messages.InspectorCalibration(
        number=it.number,
        visits=it.visits,
        enough_data=it.ratio is not None,
        ratio=_interval(it.ratio),
    )


def _interval(figure: Figure | None) -> Interval | None:
    return None if figure is None else interval_messages({"of": figure})["of"]


def report_message(row: WatchReportRow) -> messages.WatchReport:
    """Send a report."""
    return messages.WatchReport.model_validate(row.told)


def inspectors_message(row: WatchReportRow) -> messages.InspectorCalibrations:
    """Send how inspectors see."""
    return messages.InspectorCalibrations.model_validate(
        {"week": row.week, "purpose": INSPECTORS, "items": row.inspectors}
    )
