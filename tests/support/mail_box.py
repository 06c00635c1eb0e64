"""A real SMTP server on this machine, and the mails it took."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import Message
from email.policy import default

from aiosmtpd.smtp import SMTP


class Mailbox:
    """What the server received; where it is, once it serves."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refuses = False
        self.url = ""

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - the library's name
        if self.refuses:
            return "451 try again later"
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    def recipients(self) -> list[str]:
        return [str(it["To"]) for it in self.mails]


@contextlib.asynccontextmanager
async def mail_taken() -> AsyncIterator[Mailbox]:
    """Serve in this loop for the length of the block."""
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: SMTP(mailbox, hostname="localhost"), "127.0.0.1", 0)
    mailbox.url = f"smtp://127.0.0.1:{smtp.sockets[0].getsockname()[1]}"
    try:
        yield mailbox
    finally:
        smtp.close()
        await smtp.wait_closed()
