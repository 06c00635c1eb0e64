"""The tables of the record. Every row carries its organisation, and the database enforces it.

Keys begin with the organisation, so that row-level security reads them through the index.
"""

from inspections.store.tables.addresses import AddressRow
from inspections.store.tables.alerts import (
    AlertRow,
    AlertStepRow,
    AuthorityContactRow,
    OnCallShiftRow,
)
from inspections.store.tables.anomalies import (
    AnomalyPastRow,
    AnomalyRow,
    AnomalyStepRow,
    DeadlineChoiceRow,
)
from inspections.store.tables.checklists import ChecklistDraftRow, ChecklistRow
from inspections.store.tables.columns import Table
from inspections.store.tables.complaints import ComplaintContactRow, ComplaintRow
from inspections.store.tables.field_apps import (
    FieldAttachmentRow,
    FieldFormRow,
    FieldSubmissionRow,
)
from inspections.store.tables.form_conflicts import FormConflictRow
from inspections.store.tables.grants import AccessGrantRow
from inspections.store.tables.imports import (
    ImportBatchRow,
    ImportFileRow,
    ImportMappingRow,
    ImportProblemRow,
    ImportRunRow,
)
from inspections.store.tables.inspections import FindingRow, InspectionRoomRow, InspectionRow
from inspections.store.tables.notices import (
    CharterAcceptanceRow,
    CharterRow,
    NoticeRow,
    NoticeStepRow,
)
from inspections.store.tables.photos import PhotoDeletionRow, PhotoRow
from inspections.store.tables.register import (
    AccommodationRow,
    ExternalIdentifierRow,
    OccupancyRow,
    OperatorRow,
    RoomRow,
    ZoneRow,
)
from inspections.store.tables.retention import PurgeRow, RetentionRuleRow, RetentionRunRow
from inspections.store.tables.reviews import (
    InspectionDraftRow,
    InspectionFlagRow,
    InspectionReviewRow,
)
from inspections.store.tables.revisions import (
    PersonalValueRow,
    RecordChangeRow,
    RevisionRow,
)
from inspections.store.tables.room_draws import RoomDrawRow
from inspections.store.tables.sanctions import ReinspectionRow, SanctionRow
from inspections.store.tables.search import (
    SearchPostingRow,
    SearchQueueRow,
    SearchVariantRow,
    SearchWordRow,
)
from inspections.store.tables.visits import VisitRow

__all__ = [
    "AccessGrantRow",
    "AccommodationRow",
    "AddressRow",
    "AlertRow",
    "AlertStepRow",
    "AnomalyPastRow",
    "AnomalyRow",
    "AnomalyStepRow",
    "AuthorityContactRow",
    "CharterAcceptanceRow",
    "CharterRow",
    "ChecklistDraftRow",
    "ChecklistRow",
    "ComplaintContactRow",
    "ComplaintRow",
    "DeadlineChoiceRow",
    "ExternalIdentifierRow",
    "FieldAttachmentRow",
    "FieldFormRow",
    "FieldSubmissionRow",
    "FindingRow",
    "FormConflictRow",
    "ImportBatchRow",
    "ImportFileRow",
    "ImportMappingRow",
    "ImportProblemRow",
    "ImportRunRow",
    "InspectionDraftRow",
    "InspectionFlagRow",
    "InspectionReviewRow",
    "InspectionRoomRow",
    "InspectionRow",
    "NoticeRow",
    "NoticeStepRow",
    "OccupancyRow",
    "OnCallShiftRow",
    "OperatorRow",
    "PersonalValueRow",
    "PhotoDeletionRow",
    "PhotoRow",
    "PurgeRow",
    "RecordChangeRow",
    "ReinspectionRow",
    "RetentionRuleRow",
    "RetentionRunRow",
    "RevisionRow",
    "RoomDrawRow",
    "RoomRow",
    "SanctionRow",
    "SearchPostingRow",
    "SearchQueueRow",
    "SearchVariantRow",
    "SearchWordRow",
    "Table",
    "VisitRow",
    "ZoneRow",
]
