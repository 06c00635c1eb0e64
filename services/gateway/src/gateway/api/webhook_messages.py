"""What is said and taken about webhooks and the messages they get."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Input, Moment, Output, Text

URL = Annotated[
    str,
    Field(
        pattern=r"^https?://[A-Za-z0-9._~:\[\]-]+(/[!$-~]*|\?[!$-~]*)?$",
        max_length=2000,
        description="`https`; `http` only into networks that the operator allows.",
    ),
]
Kind = Annotated[str, Field(max_length=100, examples=["inspection.recorded"])]
Kinds = Annotated[
    list[Kind],
    Field(max_length=100, description="Kinds of event, as `/v1/schemas` lists them; empty: all."),
]
State = Literal["waiting", "delivered", "dead"]


class NewWebhook(Input):
    """Have an address of yours told of events as they happen."""

    url: URL
    name: Text
    kinds: Kinds = Field(default=[])


class WebhookChange(Input):
    """Change a webhook; what is left out stays."""

    url: URL | None = None
    name: Text | None = None
    kinds: Kinds | None = None
    state: Literal["active", "paused"] | None = None


class Webhook(Output):
    """A webhook, and how it stands with it; its secret is told once, when it is made."""

    id: UUID
    url: str
    name: str
    kinds: list[str]
    state: Literal["active", "paused"]
    paused_because: str | None
    failing_since: datetime | None = Field(description="Since when nothing arrives any more.")
    quiet_until: datetime | None = Field(description="The receiver is left alone until then.")
    waiting: int = Field(description="Messages that are still to arrive.")
    dead: int = Field(description="Messages given up.")
    delivered_at: datetime | None = Field(description="When a message arrived last.")
    created_by: str
    created_at: datetime


class CreatedWebhook(Webhook):
    """A webhook with its secret, which is told this once: save it now."""

    secret: str = Field(description="What its messages are signed with (Standard Webhooks).")


class SecretReplacement(Input):
    """Replace the secret of a webhook."""

    kept_h: int = Field(
        default=24,
        ge=0,
        le=168,
        description="Hours in which messages are signed with the secrets before too.",
    )


class NewSecret(Output):
    """The new secret of a webhook, which is told this once: save it now."""

    secret: str


class Attempt(Output):
    """An attempt to hand a message over."""

    at: datetime
    status: int | None = Field(description="Of the receiver's answer, null without one.")
    error: str | None
    took_ms: int


class Delivery(Output):
    """A message for a webhook, and what became of it."""

    id: UUID = Field(description="What the receiver knows it by: `webhook-id`.")
    kind: str
    source: str = Field(description="The feed its event is from.")
    position: int = Field(description="Of the event in that feed.")
    subject_id: UUID
    state: State
    attempts: int
    queued_at: datetime
    due_at: datetime | None = Field(description="When it is sent next; null once settled.")
    settled_at: datetime | None


class DeliveryDetail(Delivery):
    """A message with its body, and its latest attempts, the oldest first."""

    body: str = Field(description="As it is sent: a CloudEvent in JSON.")
    told: list[Attempt]


class Replay(Input):
    """Send settled messages again: those given up, or all of a time."""

    states: list[Literal["dead", "delivered"]] = Field(default=["dead"], min_length=1, max_length=2)
    since: Moment | None = Field(default=None, description="Settled at this moment or later.")
    until: Moment | None = Field(default=None, description="Settled before this moment.")
    kinds: Kinds = Field(default=[])


class Queued(Output):
    """How many messages wait to be sent again."""

    messages: int


class QueuedTest(Output):
    """A message of the kind `webhook.tested` waits to be sent."""

    id: UUID
