"""Outgoing mail: written with the change it tells of, handed over by the worker afterwards.

Without a server nothing is sent: the mail is kept where it can be read. A mail is handed over at
least once, always under the same `Message-ID`, so that a second copy can be known as one.
"""

import asyncio
import json
import logging
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database

logger = logging.getLogger(__name__)

TIMEOUT_S = 15.0
# Longer than a server may take, so that nobody else takes a mail that is on its way.
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
MOST_ATTEMPTS = 16
PERMANENT = 500

INSERT = text(
    "insert into mail (id, organisation, recipient, subject, body, about, key, due_at) "
    "select it.id, :organisation, it.recipient, it.subject, it.body, it.about, it.key, :now "
    "from jsonb_to_recordset(cast(:mails as jsonb)) as it (id uuid, recipient text, "
    "subject text, body text, about uuid, key text) on conflict (organisation, key) do nothing"
)
WAITING = text("select distinct organisation from mail where state = 'waiting' and due_at <= :now")
KEEP = text("update mail set state = 'kept' where state = 'waiting' and due_at <= :now")
CLAIM = text(
    "update mail set attempts = attempts + 1, due_at = :now + least(cast(:longest as interval), "
    "cast(:first as interval) * power(2, attempts)) where id = (select id from mail "
    "where state = 'waiting' and due_at <= :now order by due_at, created_at limit 1 "
    "for update skip locked) returning id, recipient, subject, body, attempts, created_at"
)
SETTLE = text(
    "update mail set state = :state, last_error = :error, "
    "sent_at = case when :state = 'sent' then cast(:now as timestamptz) end where id = :id"
)
OF = text(
    "select id, recipient, subject, body, about, state, attempts, last_error, created_at, sent_at "
    "from mail where (cast(:about as uuid) is null or about = :about) "
    "order by created_at desc, id limit :limit"
)


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be sent; `about` is what it tells of, and the same `key` is sent once."""

    recipient: str
    subject: str
    body: str
    about: UUID
    key: str


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail of the outbox: waiting, sent, failed, or kept for lack of a server."""

    id: UUID
    recipient: str
    subject: str
    body: str
    about: UUID
    state: str
    attempts: int
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server: `smtp://` (STARTTLS if it can) or `smtps://`, with `user:password@`.

    A password travels encrypted or not at all.
    """

    url: str
    sender: str

    async def send(self, id: UUID, recipient: str, subject: str, body: str) -> None:
        """Hand one mail over.

        Raises
        ------
        OSError, smtplib.SMTPException : it could not be handed over
        """
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = recipient
        message["Subject"] = subject
        message["Message-ID"] = f"<{id}@{self.sender.rpartition('@')[2]}>"
        message.set_content(body)
        await asyncio.to_thread(self._hand_over, message)

    def _hand_over(self, message: EmailMessage) -> None:
        target = urlsplit(self.url)
        host = target.hostname or "localhost"
        if target.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, target.port or 465, timeout=TIMEOUT_S, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, target.port or 25, timeout=TIMEOUT_S)
        with server:
            server.ehlo()
            if target.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            elif target.scheme == "smtp" and target.username:
                raise smtplib.SMTPNotSupportedError(
                    "the server offers no TLS, and the password is not sent in clear; "
                    "use one that does, smtps://, or no password"
                )
            if target.username:
                server.login(unquote(target.username), unquote(target.password or ""))
            server.send_message(message)


def mail_server(url: str, sender: str) -> MailServer | None:
    """Give the server that settings name; None when they name none."""
    return MailServer(url, sender) if url else None


async def post(
    session: AsyncSession, organisation: UUID, mails: Sequence[NewMail], now: datetime
) -> None:
    """Put mails into the outbox in the caller's transaction; one whose key is known is left out."""
    rows = [
        {
            "id": str(uuid4()),
            "recipient": it.recipient,
            # A subject is one line, whatever the names in it hold.
            "subject": " ".join(it.subject.split()),
            "body": it.body,
            "about": str(it.about),
            "key": it.key,
        }
        for it in mails
    ]
    if rows:
        values = {"organisation": organisation, "mails": json.dumps(rows), "now": now}
        await session.execute(INSERT, values)


async def deliver(database: Database, server: MailServer | None, now: datetime) -> int:
    """Hand over the mails that are due, of all organisations; return how many were settled."""
    async with database.system_session() as session:
        organisations = list((await session.execute(WAITING, {"now": now})).scalars())
    settled = 0
    for organisation in organisations:
        if server is None:
            async with database.session(organisation) as session:
                connection = await session.connection()
                settled += (await connection.execute(KEEP, {"now": now})).rowcount
        else:
            while await _deliver_one(database, organisation, server, now):
                settled += 1
    return settled


async def outbox(
    session: AsyncSession, *, about: UUID | None = None, limit: int = 100
) -> list[StoredMail]:
    """List the mails of the session's organisation, newest first."""
    rows = await session.execute(OF, {"about": about, "limit": limit})
    return [StoredMail(*row) for row in rows]


async def _deliver_one(
    database: Database, organisation: UUID, server: MailServer, now: datetime
) -> bool:
    async with database.session(organisation) as session:
        pauses = {"first": FIRST_PAUSE, "longest": LONGEST_PAUSE}
        claimed = (await session.execute(CLAIM, {"now": now, **pauses})).first()
    if claimed is None:
        return False
    state, error = await _attempt(server, claimed)
    async with database.session(organisation) as session:
        values = {"id": claimed.id, "state": state, "error": error, "now": now}
        await session.execute(SETTLE, values)
    return True


async def _attempt(server: MailServer, mail: Row[tuple[object, ...]]) -> tuple[str, str | None]:
    """Try to hand a mail over; return its state and what was wrong."""
    try:
        await server.send(mail.id, mail.recipient, mail.subject, mail.body)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        final = mail.attempts >= MOST_ATTEMPTS or _is_permanent(error)
        # The text of the error may hold the address; the log is no place for it.
        logger.warning(
            "mail not handed over",
            extra={"mail_id": str(mail.id), "error": type(error).__name__, "final": final},
        )
        return ("failed" if final else "waiting"), f"{type(error).__name__}: {error}"[:500]
    return "sent", None


def _is_permanent(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, ValueError) or (
        isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= PERMANENT
    )
