"""What the `data` of an event holds, by its kind: all kinds that feeds tell."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel

from shared.contracts.gateway import WeeklyPlanAccepted, WeeklyPlanWithdrawn
from shared.contracts.inspections.alerts import AlertChanged
from shared.contracts.inspections.anomalies import AnomaliesChanged
from shared.contracts.inspections.checklists import ChecklistChanged
from shared.contracts.inspections.complaints import ComplaintRecorded
from shared.contracts.inspections.form_conflicts import FormConflictChanged
from shared.contracts.inspections.grants import GrantTold
from shared.contracts.inspections.inspection import InspectionRecorded
from shared.contracts.inspections.notices import NoticeIssued
from shared.contracts.inspections.places import AccommodationMerged, OccupancyChanged
from shared.contracts.inspections.register import AccommodationChanged
from shared.contracts.inspections.reviews import InspectionReviewed
from shared.contracts.inspections.sanctions import (
    BookingStatusChanged,
    ReinspectionProposed,
    SanctionChanged,
)
from shared.contracts.inspections.visits import VisitAnnounced
from shared.contracts.outbreaks import OutbreakAlert
from shared.contracts.routing.day import SilentVisit
from shared.contracts.routing.plan_events import PlanOutcome, PlanWithdrawn
from shared.contracts.routing.revisions import PlanOverride
from shared.contracts.scoring import Model, Score
from shared.contracts.watch_reports import WatchAlarm

EVENTS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "accommodation.changed": AccommodationChanged,
        "accommodation.merged": AccommodationMerged,
        "alert.acknowledged": AlertChanged,
        "alert.closed": AlertChanged,
        "alert.escalated": AlertChanged,
        "alert.raised": AlertChanged,
        "anomalies.changed": AnomaliesChanged,
        "booking_status.changed": BookingStatusChanged,
        "checklist.published": ChecklistChanged,
        "checklist.retired": ChecklistChanged,
        "complaint.recorded": ComplaintRecorded,
        "form_conflict.opened": FormConflictChanged,
        "form_conflict.resolved": FormConflictChanged,
        "grant.given": GrantTold,
        "grant.revoked": GrantTold,
        "inspection.recorded": InspectionRecorded,
        "inspection.reviewed": InspectionReviewed,
        "model.activated": Model,
        "model.retired": Model,
        "notice.answered": NoticeIssued,
        "notice.issued": NoticeIssued,
        "notice.received": NoticeIssued,
        "occupancy.changed": OccupancyChanged,
        "outbreak.suspected": OutbreakAlert,
        "plan.accepted": PlanOutcome,
        "plan.overridden": PlanOverride,
        "plan.withdrawn": PlanWithdrawn,
        "reinspection.proposed": ReinspectionProposed,
        "sanction.decided": SanctionChanged,
        "sanction.dropped": SanctionChanged,
        "sanction.proposed": SanctionChanged,
        "sanction.replied": SanctionChanged,
        "score.changed": Score,
        "visit.announced": VisitAnnounced,
        "visit.cancelled": VisitAnnounced,
        "visit.moved": VisitAnnounced,
        "visit.silent": SilentVisit,
        "watch.alarm": WatchAlarm,
        "weekly_plan.accepted": WeeklyPlanAccepted,
        "weekly_plan.withdrawn": WeeklyPlanWithdrawn,
    }
)
