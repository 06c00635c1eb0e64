"""Speak to a running Ronde by its public interface, for commands: troubles end them in a sentence.

The token is read from the environment alone: an argument would show in the list of processes.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import BinaryIO, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from shared.contracts.message import JobState
from shared.terminal import Tell, fail, misused

Message = TypeVar("Message", bound=BaseModel)
Parameters = Mapping[str, str | int | bool | Sequence[str] | None]
Body = Mapping[str, object] | bytes

TOKEN = "RONDE_TOKEN"  # noqa: S105 - a variable's name
TIMEOUT_S, CONNECT_S = 600.0, 10.0
POLL_S = 0.5
# What a service that is started anew answers, or the gateway for it.
AWAY = frozenset({502, 503, 504})
PATIENCE_S = 60.0


class Remote:
    """A running Ronde, asked as the holder of a token or an access key."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self._http = http
        self._url = url

    def get(
        self, message: type[Message], path: str, parameters: Parameters | None = None
    ) -> Message:
        """Read a message."""
        return self.read(message, self.call("GET", path, parameters))

    def call(
        self,
        method: str,
        path: str,
        parameters: Parameters | None = None,
        body: Body | None = None,
        *,
        media_type: str = "application/json",
    ) -> httpx.Response:
        """Ask, and end the command where Ronde refuses or does not answer."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        with self._answering():
            answer = self._http.request(
                method,
                path,
                params=_given(parameters),
                content=content,
                headers={"Content-Type": media_type} if content is not None else None,
            )
        return _accepted(answer)

    def read(self, message: type[Message], answer: httpx.Response) -> Message:
        """Read the message in an answer."""
        try:
            return message.model_validate_json(answer.content)
        except ValidationError:
            fail(f"{answer.url} answered something else than a {message.__name__}; is it Ronde?")

    def download(self, path: str, parameters: Parameters, into: BinaryIO) -> int:
        """Write what is answered into a file as it comes; return its bytes."""
        size = 0
        with self._answering(), self._http.stream("GET", path, params=_given(parameters)) as answer:
            if answer.is_error:
                answer.read()
            for piece in _accepted(answer).iter_bytes():
                size += into.write(piece)
        return size

    def ended(
        self,
        message: type[Message],
        path: str,
        job_of: Callable[[Message], JobState | None],
        tell: Tell,
    ) -> Message:
        """Read something until its job has ended, and tell how far it is; it goes on without us.

        A service that is away for a moment is waited for.
        """
        patient_until = time.monotonic() + PATIENCE_S
        while True:
            with self._answering():
                answer = self._http.get(path)
            if answer.status_code not in AWAY or time.monotonic() > patient_until:
                patient_until = time.monotonic() + PATIENCE_S
                found = self.read(message, _accepted(answer))
                job = job_of(found)
                if job is None or job.state not in {"queued", "running"}:
                    return found
                tell(job.progress, job.message or job.state)
            time.sleep(POLL_S)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
                fail(f"{self._url} broke off its answer ({why}); try again")
            fail(f"{self._url} does not answer ({why}); is it running? give its address with --url")


@contextmanager
def remote(url: str) -> Iterator[Remote]:
    """Open a running Ronde with the token of the environment."""
    token = given_token()
    try:
        address = httpx.URL(url.rstrip("/"))
    except httpx.InvalidURL as error:
        misused(f"--url {url} is no address ({error}); write it as https://ronde.example")
    if address.scheme not in {"http", "https"} or not address.host:
        misused(f"--url {url} is no address; write it as https://ronde.example")
    with httpx.Client(
        base_url=address,
        headers={"Authorization": f"Bearer {token}"},
        timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_S),
        # A proxy of the environment is for other machines.
        trust_env=not _is_here(address.host),
    ) as http:
        yield Remote(http, url)


def given_token() -> str:
    """Return the token, or access key, of the environment."""
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        misused(f"set {TOKEN} in the environment to a token or an access key (never an argument)")
    if not token.isascii() or not token.isprintable():
        misused(f"{TOKEN} is no token: it has characters that none has")
    return token


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _given(parameters: Parameters | None) -> dict[str, str | int | bool | list[str]]:
    """Leave out what was not asked for."""
    return {
        name: list(it) if isinstance(it, Sequence) and not isinstance(it, str) else it
        for name, it in (parameters or {}).items()
        if it is not None
    }


def _accepted(answer: httpx.Response) -> httpx.Response:
    """Give an answer back; one that is an error ends the command."""
    if answer.is_error:
        fail(_refusal(answer))
    return answer


def _refusal(answer: httpx.Response) -> str:
    """Say why Ronde refused, with every part of the request it found wrong."""
    try:
        problem = answer.json()
        detail = str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answered {answer.status_code}; is it Ronde?"
    wrong = [f"{it.get('pointer')}: {it.get('detail')}" for it in problem.get("errors", ())]
    others = [it for it in wrong if it != detail and not it.endswith(f": {detail}")]
    return "; ".join([detail, *others])
