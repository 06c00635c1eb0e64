"""A form sent in parts, as it comes: refused when it ends before its last part does."""

from email.message import Message as Headers

from starlette.requests import Request
from starlette.types import Message

from shared.problems import invalid

# What may follow the mark at the end (RFC 2046 lets anything; clients send a line break).
_AFTER_END = 1_024


def whole_form(request: Request) -> Request:
    """Give the request with a body that is read as far as it is whole.

    The reader of forms would leave out a part that is cut off, and a photo be lost unseen.
    """
    headers = Headers()
    headers["Content-Type"] = request.headers.get("content-type", "")
    boundary = headers.get_boundary()
    if boundary is None:
        return request
    mark, tail = f"--{boundary}--".encode("latin-1", "replace"), b""

    async def receive() -> Message:
        nonlocal tail
        message = await request.receive()
        if message["type"] == "http.request":
            tail = (tail + message.get("body", b""))[-len(mark) - _AFTER_END :]
            if not message.get("more_body", False) and mark not in tail:
                raise invalid("", "The form ends before its last part does; send it again.")
        return message

    return Request(request.scope, receive)
