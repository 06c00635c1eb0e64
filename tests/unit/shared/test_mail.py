"""Mail: into a folder by default, to a real SMTP server when there is one."""

import asyncio
from email import message_from_bytes
from pathlib import Path

from shared.mail import Outbox


async def test_without_a_server_mail_lies_in_a_folder_for_people_to_read(tmp_path: Path) -> None:
    outbox = Outbox(f"file://{tmp_path}/mail", "ronde@example.org")
    await outbox.send("team@example.org", "Alerte", "Danger signalé à l'hôtel.")
    (file,) = (tmp_path / "mail").iterdir()
    mail = message_from_bytes(file.read_bytes())
    assert (mail["To"], mail["Subject"]) == ("team@example.org", "Alerte")


async def test_with_a_server_mail_is_handed_over_by_smtp() -> None:
    heard = bytearray()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        in_data = False
        while line := await reader.readline():
            heard.extend(line)
            if in_data and line != b".\r\n":
                continue
            word = line[:4].lower()
            in_data = word == b"data"
            writer.write({b"data": b"354 go", b"quit": b"221 bye"}.get(word, b"250 ok") + b"\r\n")
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await Outbox(f"smtp://127.0.0.1:{port}", "ronde@example.org").send(
            "team@example.org", "Alert", "Danger seen."
        )
    assert b"rcpt TO:<team@example.org>" in heard
    assert b"Danger seen." in heard
