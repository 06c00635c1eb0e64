"""The pages that types of problems lead to: what happened, what to do, in English and French."""

import base64
import hashlib
import re
from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from shared.problem_types import ProblemType, problem_types
from shared.problems import not_found

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"
    "code{overflow-wrap:anywhere}"
)
_MARK = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_MARK}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # They change with a release.
    "Cache-Control": "public, max-age=3600",
}
HEADINGS = {
    "en": ("What happened", "What to do", "All problems"),
    "fr": ("Ce qui s'est passé", "Que faire", "Tous les problèmes"),
}

router = APIRouter(prefix="/problems", include_in_schema=False)


@router.get("")
async def list_pages() -> HTMLResponse:
    """List the types of problems."""
    rows = "".join(
        f'<li><a href="{it.path}">{escape(it.words["en"].title)}</a>'
        f' · <span lang="fr">{escape(it.words["fr"].title)}</span></li>'
        for it in problem_types().values()
    )
    return _page("Problems", f'<h1>Problems · <span lang="fr">Problèmes</span></h1><ul>{rows}</ul>')


@router.get("/{slug}")
async def show_page(slug: str) -> HTMLResponse:
    """Show what a type of problem means."""
    if slug not in problem_types():
        raise not_found("type of problem")
    kind = problem_types()[slug]
    sections = "".join(_section(kind, language) for language in HEADINGS)
    statuses = ", ".join(map(str, kind.statuses))
    named = f"<p><code>{escape(kind.url)}</code> · HTTP {statuses}</p>"
    return _page(kind.words["en"].title, f"{sections}{named}")


def _section(kind: ProblemType, language: str) -> str:
    words = kind.words[language]
    happened, to_do, all_pages = HEADINGS[language]
    return (
        f'<section lang="{language}"><h1>{escape(words.title)}</h1>'
        f"<h2>{happened}</h2><p>{_marked(words.happened)}</p>"
        f"<h2>{to_do}</h2><p>{_marked(words.to_do)}</p>"
        f'<p><a href="/problems">{all_pages}</a></p></section>'
    )


def _marked(text: str) -> str:
    """Write a text as HTML: what stands between back quotes is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)} · Ronde</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>",
        headers=HEADERS,
    )
