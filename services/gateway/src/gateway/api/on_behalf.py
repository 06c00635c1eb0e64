"""Whoever asks the gateway is who asks the services behind it."""

from typing import Annotated

from fastapi import Depends, Request

from shared.auth import CurrentCaller
from shared.http import CallerAuth

# What is answered, besides what the services do, when one of them does not answer.
AWAY = (502, 503, 504)


def on_behalf(request: Request, _caller: CurrentCaller) -> CallerAuth:
    """Take over the caller's token and organisation."""
    headers = request.headers
    return CallerAuth(headers["authorization"], headers.get("ronde-organisation"))


OnBehalf = Annotated[CallerAuth, Depends(on_behalf)]
