"""The threat model names only what is there: files, and tests that show what stands against it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/threat-model.md").read_text("utf-8")
CODE = re.findall(r"`([^`\n]+)`", PAGE)
# A part of the house: one of its services, what they share, or a folder of the repository.
FILE = re.compile(r"(?:\w+/)+[\w-]+(?:\.\w+)?")
ROOTS = {
    "shared": ROOT / "shared/src",
    **{it.name: it / "src" for it in (ROOT / "services").iterdir()},
}
ROW = re.compile(r"^\| ([STRIDE]) \| (.+) \|$", re.MULTILINE)


def test_every_test_it_names_exists():
    named = [it.split("::") for it in CODE if "::" in it]
    assert len(named) > 50
    gone = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file()
        or not re.search(
            rf"^(?:async )?def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE
        )
    ]
    assert gone == []


def test_every_file_it_names_exists():
    named = [it for it in CODE if FILE.fullmatch(it)]
    assert len(named) > 15
    gone = [
        it
        for it in named
        if not any((root / it).exists() for root in (ROOT, ROOTS.get(it.split("/")[0], ROOT)))
    ]
    assert gone == []


def test_every_part_is_looked_at_for_all_six():
    parts = [it for it in re.split(r"^## ", PAGE, flags=re.MULTILINE) if ROW.search(it)]
    assert len(parts) == 10
    for part in parts:
        rows = ROW.findall(part)
        assert {letter for letter, _ in rows} == set("STRIDE"), part.splitlines()[0]
        for _, cells in rows:
            _, _, shown, remains = cells.split(" | ")
            assert "::" in shown or shown == "no test", cells
            assert remains
