"""One running Ronde for all stories; each has an organisation of its own, made as in production."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from mail_box import Mailbox
from organisation import Organisation, founded
from system import System, new_system

from shared.serve import listen


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """Give what the mail server took that Ronde sends by."""
    box = Mailbox()
    with listen("127.0.0.1", 0) as opened:
        port = opened.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    box.url = f"smtp://127.0.0.1:{port}"
    yield box
    server.stop()


@pytest.fixture(scope="session")
def ronde(mailbox: Mailbox) -> Iterator[System]:
    """Give a running Ronde, without anything of a demo."""
    with new_system(demo=False, INSPECTIONS_SMTP_URL=mailbox.url) as system:
        yield system


@pytest.fixture(scope="module")
def organisation(ronde: System, request: pytest.FixtureRequest) -> Organisation:
    """Give an organisation that has nothing yet, and that no other story sees."""
    return founded(ronde, request.path.stem.removeprefix("test_").replace("_", "-"))
