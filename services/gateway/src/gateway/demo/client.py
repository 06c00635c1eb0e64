"""The demo's calls: those any client could make, through the gateway."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import httpx
from pydantic import BaseModel

from gateway.demo.system import DemoFailed
from shared.contracts.gateway import WeeklyPlan
from shared.contracts.message import JobState

Message = TypeVar("Message", bound=BaseModel)

_POLL_S = 0.2
_PAGE = 1000


class PublicClient:
    """Calls Ronde as any client may, and says in one sentence what was refused."""

    def __init__(self, url: str, still_runs: Callable[[], None] = lambda: None) -> None:
        self._http = httpx.Client(base_url=url, timeout=180, trust_env=False)
        self._still_runs = still_runs

    def speak_with(self, token: str) -> None:
        """Speak as the holder of a token from now on."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def call(self, method: str, path: str, **options: object) -> httpx.Response:
        """Send a request.

        Raises
        ------
        DemoFailed : it was refused, or nobody answered
        """
        try:
            answer = self._http.request(method, path, **options)  # type: ignore[arg-type] # httpx's own options
        except httpx.HTTPError as error:
            self._still_runs()
            raise DemoFailed(f"{method} {path} had no answer: {type(error).__name__}") from error
        if answer.is_error:
            raise DemoFailed(f"{method} {path} answered {answer.status_code}: {_detail(answer)}")
        return answer

    def get(self, message: type[Message], path: str, **parameters: str | int) -> Message:
        """Read one message."""
        answer = self.call("GET", path, params=parameters)
        return message.model_validate_json(answer.content)

    def everything(self, message: type[Message], path: str) -> Iterator[Message]:
        """Read a list to its end."""
        cursor: dict[str, str] = {}
        while True:
            page = self.call("GET", path, params={"limit": _PAGE, **cursor}).json()
            yield from (message.model_validate(item) for item in page["items"])
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def await_job(self, path: str, patience_s: float) -> JobState:
        """Wait until a job has ended well.

        Raises
        ------
        DemoFailed : it failed, or takes too long
        """
        return self._ended(lambda: self.get(JobState, path), lambda job: job, patience_s)

    def await_plan(self, path: str, patience_s: float) -> WeeklyPlan:
        """Wait until a week is planned.

        Raises
        ------
        DemoFailed : it failed, or takes too long
        """
        return self._ended(lambda: self.get(WeeklyPlan, path), lambda plan: plan.job, patience_s)

    def _ended(
        self, read: Callable[[], Message], job_of: Callable[[Message], JobState], patience_s: float
    ) -> Message:
        until = time.monotonic() + patience_s
        while (job := job_of(message := read())).state in {"queued", "running"}:
            self._still_runs()
            if time.monotonic() > until:
                raise DemoFailed(f"{job.kind} was not done after {patience_s:.0f} s")
            time.sleep(_POLL_S)
        if job.state != "done":
            raise DemoFailed(f"{job.kind} is {job.state}: {job.message}")
        return message

    def wait(self, until: Callable[[], bool], what: str, patience_s: float) -> None:
        """Wait for something no job tells of.

        Raises
        ------
        DemoFailed : it takes too long
        """
        give_up = time.monotonic() + patience_s
        while not until():
            self._still_runs()
            if time.monotonic() > give_up:
                raise DemoFailed(f"{what}: not after {patience_s:.0f} s; see the log")
            time.sleep(_POLL_S)


class DemoClient(PublicClient):
    """Calls Ronde as a person of the demo would."""

    def __init__(self, url: str, person: str, still_runs: Callable[[], None]) -> None:
        super().__init__(url, still_runs)
        given = self.call("POST", "/demo/token", data={"person": person})
        self.speak_with(given.json()["access_token"])


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]
