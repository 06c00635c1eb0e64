"""Pages whose commands are run: the commands, and what the page says that each prints."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ANYTHING = "…"
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """Lines of a shell and what they print, `answer` being `json`, `text` or "" where not told."""

    lines: str
    told: str = ""
    answer: str = ""

    def says(self, printed: str) -> bool:
        """Tell whether what was printed is what the page tells; nothing told is always right."""
        if not self.answer:
            return True
        if self.answer == "json":
            return holds(json.loads(printed), json.loads(self.told))
        return bool(re.fullmatch(_pattern(self.told), _trimmed(printed)))


def commands(page: Path) -> Iterator[Command]:
    """Give the commands of a page: its `sh` blocks, each with the `json` or `text` after it."""
    lines = ""
    for block in BLOCK.finditer(page.read_text("utf-8")):
        if block["language"] == "sh":
            if lines:
                yield Command(lines)
            lines = block["text"]
        elif lines and block["language"] in {"json", "text"}:
            yield Command(lines, block["text"], block["language"])
            lines = ""
    if lines:
        yield Command(lines)


def holds(found: object, told: object) -> bool:
    """Tell whether an answer holds all that a page tells of it."""
    if isinstance(told, dict):
        return isinstance(found, dict) and all(
            key in found and holds(found[key], value) for key, value in told.items()
        )
    if isinstance(told, list):
        return isinstance(found, list) and len(found) == len(told) and all(map(holds, found, told))
    return told in (ANYTHING, found)


def _trimmed(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


def _pattern(told: str) -> str:
    """Take `…` for anything in its line, and for any lines where it stands alone."""
    lines = []
    for line in _trimmed(told).splitlines():
        if line == ANYTHING:
            lines.append(r"(?:.*\n)*?.*")
        else:
            lines.append(".*".join(re.escape(part) for part in line.split(ANYTHING)))
    return "\n".join(lines)
