"""Outgoing mail: to an SMTP server, or by default into a folder, where a person can read it."""

import asyncio
import smtplib
import uuid
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends mail to `url`: `smtp://host:port` or `file:///folder`.

    Called from a job, so that a mail is tried again when the server is away.
    """

    url: str
    sender: str

    async def send(self, recipient: str, subject: str, text: str) -> None:
        """Send one mail.

        Raises
        ------
        OSError, smtplib.SMTPException : it could not be handed over; try again
        """
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = recipient
        message["Subject"] = subject
        message.set_content(text)
        await asyncio.to_thread(self._hand_over, message)

    def _hand_over(self, message: EmailMessage) -> None:
        target = urlsplit(self.url)
        if target.scheme == "file":
            folder = Path(target.path)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{uuid.uuid4()}.eml").write_bytes(bytes(message))
            return
        with smtplib.SMTP(target.hostname or "localhost", target.port or 25, timeout=20) as server:
            server.send_message(message)
