"""How long what is of people is kept, what was forgotten, and what is held about a person."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Input, Output, Text


class RetentionRule(Output):
    """After how many days a kind of data is forgotten."""

    kind: str
    days: int
    since: str = Field(description="What the days count from.")
    default_days: int
    source: str = Field(description="Where the default is from.")


class RetentionDays(Input):
    """After how many days."""

    days: int = Field(ge=1, le=3650)


class RetentionOrder(Input):
    """Run the rules now; a dry run tells what would be forgotten."""

    dry_run: bool = True


class RetentionRun(Output):
    """What a run forgot, or would have, by kind; the audit of the rules."""

    id: UUID
    dry_run: bool
    started_by: str
    counts: dict[str, int]
    ran_at: datetime


class PersonalDatum(Output):
    """Something that is held about a person."""

    kind: str
    id: UUID
    field: str
    value: str


Words = Annotated[str, Field(min_length=3, max_length=200)]


class PersonSought(Input):
    """Whom to look for: a name, a telephone number or an e-mail address."""

    words: Words


class AuthorPurge(Input):
    """Forget who made a complaint; `also` are words they are named by elsewhere."""

    reason: Text
    also: list[Words] = Field(default_factory=list, max_length=10)


class PurgeReport(Output):
    """How many rows of each kind were touched, files included."""

    counts: dict[str, int]


class FreeText(Input):
    """A text that is to be looked at before it is kept."""

    text: str = Field(max_length=20_000)


class TextMention(Output):
    """Something in a text that may be of a person; positions count characters."""

    kind: str = Field(description="name, phone, email, social_security or birth_date.")
    start: int
    end: int
    text: str
