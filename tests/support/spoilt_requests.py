"""What goes wrong with requests on their way: bytes that are no text, numbers that fit nowhere."""

import re
from random import Random
from urllib.parse import urlsplit, urlunsplit

import requests

TEXTS = [b'"\\u0000"', b'"\\ud800"', b'"\xff"', b'"\\uffff"', b'""', b"null", b"[]", b"{}"]
TEXTS += [b'"9999-12-31T23:59:59Z"', b'"0001-01-01T00:00:00+14:00"', b"[" * 5000]
NUMBERS = [b"1e400", b"-1e400", b"NaN", b"9" * 25, b"9" * 5000, b"-9223372036854775809", b"1e-320"]
IN_ADDRESS = ["%00", "%FF", "%ED%A0%80", "9" * 30, "-1", "%F0%9F%8F%A8", "..%00", "null", "+", "%"]
HEADERS = ["Accept", "Accept-Language", "Accept-Encoding", "Change-Reason", "If-None-Match"]
HEADERS += ["Idempotency-Key", "Ronde-Organisation", "Ronde-Subject", "Ronde-Territories"]
HEADERS += ["X-Request-Id", "Traceparent", "X-Forwarded-For", "Cookie", "Range", "X-Anything"]
IN_HEADER = [b"\xff\xfe", b"%00", b"%FF", b"%ED%A0%80", b"*", b'"', b"9" * 300, b"a,b;q=x"]
_VALUE = re.compile(rb'(?<=[:\[,])\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?)')


def spoil(request: requests.PreparedRequest, template: str, chance: Random) -> None:
    """Put something odd into a request that is ready to be sent to a path of this template."""
    what = chance.choice(["body", "address", "headers"])
    if what == "body" and isinstance(request.body, str | bytes) and request.body:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        request.body = spoilt(body, chance)
        # Told anew: of an empty body the library would leave the length of the one before.
        request.headers["Content-Length"] = str(len(request.body))
    elif what == "address" and ("{" in template or "?" in request.url):
        request.url = readdressed(request.url, template, chance.choice(IN_ADDRESS), chance)
    else:
        request.headers[chance.choice(HEADERS)] = chance.choice(IN_HEADER)


def readdressed(url: str, template: str, odd: str, chance: Random) -> str:
    """Put something odd in the place of a parameter of the path, or of a value of the query."""
    parts = urlsplit(url)
    path, values = parts.path.split("/"), parts.query.split("&")
    named = [place for place, piece in enumerate(template.split("/")) if "{" in piece]
    if named and (not parts.query or chance.random() < 0.5):
        path[chance.choice(named)] = odd
    else:
        place = chance.randrange(len(values))
        values[place] = f"{values[place].partition('=')[0]}={odd}"
    return urlunsplit(parts._replace(path="/".join(path), query="&".join(values)))


def spoilt(body: bytes, chance: Random) -> bytes:
    """Put something else in the place of a value of a body, or cut it short."""
    values = list(_VALUE.finditer(body))
    if not values or chance.random() < 0.1:
        return body[: chance.randrange(len(body))] + chance.choice([b"", b"\xff", b"\x00", b"{"])
    value = chance.choice(values)
    odd = NUMBERS if chance.random() < 0.3 else TEXTS
    return body[: value.start()] + chance.choice(odd) + body[value.end() :]
