"""Write the documents of a notice, in French and English, as HTML and PDF."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib.resources import files

from inspections.domain.calendar import LOCAL
from shared.contracts.inspections.notices import (
    NoticeContent,
    NoticeFormat,
    NoticeLanguage,
    NoticeParagraph,
)
from shared.typeset import typeset

LANGUAGES = (NoticeLanguage.fr, NoticeLanguage.en)
STYLE = (
    "body{font:11pt/1.5 Georgia,serif;max-width:44em;margin:2em auto;padding:0 1em}"
    "header{display:flex;justify-content:space-between}.right{text-align:right}"
    "address{margin:1em 0 1em 45%;font-style:normal}h1{font-size:1.3em}h2{font-size:1em;margin:0}"
    "section{border:1px solid #ccc;border-left:4px solid #3a5a7a;padding:.6em;margin:.8em 0;"
    "break-inside:avoid}section.danger{border-left-color:#b00020}em{color:#b00020}"
    "section p{margin:.2em 0}.rule{font-size:.85em;color:#444}"
)
# What a content security policy calls the style.
STYLE_SOURCE = f"sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}"


@dataclass(frozen=True, slots=True)
class Document:
    """A notice in one language and one form."""

    language: NoticeLanguage
    form: NoticeFormat
    content: bytes

    @property
    def name(self) -> str:
        """What the notice calls the document."""
        return f"{self.language}.{self.form}"


def write_documents(content: NoticeContent) -> list[Document]:
    """Write a notice in both languages and both forms; the same content gives the same bytes."""
    found = []
    for language in LANGUAGES:
        said = _said(content, language)
        found.append(Document(language, NoticeFormat.html, _html(said, language)))
        found.append(Document(language, NoticeFormat.pdf, _pdf(said, language, content.issued_on)))
    return found


def _html(said: Mapping[str, object], language: NoticeLanguage) -> bytes:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    template = environment.from_string(_shipped("notice.html"))
    page = template.render(it=said, words=_words(language), language=language, style=STYLE)
    return page.encode()


def _pdf(said: Mapping[str, object], language: NoticeLanguage, issued_on: date) -> bytes:
    inputs = {
        "content": json.dumps(said, ensure_ascii=False),
        "words": json.dumps(_words(language), ensure_ascii=False),
        "language": language,
    }
    return typeset(_shipped("notice.typ"), inputs, datetime.combine(issued_on, time(), UTC))


def _said(content: NoticeContent, language: NoticeLanguage) -> dict[str, object]:
    """Put a notice into the words of a language."""
    return {
        **content.model_dump(mode="json", exclude={"paragraphs", "issued_on"}),
        "issued_on": _day(content.issued_on, language),
        "paragraphs": [_paragraph(it, language) for it in content.paragraphs],
    }


def _paragraph(it: NoticeParagraph, language: NoticeLanguage) -> dict[str, object]:
    words = _words(language)
    due = it.due_at.astimezone(LOCAL)
    by = f"{_day(due.date(), language)}, {due:%H:%M}" if it.critical else _day(due.date(), language)
    seen = words["seen"].format(
        first=_day(it.first_seen_on, language), last=_day(it.last_seen_on, language)
    )
    return {
        "label": getattr(it.label, language),
        "where": _where(it, words),
        "severity": it.severity,
        "critical": it.critical,
        "repeat": it.repeat,
        "seen": seen,
        "due": words["overdue" if it.overdue else "due"].format(day=by),
        "rules": [{"name": rule.name, "text": getattr(rule.text, language)} for rule in it.rules],
    }


def _where(it: NoticeParagraph, words: Mapping[str, str]) -> str:
    """Say where: the rooms a repair needs by number, others by count."""
    parts = []
    if it.rooms:
        key = "room" if len(it.rooms) == 1 else "rooms"
        parts.append(words[key].format(rooms=", ".join(it.rooms)))
    if it.other_rooms:
        key = "unnamed_room" if it.other_rooms == 1 else "unnamed_rooms"
        parts.append(words[key].format(count=it.other_rooms))
    return " ; ".join(parts)


def _day(day: date, language: NoticeLanguage) -> str:
    months = _words(language)["months"].split()
    first = "1er" if language == NoticeLanguage.fr and day.day == 1 else str(day.day)
    return f"{first} {months[day.month - 1]} {day.year}"


@lru_cache(maxsize=2)
def _words(language: NoticeLanguage) -> dict[str, str]:
    words: dict[str, dict[str, str]] = json.loads(_shipped("notice_words.json"))
    return words[language]


def _shipped(name: str) -> str:
    return files("inspections.store").joinpath(name).read_text("utf-8")
