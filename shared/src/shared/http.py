"""Calls from one service to another, through the gateway, with the service's own token."""

import time
from collections.abc import AsyncGenerator, Generator, Sequence
from urllib.parse import quote
from uuid import UUID

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic import SecretStr

from shared import tracing
from shared.settings import ServiceSettings
from shared.telemetry import current_request_id

RENEW_BEFORE_S = 60
TIMEOUT_S = 30.0


class ServiceAuth(httpx.Auth):
    """Adds the service's token to a request, asking for a new one shortly before it expires."""

    requires_response_body = True

    def __init__(self, token_url: str, client_id: str, client_secret: SecretStr) -> None:
        self._token_url = token_url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret.get_secret_value(),
        }
        self._token = ""
        self._until = 0.0

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with a token that lasts, fetching one first where needed."""
        if time.monotonic() > self._until:
            answer = yield httpx.Request("POST", self._token_url, data=self._form)
            await answer.aread()
            answer.raise_for_status()
            token = answer.json()
            self._token = token["access_token"]
            self._until = time.monotonic() + max(token["expires_in"] - RENEW_BEFORE_S, 1)
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class CallerAuth(httpx.Auth):
    """Forwards the token of the caller we work for."""

    def __init__(self, authorization: str, organisation: str | None) -> None:
        self._headers = {"Authorization": authorization}
        if organisation is not None:
            self._headers["Ronde-Organisation"] = organisation

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Send the request as the caller."""
        request.headers.update(self._headers)
        yield request


class ActingFor(httpx.Auth):
    """Calls with the service's own token, for a person who asked for the work before."""

    requires_response_body = True

    def __init__(
        self, service: httpx.Auth, *, organisation: UUID, subject: str, territories: Sequence[str]
    ) -> None:
        self._service = service
        self._headers = {
            "Ronde-Organisation": str(organisation),
            # A header holds less than a subject may: what is not plain is escaped.
            "Ronde-Subject": quote(subject, safe=":@|/"),
        }
        if territories:
            self._headers["Ronde-Territories"] = ",".join(territories)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request as the service, saying for whom."""
        request.headers.update(self._headers)
        flow = self._service.async_auth_flow(request)
        outgoing = await anext(flow)
        while True:
            answer = yield outgoing
            try:
                outgoing = await flow.asend(answer)
            except StopAsyncIteration:
                return


def service_client(settings: ServiceSettings) -> httpx.AsyncClient:
    """Open a client of the other services that calls as this service."""
    auth = ServiceAuth(settings.token_url, settings.client_id, settings.client_secret)
    return client(settings.gateway_url, auth)


class _Transport(AiohttpTransport):
    """aiohttp's transport, which lets some errors through that HTTPX does not know."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; what answers it and is no HTTP is told as such."""
        try:
            return await super().handle_async_request(request)
        except aiohttp.ClientError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error


def client(
    base_url: str, auth: httpx.Auth | None = None, *, timeout_s: float = TIMEOUT_S
) -> httpx.AsyncClient:
    """Open a client on aiohttp's transport, which costs a third of httpx's own."""
    return httpx.AsyncClient(
        base_url=base_url,
        # Between services, packing costs more than it saves.
        headers={"Accept-Encoding": "identity"},
        auth=auth,
        transport=_Transport(),
        timeout=timeout_s,
        trust_env=False,
        event_hooks={"request": [_carry_context]},
    )


async def _carry_context(request: httpx.Request) -> None:
    request_id = current_request_id()
    if request_id:
        request.headers.setdefault("X-Request-Id", request_id)
    traceparent = tracing.traceparent()
    if traceparent is not None:
        request.headers["Traceparent"] = traceparent
