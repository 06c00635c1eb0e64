"""Write anomalies as the messages others read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from inspections.domain.anomaly import UNDONE, Move, allowed_from
from inspections.domain.deadline_policy import DeadlinePolicy
from inspections.store.tables import AnomalyRow, AnomalyStepRow, FindingRow
from inspections.use_cases import messages
from shared.contracts.inspections.anomalies import (
    AnomaliesChanged,
    Anomaly,
    AnomalyAccount,
    AnomalyChange,
    AnomalyMove,
    AnomalyStep,
    DeadlinePolicies,
)
from shared.feed import NewEvent

# What an anomaly of a list is written from, by column.
ANOMALY = tuple(it for it in Anomaly.model_fields if it not in {"overdue", "allowed_moves"})


def anomaly(row: AnomalyRow, now: datetime) -> Anomaly:
    """Write an anomaly as it stands now."""
    return Anomaly.model_validate(anomaly_values(row.model_dump(), now))


def anomaly_values(row: Mapping[str, object], now: datetime) -> dict[str, object]:
    """Write an anomaly as it stands now, from its columns."""
    state, due_at = str(row["state"]), row["due_at"]
    assert isinstance(due_at, datetime)  # noqa: S101 - a column that is never empty
    return {
        **row,
        "overdue": state in UNDONE and due_at < now,
        "allowed_moves": _moves(state),
    }


@lru_cache(maxsize=16)
def _moves(state: str) -> tuple[AnomalyMove, ...]:
    # Being notified comes with a notice, never alone.
    moves = [AnomalyMove(move.value) for move in allowed_from(state) if move != Move.notify]
    return (*moves, AnomalyMove.assign) if moves else ()


def account(
    row: AnomalyRow, findings: Sequence[FindingRow], steps: Sequence[AnomalyStepRow], now: datetime
) -> AnomalyAccount:
    """Write all that was seen of an anomaly and happened to it."""
    return AnomalyAccount(
        anomaly=anomaly(row, now),
        findings=[messages.finding(it) for it in findings],
        steps=[AnomalyStep.model_validate(it, from_attributes=True) for it in steps],
    )


def change(row: AnomalyRow) -> AnomalyChange:
    """Write how an anomaly stands after a change."""
    return AnomalyChange.model_validate({**row.model_dump(), "repeat": row.repeat_of is not None})


def changed_event(
    place: UUID, cause: str, changes: Sequence[AnomalyChange], at: datetime
) -> NewEvent:
    """Tell that anomalies of a place changed."""
    data = AnomaliesChanged(accommodation_id=place, cause=cause, anomalies=list(changes))
    return NewEvent("anomalies.changed", place, at, data)


def deadline_policies(known: Mapping[str, DeadlinePolicy], in_use: str) -> DeadlinePolicies:
    """Write the policies to choose from."""
    return DeadlinePolicies.model_validate(
        {
            "items": [
                {
                    "name": it.name,
                    "label": {"fr": it.label_fr, "en": it.label_en},
                    "source": it.source,
                    "in_use": it.name == in_use,
                    "allowances": [
                        {
                            "case": case,
                            "amount": allowance.amount,
                            "unit": allowance.unit,
                            "to_working_day": allowance.to_working_day,
                        }
                        for case, allowance in it.allowances.items()
                    ],
                }
                for it in known.values()
            ]
        }
    )
