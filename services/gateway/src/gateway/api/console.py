"""The console: files for a browser, which then asks the public interface and nobody else."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FILES = Path(__file__).parents[1] / "console"
PATH = "/console"
# The style that Observable Plot writes into each chart of the class `chart`.
PLOT_STYLE = "'sha256-zrfVyvY1E/5V+DXZunsRZW8XTqTsuIZzp8dBDThhSn8='"

router = APIRouter(include_in_schema=False)


@router.get("/invitation")
async def to_invitation(request: Request) -> RedirectResponse:
    """Send who was invited to choose a password; what stands behind `#` stays with the browser."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}{PATH}/?invitation")


@router.get(PATH)
@router.get("/")
async def to_console(request: Request) -> RedirectResponse:
    """Send a person who came without a path to the console."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}{PATH}/")


def files(providers: Iterable[str]) -> ASGIApp:
    """Serve the console; `providers` are those whose tokens its pages ask for by themselves."""
    origins = " ".join(sorted({_origin(url) for url in providers}))
    policy = {
        "default-src": "'self'",
        "connect-src": f"'self' {origins}".strip(),
        "img-src": "'self' data: blob:",
        "style-src": f"'self' {PLOT_STYLE}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {it}" for name, it in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        # Asked for each time, and answered with 304 while nothing changed.
        "Cache-Control": "no-cache",
    }
    return _With(headers, GZipMiddleware(StaticFiles(directory=FILES, html=True)))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class _With:
    """Adds headers to whatever an app answers."""

    def __init__(self, headers: dict[str, str], app: ASGIApp) -> None:
        self._headers = headers
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, with_headers)
