"""Charters, and notices to operators: what is asked of them, what they received and answered."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.inspections.anomalies import Proof
from shared.contracts.message import Input, Label, Moment, Note, Output, Text

ItemCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")]


class CharterArticle(Input):
    """A promise of a charter, and the items that break it."""

    number: str = Field(min_length=1, max_length=20)
    text: Label
    items: list[ItemCode] = Field(min_length=1, max_length=200)


class CharterInput(Input):
    """A version of a charter; never edited once it is in the record."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")
    version: str = Field(min_length=1, max_length=20, examples=["1.1"])
    title: Text
    in_force_from: date
    articles: list[CharterArticle] = Field(min_length=1, max_length=200)


class Charter(Output):
    """A version of a charter."""

    id: UUID
    code: str
    version: str
    title: str
    in_force_from: date
    articles: list[CharterArticle]
    created_at: datetime


class AcceptanceInput(Input):
    """An operator, named as in the register, accepts a version of a charter."""

    operator: Text
    accepted_on: date


class Acceptance(Output):
    """Which version of a charter an operator accepted, and since when it binds him."""

    id: UUID
    charter_id: UUID
    operator_id: UUID | None = Field(
        default=None, description="Whom it binds, whatever his name becomes."
    )
    operator: str = Field(description="His name when he accepted.")
    accepted_on: date
    recorded_by: str
    created_at: datetime


class NoticeLanguage(StrEnum):
    """Languages of the documents."""

    fr = "fr"
    en = "en"


class NoticeFormat(StrEnum):
    """Forms of the documents."""

    html = "html"
    pdf = "pdf"


class NoticeInput(Input):
    """Notify an operator of anomalies of a place; all that may be notified, if none are named."""

    accommodation_id: UUID
    anomaly_ids: list[UUID] = Field(default=[], max_length=500)
    sender: Text = Field(examples=["Association Toit pour tous"])
    signatory: str = Field(default="", max_length=200)


class NoticeRule(Output):
    """A text that is broken: of the law, or of the charter the operator accepted."""

    name: str
    text: Label


class NoticeParagraph(Output):
    """What a notice says of one item; `other_rooms` counts rooms it does not name."""

    item: str
    label: Label
    rooms: list[str]
    other_rooms: int
    severity: int
    critical: bool
    repeat: bool
    first_seen_on: date
    last_seen_on: date
    due_at: datetime
    overdue: bool
    rules: list[NoticeRule]


class NoticeContent(Output):
    """All that a notice says, frozen when it was issued."""

    number: str
    issued_on: date
    sender: str
    signatory: str
    operator: str
    place: str
    address: str
    charter: str | None
    paragraphs: list[NoticeParagraph]


class Means(StrEnum):
    """How a notice reached the operator, or how he answered."""

    hand = "hand"
    letter = "letter"
    email = "email"
    phone = "phone"
    meeting = "meeting"


class ReceiptInput(Input):
    """That the operator received a notice, when and how."""

    received_at: Moment
    means: Means
    note: Note = ""


class AnswerClaim(Input):
    """An anomaly the operator says is put right."""

    anomaly_id: UUID
    proofs: list[Proof] = Field(default=[], max_length=20)


class AnswerInput(Input):
    """What the operator answered; his claims move their anomalies."""

    answered_at: Moment
    means: Means
    text: Note
    claims: list[AnswerClaim] = Field(default=[], max_length=500)


class NoticeStepKind(StrEnum):
    """What happened to a notice."""

    received = "received"
    answered = "answered"


class NoticeStep(Output):
    """One thing that happened to a notice."""

    kind: NoticeStepKind
    occurred_at: datetime
    recorded_at: datetime
    means: Means
    text: str
    done_by: str


class Notice(Output):
    """A notice to an operator with what happened to it; `sha256` names each document's file."""

    id: UUID
    accommodation_id: UUID
    anomaly_ids: list[UUID]
    issued_at: datetime
    issued_by: str
    content: NoticeContent
    sha256: dict[str, str] = Field(description="By document, `fr.pdf` and so on.")
    steps: list[NoticeStep]


class NoticeIssued(Output):
    """Data of `notice.issued`, `.received` and `.answered`; their subject is the notice."""

    accommodation_id: UUID
    number: str
    anomaly_ids: list[UUID]
